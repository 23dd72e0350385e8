/**
 * Judges every formula that a case used once more, on sizes that reach each path
 * of the code generated for it: every remainder of a vector, several rows, row and
 * column operands, sums in both directions and beyond one block of columns. A
 * layer alone asks for one direction at one size, and would leave the other paths
 * untested.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import type { MatrixSize } from "../../kernels/checks.ts";
import type { Formula } from "../../kernels/formula/formula.ts";
import type { Kernel, Reduced, Reduction } from "../../kernels/kernel.ts";
import { type Case, drawn, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { isGpu } from "../device.ts";
import { type Claims, claimsOf } from "./arithmetic.ts";
import { randomFloat, specialValues } from "./inputs.ts";
import { type FormulaKernel, judge, mapped } from "./judge.ts";
import { judgeReduction } from "./judge_reduction.ts";

/** A call, without its data. */
type Call =
  | { readonly operation: "map"; readonly formula: Formula; readonly parameters: readonly number[] }
  | {
    readonly operation: "reduce";
    readonly reduction: Reduction;
    readonly formula: Formula;
    readonly parameters: readonly number[];
  }
  | {
    readonly operation: "denseMap";
    readonly formula: Formula;
    readonly bias: boolean;
    readonly z: boolean;
  };

const nameOf = (call: Call) =>
  [
    call.operation === "reduce" ? call.reduction : call.operation,
    ...(call.operation === "denseMap" ? [call.bias, call.z] : []),
    call.formula.key,
  ].join(" ");

/** What is told of each call of an operation. */
const recorders = {
  map: ([formula, , , parameters = []]: Parameters<FormulaKernel["map"]>): Call => ({
    operation: "map",
    formula,
    parameters: [...parameters],
  }),
  reduce: (
    [reduction, , formula, , , parameters = []]: Parameters<FormulaKernel["reduce"]>,
  ): Call => ({ operation: "reduce", reduction, formula, parameters: [...parameters] }),
  denseMap: ([, , bias, formula, , z]: Parameters<FormulaKernel["denseMap"]>): Call => ({
    operation: "denseMap",
    formula,
    bias: bias !== null,
    z: z !== undefined,
  }),
} as const;

type Operation = keyof typeof recorders;

/** Whether a kernel's method is one that an own property can stand before: of a class or its own, and made by no proxy. */
function isPlain(kernel: Kernel, operation: Operation): boolean {
  for (let at: unknown = kernel; typeof at === "object" && at !== null;) {
    const found = Reflect.getOwnPropertyDescriptor(at, operation);
    if (found) return found.configurable === true && found.value === kernel[operation];
    at = Reflect.getPrototypeOf(at);
  }
  return false;
}

/** Has `tell` called with each call of an operation, until it is disposed. */
function observe<O extends Operation>(
  kernel: Kernel,
  operation: O,
  tell: (call: Call) => void,
): Disposable {
  const method = kernel[operation];
  const before = Reflect.getOwnPropertyDescriptor(kernel, operation);
  if (!method || !Object.isExtensible(kernel) || !isPlain(kernel, operation)) {
    return { [Symbol.dispose]: () => {} };
  }
  const record = recorders[operation] as (args: Parameters<FormulaKernel[O]>) => Call;
  Object.defineProperty(kernel, operation, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: Parameters<FormulaKernel[O]>) {
      const result = Reflect.apply(method as (...args: unknown[]) => unknown, this, args);
      // After the call, since one with wrong arguments is refused.
      tell(record(args));
      return result;
    },
  });
  return {
    [Symbol.dispose]: () => {
      if (before) Object.defineProperty(kernel, operation, before);
      else Reflect.deleteProperty(kernel, operation);
    },
  };
}

/** What `run` gives, with `tell` called with each call of a formula meanwhile. */
async function whileObserved<T>(
  kernel: Kernel,
  tell: (call: Call) => void,
  run: () => Promise<T>,
): Promise<T> {
  using observers = new DisposableStack();
  for (const operation of ["map", "reduce", "denseMap"] as const) {
    observers.use(observe(kernel, operation, tell));
  }
  return await run();
}

/** A matrix, and whether its numbers are few, so that those of rows, columns and elements are often equal, as labels are. */
interface Inputs extends MatrixSize {
  readonly alike?: boolean;
}

/**
 * With each remainder of vectors, of the rows and of the whole matrix; one with narrow rows and one
 * of one row, so that the sums of each are of one or two values, and show what a lane makes of these.
 */
const sizes: readonly Inputs[] = [
  { rows: 5, columns: 7 },
  { rows: 21, columns: 2 },
  { rows: 1, columns: 61 },
  { rows: 9, columns: 11, alike: true },
];

/** More columns than a block of totals has; and which of them are judged. */
const wide: Inputs = { rows: 2, columns: 4103 };
const linesOfWide = [0, 1, 2, 3, 4094, 4095, 4096, 4097, 4098, 4099, 4100, 4101, 4102];

/** Numbers as formulas meet them, among them probabilities, both sides of steps, and equal ones. */
function drawValue(random: Random, special: boolean): number {
  const kind = random.uniform();
  if (kind < 0.5) return 8 * random.uniform() - 4;
  if (kind < 0.75) return random.uniform();
  if (kind < 0.85) return random.between(-2, 2) / 2;
  if (kind < 0.95) return (random.integer() % 2 ? 1 : -1) * 2 ** (random.uniform() * 16 - 12);
  if (!special) return 3 * random.uniform();
  return random.integer() % 2
    ? specialValues[random.between(0, specialValues.length - 1)]!
    : randomFloat(random);
}

const fewValues = [0, 0, 1, 1, 2, 0.25, 0.5, -1] as const;

/** A number of either sign for each parameter. */
const drawParameters = ({ parameters }: Formula, random: Random) =>
  Array.from({ length: parameters }, () => 4 * random.uniform() - 2);

/** So many numbers are drawn, and repeated: a prime number, so that no row is like the next. */
const most = 251;

function inputsOf(
  { operands }: Formula,
  { rows, columns, alike = false }: Inputs,
  special: boolean,
  random: Random,
): Float32Array<ArrayBuffer>[] {
  const draw = alike
    ? () => fewValues[random.between(0, fewValues.length - 1)]!
    : () => drawValue(random, special);
  const lengths = { element: rows * columns, row: rows, column: columns };
  return operands.map((along) => {
    const values = drawn(Math.min(lengths[along], most), draw);
    return Float32Array.from({ length: lengths[along] }, (_, i) => values[i % most]!);
  });
}

async function judgeMap(
  kernel: FormulaKernel,
  claims: Claims,
  formula: Formula,
  given: readonly number[],
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const outcomes: Outcome[] = [];
  for (const [i, size] of sizes.entries()) {
    const parameters = i === 0 ? given : drawParameters(formula, random);
    const inputs = inputsOf(formula, size, true, random);
    outcomes.push(judge(claims, {
      formula,
      size,
      operands: inputs,
      parameters,
      outputs: await mapped(kernel, space, formula, size, inputs, parameters),
    }));
  }
  return merge(outcomes);
}

async function judgeSums(
  kernel: FormulaKernel,
  claims: Claims,
  { reduction, formula, parameters: given }: Extract<Call, { operation: "reduce" }>,
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const outcomes: Outcome[] = [];
  const one = async (
    reduced: Reduced,
    size: Inputs,
    parameters: readonly number[],
    lines?: readonly number[],
  ) => {
    const { rows, columns } = size;
    const shapes = { element: [rows, columns], row: [rows], column: [columns] };
    // NaN and infinities are all that would be seen of a sum of them.
    const inputs = inputsOf(formula, size, false, random);
    const tensors = formula.operands.map((along, i) => space.tensor(shapes[along], inputs[i]!));
    const out = space.output([reduced === "rows" ? rows : columns]);
    kernel.reduce(reduction, reduced, formula, tensors, out, parameters);
    outcomes.push(judgeReduction(claims, {
      formula,
      reduction,
      reduced,
      size,
      operands: inputs,
      parameters,
      got: await out.read(),
      ...(lines && { lines }),
    }));
  };
  for (const [i, size] of sizes.entries()) {
    const parameters = i === 0 ? given : drawParameters(formula, random);
    await one("rows", size, parameters);
    await one("columns", size, parameters);
  }
  await one("columns", wide, given, linesOfWide);
  return merge(outcomes);
}

/** A product of one step, whose sums are exact: each row of x is a power of two. */
async function judgeEpilogue(
  kernel: FormulaKernel,
  claims: Claims,
  { formula, bias: hasBias, z: hasZ }: Extract<Call, { operation: "denseMap" }>,
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const outcomes: Outcome[] = [];
  for (const size of sizes) {
    const { rows, columns } = size;
    const whole = (length: number) => drawn(length, () => random.between(-1023, 1023) / 256);
    const x = Float32Array.from({ length: rows }, (_, i) => 2 ** (1 - i));
    const [weight, bias] = [whole(columns), hasBias ? whole(columns) : null];
    const [y, z] = [space.output([rows, columns]), hasZ ? space.output([rows, columns]) : null];
    kernel.denseMap(
      space.tensor([rows, 1], x),
      space.tensor([1, columns], weight),
      bias && space.tensor([columns], bias),
      formula,
      y,
      ...(z ? [z] : []),
    );
    const sums = Float32Array.from(
      { length: rows * columns },
      (_, i) => x[Math.floor(i / columns)]! * weight[i % columns]! + (bias?.[i % columns] ?? 0),
    );
    outcomes.push(judge(claims, {
      formula,
      size,
      operands: [sums],
      outputs: [await y.read()],
    }));
    // Each is a product and an addition of which at most one rounds.
    if (z && kernel.traits.rounding === "nearest") {
      outcomes.push(compareExact("z", await z.read(), sums, columns));
    }
  }
  return merge(outcomes);
}

const judgeCall = (kernel: FormulaKernel, claims: Claims, call: Call, random: Random) =>
  call.operation === "map"
    ? judgeMap(kernel, claims, call.formula, call.parameters, random)
    : call.operation === "reduce"
    ? judgeSums(kernel, claims, call, random)
    : judgeEpilogue(kernel, claims, call, random);

/** A case with more formulas is there for their number, and they are much alike. */
const mostOfCase = 64;

const judged = new WeakMap<Kernel, Set<string>>();

/**
 * The case, after which each formula that it gave to the kernel, and no case before it, is judged
 * on every path. As it is where cases run side by side, and a program is compiled for each size.
 */
export function onEveryPath(one: Case): Case {
  return {
    ...one,
    run: async (kernel, random) => {
      const { traits } = kernel;
      if (!traits.formulas || isGpu(traits)) return await one.run(kernel, random);
      const known = judged.get(kernel) ?? new Set();
      judged.set(kernel, known);
      const calls = new Map<string, Call>();
      const outcome = await whileObserved(kernel, (call) => {
        const name = nameOf(call);
        if (!known.has(name)) calls.set(name, call);
      }, () => one.run(kernel, random));
      if (outcome.problem !== null) return outcome;
      const taking = kernel as FormulaKernel;
      const claims = claimsOf(taking.traits);
      for (const [name, call] of [...calls].slice(0, mostOfCase)) {
        const own = createRandom(seedOf(name, random.integer()));
        const found = await judgeCall(taking, claims, call, own);
        if (found.problem !== null) {
          return { ...found, problem: `${found.problem}, of ${name.slice(0, 400)}` };
        }
        known.add(name);
      }
      return outcome;
    },
  };
}
