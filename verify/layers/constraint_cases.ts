/**
 * The constraints of Keras 3.16 in quantities (keras/src/constraints/
 * constraints.py): what weights of several lengths are brought to.
 *
 * @module
 */
import { normal, type Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { NamedConstraint } from "../../layers/constraints.ts";
import { drawn } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { alongAxes, exactly } from "./activations.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Library } from "./library.ts";
import { Quantity, rulesOf, sumOf } from "./quantity.ts";

type Row = readonly Quantity[];

/** A constraint with what it makes of the weights of one unit. */
export interface ConstraintCase {
  readonly name: string;
  readonly given: NamedConstraint;
  readonly bring: (row: Row) => Row;
}

const epsilon = 1e-7;

/** Weights times what their norm is to become, over what it is. */
export function ofNorm(wanted: (norm: Quantity) => Quantity): (row: Row) => Row {
  return (row) => {
    const norm = sumOf(row[0]!.rules, row.map((w) => w.squared())).sqrt();
    const factor = wanted(norm).over(norm.plus(epsilon));
    return row.map((w) => w.times(factor));
  };
}

/** Every constraint. */
export const constraintCases: readonly ConstraintCase[] = [
  {
    name: "max_norm",
    given: { name: "max_norm" },
    bring: ofNorm((norm) => norm.atMost(2)),
  },
  {
    name: "max_norm of rows",
    given: { name: "max_norm", maxValue: 1.5, axis: 1 },
    bring: ofNorm((norm) => norm.atMost(1.5)),
  },
  {
    name: "non_neg",
    given: { name: "non_neg" },
    bring: (row) => row.map((w) => w.atLeast(0)),
  },
  {
    name: "unit_norm",
    given: { name: "unit_norm" },
    bring: ofNorm((norm) => Quantity.constant(norm.rules, 1)),
  },
  {
    name: "min_max_norm",
    given: { name: "min_max_norm", minValue: 0.5, maxValue: 1.5, rate: 0.25 },
    bring: ofNorm((norm) => norm.atLeast(0.5).atMost(1.5).times(0.25).plus(norm.times(0.75))),
  },
];

/** Holds a constraint to its definition, on weights [4, 6] whose columns are short and long. */
export async function judgeConstraint(
  kernel: Kernel,
  constraint: Library["constraint"],
  { given, bring }: ConstraintCase,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  const lengths = [2 ** -6, 0.25, 0.5, 1, 2, 4];
  const values = drawn(24, () => normal(random)).map((value, i) => value * lengths[i % 6]!);
  using weights = kernel.tensor([4, 6], values);
  constraint(given).apply(kernel, weights);
  const wanted = alongAxes(bring, exactly(rules, values), [4, 6], [given.axis ?? 0]);
  return compareQuantities("the weights", await weights.read(), wanted, 6);
}
