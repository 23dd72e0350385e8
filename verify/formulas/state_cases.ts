/**
 * What calls with formulas must leave alone, and what they must not keep: inputs
 * and versions, results of earlier calls, parameters, constants and shapes of
 * formulas that look alike, weights that were packed before a formula was
 * computed into them, what a queue still reads.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Random } from "../../common/random.ts";
import {
  add,
  binary,
  type Expression,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sub,
  unary,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import {
  type Case,
  type Context,
  drawn,
  type Effort,
  floats,
  integers,
  Workspace,
} from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { claimsOf } from "./arithmetic.ts";
import { type FormulaKernel, judge, valuesOf } from "./judge.ts";
import { randomFormula } from "./trees.ts";

const x = operand(0);

async function sameBits(what: string, got: Tensor, want: Tensor): Promise<Outcome> {
  const [a, b] = await Promise.all([got.read(), want.read()]);
  return compareExact(what, bitPatterns(a), bitPatterns(b), got.shape.at(-1) ?? 1);
}

async function holdsStill(what: string, got: Tensor, want: Float32Array): Promise<Outcome> {
  const now = await got.read();
  return compareExact(what, bitPatterns(now), bitPatterns(want), got.shape.at(-1) ?? 1);
}

type Run = (kernel: FormulaKernel, space: Workspace, random: Random) => Promise<Outcome>;

function caseOf(what: string, run: Run): Case {
  return {
    id: `formulas/state/${what}`,
    run: async (kernel, random) => {
      using space = new Workspace(kernel);
      return await run(kernel as FormulaKernel, space, random);
    },
  };
}

/** Outputs that are inputs, one or all, in the same order or another. */
const inPlace = (steps: number): Case =>
  caseOf(`in-place/${steps}`, async (kernel, space, random) => {
    const made = randomFormula(random, steps);
    const [rows, columns] = [random.between(1, 40), random.between(1, 70)];
    const lengths = { element: rows * columns, row: rows, column: columns };
    const shapes = { element: [rows, columns], row: [rows], column: [columns] };
    const values = made.formula.operands.map((along) => floats(lengths[along], -3, 3, random));
    const inputs = () =>
      made.formula.operands.map((along, i) => space.tensor(shapes[along], values[i]!));
    const apart = made.formula.outputs.map(() => space.output([rows, columns]));
    const [kept, overwritten] = [inputs(), inputs()];
    const readByElement = overwritten.filter((_, i) => made.formula.operands[i] === "element");
    // From the last operand on, so that no output is the operand of its own number alone.
    const outputs = made.formula.outputs.map((_, i) =>
      readByElement.toReversed()[i] ?? space.output([rows, columns])
    );
    const all = [...kept, ...apart, ...overwritten, ...outputs];
    const before = new Map(all.map((tensor) => [tensor, tensor.version]));
    kernel.map(made.formula, kept, apart, made.parameters);
    kernel.map(made.formula, overwritten, outputs, made.parameters);
    const written = new Set([...apart, ...outputs]);
    const version = all.find((tensor) =>
      written.has(tensor) !== (tensor.version > before.get(tensor)!)
    );
    const untouched = overwritten.map((tensor, i) => ({ tensor, i }))
      .filter(({ tensor }) => !written.has(tensor));
    return merge([
      outcomeOf(
        version
          ? `the version of ${
            written.has(version) ? "an output stayed" : "an input rose"
          }, ${version.version}`
          : null,
      ),
      ...await Promise.all(
        outputs.map((output, i) => sameBits(`output ${i} in place`, output, apart[i]!)),
      ),
      ...await Promise.all(kept.map((tensor, i) => holdsStill(`input ${i}`, tensor, values[i]!))),
      ...await Promise.all(
        untouched.map(({ tensor, i }) => holdsStill(`input ${i} in place`, tensor, values[i]!)),
      ),
    ]);
  });

/** Calls the formula with one operand by element and judges all elements. */
async function judged(
  kernel: FormulaKernel,
  made: Formula,
  values: Float32Array,
  output: Tensor,
  parameters: readonly number[],
  [rows, columns] = [1, values.length],
): Promise<Outcome> {
  const claims = claimsOf(kernel.traits, kernel.traits.formulas);
  return judge(claims, {
    formula: made,
    size: { rows: rows!, columns: columns! },
    operands: [valuesOf(values, claims)],
    parameters,
    outputs: [await output.read()],
    elements: Array.from({ length: values.length }, (_, i) => i),
  });
}

/** Several calls that look alike, queued one after the other and judged afterwards. */
async function alike(
  kernel: FormulaKernel,
  space: Workspace,
  values: Float32Array,
  calls: readonly (readonly [Formula, readonly number[]])[],
): Promise<Outcome> {
  const input = space.tensor([1, values.length], values);
  const outputs = calls.map(([made, parameters]) => {
    const output = space.output([1, values.length]);
    kernel.map(made, [input], [output], parameters);
    return output;
  });
  return merge(
    await Promise.all(
      calls.map(([made, parameters], i) => judged(kernel, made, values, outputs[i]!, parameters)),
    ),
  );
}

const parameters = caseOf("parameters", (kernel, space, random) => {
  const made = formula(add(mul(parameter(0), x), sub(parameter(2), mul(parameter(1), x))));
  const given = [[1, 2, 3], [1, 2, 4], [-1, 2, 3], [3, 2, 1], [1, 2, 3], [1, 2, 0.1]];
  const values = floats(37, -2, 2, random);
  return alike(kernel, space, values, given.map((numbers) => [made, numbers] as const));
});

/** One array of parameters that the caller changes between calls. */
const sameArray = caseOf("parameters-in-place", async (kernel, space, random) => {
  const made = formula(mul(parameter(0), x));
  const values = floats(37, -2, 2, random);
  const input = space.tensor([1, 37], values);
  const given = [0];
  const numbers = [0.5, 0.25, 3];
  const outputs = numbers.map((number) => {
    const [output, sum] = [space.output([1, 37]), space.output([37])];
    given[0] = number;
    kernel.map(made, [input], [output], given);
    kernel.reduce("max", "columns", made, [input], sum, given);
    return { output, sum };
  });
  given[0] = 100;
  const outcomes = outputs.map(async ({ output, sum }, i) => [
    await judged(kernel, made, values, output, [numbers[i]!]),
    await judged(kernel, made, values, sum, [numbers[i]!]),
  ]);
  return merge((await Promise.all(outcomes)).flat());
});

/** Formulas that differ in one number, one function or the order of operands alone. */
const constants = caseOf("constants", (kernel, space, random) => {
  const values = floats(41, 0.25, 4, random);
  const made = [
    ...[1, 2, 1 + 2 ** -40, 0.1, 1, -1, 0.10000001].map((c) => mul(x, add(x, c))),
    ...(["sigmoid", "tanh", "log", "softplus", "silu", "mish", "sqrt", "neg"] as const)
      .map((name) => add(unary(name, x), 1)),
    ...[sub(x, 1), sub(1, x), sub(x, mul(x, x)), sub(mul(x, x), x)],
    ...[add(mul(x, 2), 3), add(mul(x, 3), 2), mul(add(x, 2), 3), mul(add(x, 3), 2)],
  ];
  return alike(kernel, space, values, made.map((each) => [formula(each), []] as const));
});

/** Constants that are equal in their first digits; what is compared is the difference from them, of which those digits are gone. */
const digits = caseOf("digits", (kernel, space, random) => {
  const first = 1 + random.uniform();
  let at = -12;
  const values = drawn(23, () => first * (1 + ++at * 2 ** -20));
  const near = [6, 12, 18, 22, 26, 32, 40, 48].map((bits) => first * (1 + 2 ** -bits));
  // In turns with the one that all look like.
  const made = near.flatMap((constant) => [sub(x, first), sub(x, constant)]);
  return alike(kernel, space, values, made.map((each) => [formula(each), []] as const));
});

/** The formula of this number, of a structure of its own. */
function numbered(i: number): Formula {
  let made: Expression = x;
  for (let rest = i + 1; rest > 1; rest = rest >> 2) {
    const part = [x, 2, made, 0.5][rest & 3]!;
    made = binary((["add", "sub", "max", "mul"] as const)[rest & 3]!, made, part);
    made = rest & 1 ? unary("abs", made) : made;
  }
  return formula(add(made, i));
}

const many = (count: number): Case =>
  caseOf(`many/${count}`, (kernel, space, random) => {
    const all = Array.from({ length: count }, (_, i) => numbered(i));
    const values = integers(5, 3, random);
    // Twice through, so that what was dropped is made anew.
    return alike(kernel, space, values, [...all, ...all].map((made) => [made, []] as const));
  });

/** The same formula with rows for columns, and on tensors of other ranks. */
const turned = caseOf("shapes", async (kernel, space, random) => {
  const made = formula(add(mul(x, perRow(1)), perColumn(2)));
  const claims = claimsOf(kernel.traits, kernel.traits.formulas);
  const shapes = [[6, 35], [35, 6], [2, 3, 35], [5, 7, 6], [210], [1, 210], [6, 35]];
  const outcomes = shapes.map(async (shape) => {
    const size = 210;
    const columns = shape.at(-1)!;
    const rows = size / columns;
    const inputs = [size, rows, columns].map((length) => floats(length, -2, 2, random));
    const [a, left, top] = inputs as [Float32Array, Float32Array, Float32Array];
    const output = space.output(shape);
    kernel.map(
      made,
      [space.tensor(shape, a), space.tensor([rows], left), space.tensor([columns], top)],
      [output],
    );
    return judge(claims, {
      formula: made,
      size: { rows, columns },
      operands: inputs.map((values) => valuesOf(values, claims)),
      parameters: [],
      outputs: [await output.read()],
      elements: Array.from({ length: size }, (_, i) => i),
    });
  });
  return merge(await Promise.all(outcomes));
});

/** A weight that was packed, and then written by each operation. */
const packed = caseOf("packed-weight", async (kernel, space, random) => {
  const [m, n] = [9, 24];
  const whole = (length: number) => integers(length, 3, random);
  const a = space.tensor([m, n], whole(m * n));
  const values = whole(n * n);
  const line = whole(n);
  const writers: readonly ((weight: Tensor) => void)[] = [
    (weight) => kernel.map(formula(add(x, 1)), [weight], [weight]),
    (weight) =>
      kernel.gather(
        space.tensor([n, n], values),
        Uint32Array.from(line, (_, i) => n - 1 - i),
        weight,
      ),
    (weight) =>
      kernel.denseMap(
        space.tensor([n, 1], line),
        space.tensor([1, n], line),
        null,
        formula(mul(x, 2)),
        weight,
      ),
  ];
  const outcomes: Outcome[] = [];
  for (const [i, write] of writers.entries()) {
    const weight = space.tensor([n, n], values);
    const [product, layer] = [space.output([m, n]), space.output([m, n])];
    // Several times, since what is used once, or twice, need not be packed.
    const use = (times: number) => {
      for (let time = 0; time < times; time++) {
        kernel.matmul(a, weight, product);
        kernel.dense(a, weight, null, "linear", layer);
      }
    };
    use(4);
    write(weight);
    use(2);
    const fresh = space.tensor([n, n], await weight.read());
    const want = space.output([m, n]);
    kernel.matmul(a, fresh, want);
    outcomes.push(
      await sameBits(`a product after write ${i} to its weight`, product, want),
      await sameBits(`a layer after write ${i} to its weight`, layer, want),
    );
  }
  const bias = space.tensor([n], line);
  const [y, want] = [space.output([m, n]), space.output([m, n])];
  const weight = space.tensor([n, n], values);
  kernel.dense(a, weight, bias, "linear", y);
  kernel.reduce("sum", "columns", formula(x), [a], bias);
  kernel.dense(a, weight, bias, "linear", y);
  kernel.dense(a, weight, space.tensor([n], await bias.read()), "linear", want);
  outcomes.push(await sameBits("a layer after a sum was written to its bias", y, want));
  return merge(outcomes);
});

/** What is queued reads inputs as they were, and repeated calls give the same bits. */
const queued = caseOf("queue", async (kernel, space, random) => {
  const [rows, columns] = [17, 23];
  const values = floats(rows * columns, -3, 3, random);
  const made = formula(add(unary("tanh", x), mul(parameter(0), x)));
  const input = space.tensor([rows, columns], values);
  const given = [0.3];
  const results = Array.from({ length: 5 }, () => {
    const output = space.output([rows, columns]);
    kernel.map(made, [input], [output], given);
    return output;
  });
  const sums = Array.from({ length: 3 }, () => {
    const output = space.output([columns]);
    kernel.reduce("sum", "columns", made, [input], output, given);
    return output;
  });
  given[0] = 99;
  input.write(drawn(values.length, () => 7));
  const again = kernel.tensor([rows, columns], values);
  const last = space.output([rows, columns]);
  kernel.map(made, [again], [last], [0.3]);
  const sum = space.output([columns]);
  kernel.reduce("sum", "columns", made, [again], sum, [0.3]);
  // What is queued has its operands, whatever becomes of them.
  again[Symbol.dispose]();
  return merge([
    await judged(kernel, made, values, last, [0.3], [rows, columns]),
    ...await Promise.all(results.map((each, i) => sameBits(`repetition ${i}`, each, last))),
    ...await Promise.all(sums.map((each, i) => sameBits(`repeated sum ${i}`, each, sum))),
  ]);
});

/** One tensor as several operands. */
const shared = caseOf("one-tensor", async (kernel, space, random) => {
  const [rows, columns] = [19, 19];
  const claims = claimsOf(kernel.traits, kernel.traits.formulas);
  const [a, line] = [floats(rows * columns, -2, 2, random), floats(rows, -2, 2, random)];
  const made = formula(
    add(mul(x, operand(1)), mul(perRow(2), perColumn(3))),
    sub(operand(1), perRow(2)),
  );
  const [matrix, vector] = [space.tensor([rows, columns], a), space.tensor([rows], line)];
  const other = space.output([rows, columns]);
  // Its first output is the tensor that two operands are.
  kernel.map(made, [matrix, matrix, vector, vector], [matrix, other]);
  return judge(claims, {
    formula: made,
    size: { rows, columns },
    operands: [a, a, line, line].map((values) => valuesOf(values, claims)),
    parameters: [],
    outputs: await Promise.all([matrix.read(), other.read()]),
    elements: Array.from({ length: rows * columns }, (_, i) => i),
  });
});

/** Two kernels, called in turn with one formula. */
function twoKernels({ create }: Pick<Context, "create">): Case[] {
  if (create === null) return [];
  return [caseOf("two-kernels", async (kernel, space, random) => {
    await using second = await create({}) as FormulaKernel;
    using others = new Workspace(second);
    const made = formula(mul(parameter(0), unary("sigmoid", x)));
    const values = [floats(50, -3, 3, random), floats(50, -3, 3, random)] as const;
    const [a, b] = [space.tensor([5, 10], values[0]), others.tensor([5, 10], values[1])];
    const [y, z] = [space.output([5, 10]), others.output([5, 10])];
    kernel.map(made, [a], [y], [2]);
    second.map(made, [b], [z], [3]);
    return merge([
      await judged(kernel, made, values[0], y, [2]),
      await judged(second, made, values[1], z, [3]),
    ]);
  })];
}

/** So many formulas of one kernel: fewer where a GPU compiles each. */
const manyOf: Readonly<Record<Effort | "device", number>> = {
  smoke: 64,
  device: 24,
  quick: 64,
  full: 1500,
};

/** All of them. */
export function stateCases(context: Pick<Context, "create" | "effort">, slow: boolean): Case[] {
  const { effort } = context;
  return [
    ...[1, 2, 3, 4, 6, 8].map(inPlace),
    parameters,
    sameArray,
    constants,
    digits,
    many(manyOf[effort === "quick" && slow ? "device" : effort]),
    turned,
    packed,
    queued,
    shared,
    ...twoKernels(context),
  ];
}
