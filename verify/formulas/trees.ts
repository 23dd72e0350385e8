/**
 * Random formulas: trees of all functions on operands by element, row and
 * column, parameters and constants, with several outputs that share parts.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import {
  binary,
  type BinaryFunction,
  binaryFunctions,
  choose,
  comparisons,
  type Expression,
  expressionOf,
  operand,
  parameter,
  perColumn,
  perRow,
  unary,
  unaryFunctions,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula, partsWithin } from "../../kernels/formula/formula.ts";

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.between(0, list.length - 1)]!;
}

/** Arithmetic is more frequent than extremes. */
const usual: readonly BinaryFunction[] = [...binaryFunctions, "add", "sub", "mul", "mul"];

/** A formula with the numbers for its parameters. */
export interface RandomFormula {
  readonly formula: Formula;
  readonly parameters: readonly number[];
}

/** A number of the usual magnitudes, with all bits of a float64. */
function number(random: Random): number {
  const value = (random.integer() % 2 ? 1 : -1) * 2 ** (random.uniform() * 6 - 3);
  return random.uniform() < 0.3 ? Math.round(value) : value;
}

/** Of one operand by element at least, and up to two more of any kind. */
function leavesOf(random: Random): Expression[] {
  const others = [operand, perRow, perColumn];
  const more = random.between(0, 2);
  return [
    operand(0),
    ...Array.from({ length: more }, (_, i) => pick(others, random)(i + 1)),
  ];
}

/** A formula of up to `most` steps besides its leaves. */
export function randomFormula(random: Random, most: number): RandomFormula {
  const operands = leavesOf(random);
  const parameters = Array.from({ length: random.between(0, 3) }, () => number(random));
  const known: Expression[] = [
    ...operands,
    ...operands,
    ...parameters.map((_, i) => parameter(i)),
    expressionOf(number(random)),
  ];
  const made: Expression[] = [];
  for (let i = 0; i < most; i++) {
    // Two of three parts are among the last ones, so that trees grow deep.
    const part = () =>
      made.length > 0 && random.uniform() < 0.66
        ? pick(made.slice(-3), random)
        : pick(known, random);
    const kind = random.uniform();
    const next = kind < 0.35
      ? unary(pick(unaryFunctions, random), part())
      : kind < 0.85
      ? binary(pick(usual, random), part(), part())
      : choose(pick(comparisons, random), part(), part(), part(), part());
    made.push(next);
    known.push(next);
  }
  const outputs = Array.from(
    { length: random.between(1, 3) },
    (_, i) => made.at(-1 - i) ?? known[0]!,
  );
  // Each operand must be read somewhere: one more output reads those that no other does.
  const read = partsWithin(outputs);
  const missing = operands.filter((leaf) => !read.has(leaf));
  if (missing.length > 0) outputs.push(missing.reduce((a, b) => binary("add", a, b), operands[0]!));
  return trimmed(outputs, parameters);
}

function trimmed(outputs: readonly Expression[], parameters: readonly number[]): RandomFormula {
  const made = formula(...outputs);
  return { formula: made, parameters: parameters.slice(0, made.parameters) };
}
