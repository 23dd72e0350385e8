/**
 * The formulas that every kernel is swept on, each with its definition and that
 * of its derivative. Where the rules of `derivative.ts` give a derivative that
 * does not cancel, they are thereby held to the definition too.
 *
 * @module
 */
import { derivative } from "../../kernels/formula/derivative.ts";
import {
  abs,
  add,
  choose,
  div,
  type Expression,
  log1p,
  max,
  min,
  mul,
  neg,
  operand,
  sqrt,
  unary,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import { logarithmOnePlus } from "./functions.ts";
import type { NamedFormula } from "./named.ts";

const z = operand(0);

/** A function with its derivative by the rules. */
function withDerivative(
  name: string,
  expression: Expression,
  [reference, slope]: readonly [(z: number) => number, (z: number) => number],
  [ulp, slopeUlp]: readonly [number, number],
): NamedFormula[] {
  const rule = derivative(expression, z);
  return [
    { name, formula: formula(expression), reference, ulp },
    {
      name: `${name}_derivative`,
      // A constant reads no operand, which a formula must.
      formula: formula(choose("equal", z, z, rule, z)),
      reference: slope,
      ulp: slopeUlp,
    },
  ];
}

/** What is swept. */
export const namedFormulas: readonly NamedFormula[] = [
  ...withDerivative("leaky_relu", choose("less", z, 0, mul(0.25, z), z), [
    (x) => x < 0 ? x / 4 : x,
    (x) => x < 0 ? 0.25 : 1,
  ], [0.5, 0]),
  ...withDerivative("hard_tanh", max(-1, min(1, z)), [
    (x) => Math.abs(x) > 1 ? Math.sign(x) : x,
    (x) => Math.abs(x) <= 1 ? 1 : 0,
  ], [0, 0]),
  {
    name: "softsign",
    formula: formula(div(z, add(1, abs(z)))),
    reference: (x) => Math.abs(x) === Infinity ? NaN : x / (1 + Math.abs(x)),
    ulp: 4,
  },
  {
    // By the rules it would be (1 − |y|)/(1 + |z|), which cancels.
    name: "softsign_derivative",
    formula: formula(div(div(1, add(1, abs(z))), add(1, abs(z)))),
    reference: (x) => (1 / (1 + Math.abs(x))) ** 2,
    ulp: 8,
  },
  ...withDerivative("log_sigmoid", neg(unary("softplus", neg(z))), [
    (x) => x > 0 ? -logarithmOnePlus(Math.exp(-x)) : x - logarithmOnePlus(Math.exp(x)),
    (x) => x > 0 ? Math.exp(-x) / (1 + Math.exp(-x)) : 1 / (1 + Math.exp(x)),
  ], [6, 6]),
  {
    name: "log1p_root",
    formula: formula(log1p(sqrt(abs(z)))),
    ulp: 6,
    reference: (x) => logarithmOnePlus(Math.sqrt(Math.abs(x))),
  },
];
