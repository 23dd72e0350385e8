/**
 * The arithmetic of batch normalization: statistics of columns, and the gradient
 * by the input (Ioffe & Szegedy, §3), each a formula.
 *
 * @module
 */
import {
  add,
  div,
  mul,
  neg,
  operand,
  parameter,
  perColumn,
  sqrt,
  sub,
} from "../kernels/formula/expression.ts";
import { type Formula, formula } from "../kernels/formula/formula.ts";

const [a, b] = [operand(0), operand(1)];
const [rate, other] = [parameter(0), parameter(1)];

/** a · b. */
export const product: Formula = formula(mul(a, b));
/** a + b. */
export const sum: Formula = formula(add(a, b));
/** −a · b. */
export const shift: Formula = formula(neg(mul(a, b)));
/** a · the parameter, of which the sum is a mean. */
export const share: Formula = formula(mul(rate, a));
/** (a − mean)² · the parameter, of which the sum is a variance. */
export const squaredShare: Formula = formula(
  mul(rate, mul(sub(a, perColumn(1)), sub(a, perColumn(1)))),
);
/** A moving average: a · momentum + b · (1 − momentum). */
export const moved: Formula = formula(add(mul(a, rate), mul(b, other)));
/** 1/√(a + epsilon). */
export const inverse: Formula = formula(div(1, sqrt(add(a, rate))));
/** (x − mean) · factor. */
export const centred: Formula = formula(mul(sub(a, perColumn(1)), perColumn(2)));
/** (x − mean) · factor + beta. */
export const centredAndShifted: Formula = formula(
  add(mul(sub(a, perColumn(1)), perColumn(2)), perColumn(3)),
);
/** dy · factor. */
export const scaled: Formula = formula(mul(a, perColumn(1)));

const normalized = mul(sub(a, perColumn(2)), perColumn(3));
/** dy · (x − mean)/deviation. */
export const normalizedProduct: Formula = formula(mul(b, normalized));
/** factor · (dy − (Σdy + x̂ · Σ dy·x̂)/rows). */
export const inputGradient: Formula = formula(
  mul(
    perColumn(4),
    sub(b, mul(rate, add(perColumn(5), mul(normalized, perColumn(6))))),
  ),
);
