/**
 * Calls with formulas that are almost alike, queued one after the other: they
 * differ in one parameter, one constant or a little of their structure. A kernel
 * that caches by less than the whole formula, by the identity of an array for
 * example or by some digits of a number, returns the result of another call.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import {
  add,
  binary,
  type Expression,
  mul,
  operand,
  parameter,
  sub,
  unary,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { type Case, drawn, type Effort, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { claimsOf } from "./arithmetic.ts";
import { formulaCase, type FormulaKernel, judge } from "./judge.ts";

const x = operand(0);

type Run = (kernel: FormulaKernel, space: Workspace, random: Random) => Promise<Outcome>;

/** A case of what calls leave behind, or take from each other. */
export function caseOf(what: string, run: Run): Case {
  return formulaCase(`state/${what}`, async (kernel, random) => {
    using space = new Workspace(kernel);
    return await run(kernel, space, random);
  });
}

/** Calls the formula with one operand by element and judges all elements. */
export async function judged(
  kernel: FormulaKernel,
  made: Formula,
  values: Float32Array,
  output: Tensor,
  parameters: readonly number[],
  [rows, columns] = [1, values.length],
): Promise<Outcome> {
  const claims = claimsOf(kernel.traits);
  return judge(claims, {
    formula: made,
    size: { rows: rows!, columns: columns! },
    operands: [values],
    parameters,
    outputs: [await output.read()],
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

/** One list of rows that the caller changes between calls. */
const sameRows = caseOf("rows-in-place", async (kernel, space) => {
  const from = space.tensor([3, 1], Float32Array.of(10, 20, 30));
  const outcomes: Outcome[] = [];
  for (const rows of [[0], Uint32Array.of(0), Int32Array.of(0)]) {
    const outputs = [0, 2, 1].map((row) => {
      rows[0] = row;
      const output = space.output([1, 1]);
      kernel.gather(from, rows, output);
      return { output, want: [10 * (row + 1)] };
    });
    for (const { output, want } of outputs) {
      outcomes.push(compareExact("a row of a list that changed", await output.read(), want, 1));
    }
  }
  return merge(outcomes);
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

/** A formula of so many steps, of which the first or the last is another number. */
function chain(steps: number, first: number, last: number): Formula {
  let made: Expression = add(x, first);
  for (let i = 0; i < steps; i++) made = i % 2 === 0 ? mul(made, 0.5) : add(made, i);
  return formula(add(made, last));
}

/** Formulas, some of them long, that differ at their beginning or at their end alone. */
const ends = caseOf("ends", (kernel, space, random) => {
  const values = floats(19, -2, 2, random);
  const made = [1, 4, 12, 40, 120].flatMap((steps) => [
    chain(steps, 1, 1),
    chain(steps, 1, 1000),
    // Halved as often as it is, not to be lost in the rest.
    chain(steps, 1 + 2 ** Math.min(40, steps / 2 + 4), 1),
  ]);
  return alike(kernel, space, values, made.map((each) => [each, []] as const));
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

/** So many formulas of one kernel: fewer where a GPU compiles each. */
const manyOf: Readonly<Record<Effort | "device", number>> = {
  smoke: 64,
  device: 24,
  quick: 64,
  full: 1500,
};

/** All of them. */
export function alikeCases(effort: Effort, slow: boolean): Case[] {
  return [
    parameters,
    sameArray,
    sameRows,
    constants,
    digits,
    ends,
    many(manyOf[effort === "quick" && slow ? "device" : effort]),
  ];
}
