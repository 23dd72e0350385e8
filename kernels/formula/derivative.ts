/**
 * Derivatives of expressions by rule: forward through the steps of a formula
 * (Griewank & Walther, Evaluating Derivatives, 2008, §3.1), with sums of 0 and
 * products by 0 and 1 left out. At a kink the derivative is 0, as in Keras, or
 * that of the side of `otherwise`. What the rules make may cancel where the
 * function itself does not; an activation may give its own derivative instead.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { selu } from "../activation.ts";
import {
  add,
  binary,
  choose,
  div,
  exp,
  type Expression,
  expressionOf,
  mul,
  neg,
  sign,
  sub,
  unary,
  type UnaryFunction,
} from "./expression.ts";
import { Numbering } from "./formula.ts";

type UnaryRule = (a: Expression, y: Expression) => Expression | number;

/** The derivative of each function at a, where y is its value. */
const rules: Readonly<Record<UnaryFunction, UnaryRule | null>> = {
  neg: () => -1,
  abs: (a) => sign(a),
  sign: () => 0,
  floor: () => 0,
  round: () => 0,
  sqrt: (_a, y) => div(0.5, y),
  expm1: (a) => exp(a),
  log: (a) => div(1, a),
  log1p: (a) => div(1, add(a, 1)),
  relu: (a) => choose("less", 0, a, 1, 0),
  // Not y(1 − y), which cancels for large a.
  sigmoid: (a, y) => mul(y, unary("sigmoid", neg(a))),
  tanh: (_a, y) => mul(sub(1, y), add(1, y)),
  exponential: (_a, y) => y,
  elu: (a) => choose("less", a, 0, exp(a), 1),
  selu: (a) => choose("less", a, 0, mul(selu.scale * selu.alpha, exp(a)), selu.scale),
  softplus: (a) => unary("sigmoid", a),
  gelu: (a) => unary("gelu_derivative", a),
  gelu_tanh: (a) => unary("gelu_tanh_derivative", a),
  silu: (a) => unary("silu_derivative", a),
  mish: (a) => unary("mish_derivative", a),
  gelu_derivative: null,
  gelu_tanh_derivative: null,
  silu_derivative: null,
  mish_derivative: null,
};

const zero = expressionOf(0);
const one = expressionOf(1);
const isNumber = (e: Expression, value: number) => e.kind === "constant" && e.value === value;

function sum(a: Expression, b: Expression): Expression {
  if (isNumber(a, 0)) return b;
  return isNumber(b, 0) ? a : add(a, b);
}

function difference(a: Expression, b: Expression): Expression {
  if (isNumber(b, 0)) return a;
  return isNumber(a, 0) ? neg(b) : sub(a, b);
}

function product(a: Expression, b: Expression): Expression {
  if (isNumber(a, 0) || isNumber(b, 0)) return zero;
  if (isNumber(a, 1)) return b;
  return isNumber(b, 1) ? a : mul(a, b);
}

/** The derivative of a step whose parts have the derivatives that `of` knows. */
function derivativeOf(step: Expression, of: (part: Expression) => Expression): Expression {
  switch (step.kind) {
    case "unary": {
      const inner = of(step.a);
      if (isNumber(inner, 0)) return zero;
      const rule = rules[step.name];
      if (!rule) throw new ArgumentError(`there is no derivative of ${step.name}`);
      return product(expressionOf(rule(step.a, step)), inner);
    }
    case "choice": {
      const [then, otherwise] = [of(step.then), of(step.otherwise)];
      if (isNumber(then, 0) && isNumber(otherwise, 0)) return zero;
      return choose(step.test, step.a, step.b, then, otherwise);
    }
    case "binary":
      return ofBinary(step, of(step.a), of(step.b));
    default:
      return zero;
  }
}

function ofBinary(
  step: Extract<Expression, { kind: "binary" }>,
  da: Expression,
  db: Expression,
): Expression {
  const { a, b, name } = step;
  switch (name) {
    case "add":
      return sum(da, db);
    case "sub":
      return difference(da, db);
    case "mul":
      return sum(product(da, b), product(a, db));
    case "div":
      // (da − y·db)/b, with the quotient y that is there already.
      if (isNumber(da, 0) && isNumber(db, 0)) return zero;
      return binary("div", difference(da, product(step, db)), b);
    default: {
      if (isNumber(da, 0) && isNumber(db, 0)) return zero;
      // At a tie b's derivative, so that max(a, 0) has 0 where a is 0.
      return name === "max" ? choose("less", b, a, da, db) : choose("less", a, b, da, db);
    }
  }
}

/**
 * The derivative of an expression by an operand, or by one of its parts, all
 * other operands and parameters held.
 *
 * @throws {ArgumentError} where one is no expression, or it contains the derivative of gelu, silu or mish, whose own derivative is not known.
 *
 * @example The derivative of z² is 2z
 * ```ts
 * import { createKernel, derivative, formula, mul, operand } from "@densemark/densemark";
 *
 * const z = operand(0);
 * await using kernel = await createKernel("blocked");
 * using values = kernel.tensor([3], [1, 2, 3]);
 * kernel.map!(formula(derivative(mul(z, z), z)), [values], [values]);
 * if (`${await values.read()}` !== "2,4,6") throw new Error("not 2z");
 * ```
 */
export function derivative(expression: Expression, by: Expression): Expression {
  const numbering = new Numbering();
  const result = numbering.numberOf(expressionOf(expression));
  const variable = numbering.numberOf(expressionOf(by));
  const found = new Map<Expression, Expression>();
  for (const [i, step] of numbering.steps.entries()) {
    found.set(step, i === variable ? one : derivativeOf(step, (part) => found.get(part)!));
  }
  return found.get(numbering.steps[result]!)!;
}
