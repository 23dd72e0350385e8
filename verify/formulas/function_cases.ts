/**
 * Each function and comparison of formulas by itself, and each function with every
 * function of two arguments behind it: over powers of two, special values, both
 * sides of every point where it changes, and random bits; in a matrix whose rows
 * end in the tails of vectors.
 *
 * @module
 */
import {
  binary,
  binaryFunctions,
  choose,
  comparisons,
  type Expression,
  expressionOf,
  operand,
  unary,
  type UnaryFunction,
  unaryFunctions,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Random } from "../../common/random.ts";
import { type Case, drawn, type Effort, Workspace } from "../check.ts";
import { type Outcome, outcomeOf } from "../compare.ts";
import { showFloat } from "../float32.ts";
import { claimsOf } from "./arithmetic.ts";
import { formulaCase, type FormulaKernel, judge, mapped } from "./judge.ts";
import { referenceUnaries } from "./functions.ts";
import { inputsOf, pairsOf } from "./inputs.ts";

/** So many random inputs. */
const counts: Readonly<Record<Effort, number>> = { smoke: 300, quick: 400, full: 60_000 };

const matrixOf = (length: number) => ({ rows: 1, columns: length });

async function tried(
  kernel: FormulaKernel,
  expressions: readonly Expression[],
  inputs: readonly Float32Array<ArrayBuffer>[],
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const size = matrixOf(inputs[0]!.length);
  const made = formula(...expressions);
  const outputs = await mapped(kernel, space, made, size, inputs, []);
  const claims = claimsOf(kernel.traits);
  return judge(claims, {
    formula: made,
    size,
    operands: inputs,
    outputs,
    describe: (i) => inputs.map((values) => showFloat(values[i]!)).join(" and "),
  });
}

function caseOf(
  what: string,
  inputs: (random: Random) => readonly Float32Array<ArrayBuffer>[],
  ...expressions: readonly Expression[]
): Case {
  return formulaCase(
    `functions/${what}`,
    (kernel, random) => tried(kernel, expressions, inputs(random)),
  );
}

const unaryCase = (name: UnaryFunction, count: number): Case =>
  caseOf(
    `${name}/${count}`,
    (random) => [inputsOf(referenceUnaries[name].value, count, random)],
    unary(name, operand(0)),
  );

/** A function whose result goes on, as the numerator of a quotient or into a sum: what is fused or taken together may be computed otherwise. */
const continuedCase = (name: UnaryFunction, count: number): Case =>
  caseOf(
    `${name}-continued/${count}`,
    (random) => [inputsOf(referenceUnaries[name].value, count, random)],
    ...binaryFunctions.map((then) => binary(then, unary(name, operand(0)), 3)),
    binary("div", operand(0), unary(name, operand(0))),
  );

/** Functions whose results become smaller than any float32 is, and not yet 0. */
const withTails: readonly UnaryFunction[] = [
  "sigmoid",
  "gelu",
  "gelu_tanh",
  "exponential",
  "softplus",
  "silu",
  "mish",
  "gelu_derivative",
  "gelu_tanh_derivative",
  "silu_derivative",
];

/** What is asked of kernels whose steps are float64: elsewhere a tail is 0, and a float32 has no more digits. */
const wideCase = (
  what: string,
  inputs: (random: Random) => readonly Float32Array<ArrayBuffer>[],
  ...expressions: readonly Expression[]
): Case => {
  const one = caseOf(what, inputs, ...expressions);
  return {
    ...one,
    run: async (kernel, random) =>
      kernel.traits.formulas?.arithmetic === "float64"
        ? await one.run(kernel, random)
        : outcomeOf(null),
  };
};

/** A tail that is made large: what no float32 shows a step of float64 may still read. */
const tailCase = (name: UnaryFunction): Case =>
  wideCase(
    `${name}-tail`,
    (random) => [
      drawn(240, () => -(random.integer() % 2 ? 60 : 760) * random.uniform()),
    ],
    ...[200, 420, 640, 850].map((exponent) =>
      binary("mul", unary(name, operand(0)), 2 ** exponent)
    ),
  );

/** A function of what is far below the smallest float32, subnormal in float64 too, and far above the largest. */
const farCase = (name: UnaryFunction): Case =>
  caseOf(
    `${name}-far`,
    (random) => [
      drawn(240, () => (random.integer() % 4 ? 1 : -1) * 2 ** (150 * random.uniform() - 130)),
    ],
    ...[[-950, 0], [-950, 450], [-950, 950], [900, 0], [900, -900]].map(([far, back]) =>
      binary("mul", unary(name, binary("mul", operand(0), 2 ** far!)), 2 ** back!)
    ),
  );

/** What the digits of a number are behind the 22nd of those before and after the point, which a float32 has not. */
function lateDigits(of: Expression): Expression {
  const large = binary("mul", of, 2 ** 22);
  return binary("sub", large, unary("floor", large));
}

/** The digits of a function that a float32 does not have, of its tail over that of the exponential that it has. */
function digitsCase(name: UnaryFunction): Case {
  const [x, f] = [operand(0), unary(name, operand(0))];
  const isGaussian = name === "gelu" || name === "gelu_derivative";
  const square = binary("mul", binary("mul", x, x), -0.5);
  const tail = unary("exponential", isGaussian ? square : x);
  return wideCase(
    `${name}-digits`,
    (random) => [drawn(240, () => (random.integer() % 2 ? 26 : 6) * (random.uniform() - 0.75))],
    lateDigits(f),
    lateDigits(binary("div", f, tail)),
  );
}

/** Every function; the comparisons are one case, since each leaves one of two numbers. */
export function functionCases(effort: Effort, slow: boolean): Case[] {
  const count = counts[effort];
  const pairs = (random: Random) => pairsOf(count, random);
  const [a, b] = [operand(0), operand(1)];
  return [
    ...unaryFunctions.map((name) => unaryCase(name, count)),
    // A GPU compiles a program for each.
    ...(slow && effort !== "full" ? ["sqrt", "sigmoid"] as const : unaryFunctions)
      .map((name) => continuedCase(name, count)),
    ...(slow ? [] : withTails.map(tailCase)),
    ...(slow ? [] : unaryFunctions.map(farCase)),
    ...(slow ? [] : unaryFunctions.filter((name) => !referenceUnaries[name].exact).map(digitsCase)),
    ...binaryFunctions.map((name) => caseOf(`${name}/${count}`, pairs, binary(name, a, b))),
    caseOf(
      `comparisons/${count}`,
      pairs,
      ...comparisons.map((test) => choose(test, a, b, expressionOf(1), expressionOf(2))),
    ),
    caseOf(
      `choices/${count}`,
      pairs,
      ...comparisons.map((test) => choose(test, a, b, a, b)),
    ),
  ];
}
