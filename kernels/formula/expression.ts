/**
 * A small language of elementwise arithmetic: expressions of operands, run-time
 * parameters and constants. Activations, losses, optimizer steps and
 * normalizations are written in it once; each family of kernels makes its own
 * code of it, and `derivative.ts` its derivatives by rule.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import type { Pointwise } from "../activation.ts";

/** What an operand has one value for: each element of the matrix, each of its rows, or each of its columns. */
export type Along = "element" | "row" | "column";

/**
 * Functions of one argument. `round` rounds halves to even; `sign` is −1, 0 or 1,
 * and NaN for NaN. The activations of every kernel are among them, and the
 * derivatives of those whose derivative is no short expression.
 */
export const unaryFunctions = [
  "neg",
  "abs",
  "sign",
  "floor",
  "round",
  "sqrt",
  "expm1",
  "log",
  "log1p",
  "relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu_tanh",
  "exponential",
  "elu",
  "selu",
  "softplus",
  "silu",
  "mish",
  "gelu_derivative",
  "gelu_tanh_derivative",
  "silu_derivative",
  "mish_derivative",
] as const;

/** The name of a function of one argument. */
export type UnaryFunction = typeof unaryFunctions[number];

/** Functions of two arguments; `min` and `max` are NaN where an argument is. */
export const binaryFunctions = ["add", "sub", "mul", "div", "min", "max"] as const;

/** The name of a function of two arguments. */
export type BinaryFunction = typeof binaryFunctions[number];

/** Comparisons; all are false where an argument is NaN. */
export const comparisons = ["less", "lessOrEqual", "equal"] as const;

/** The name of a comparison. */
export type Comparison = typeof comparisons[number];

/** An expression. One that is used in several places is computed once. Made by the functions of this module alone. */
export type Expression =
  | { readonly kind: "operand"; readonly index: number; readonly along: Along }
  | { readonly kind: "parameter"; readonly index: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "unary"; readonly name: UnaryFunction; readonly a: Expression }
  | {
    readonly kind: "binary";
    readonly name: BinaryFunction;
    readonly a: Expression;
    readonly b: Expression;
  }
  | {
    readonly kind: "choice";
    readonly test: Comparison;
    readonly a: Expression;
    readonly b: Expression;
    readonly then: Expression;
    readonly otherwise: Expression;
  };

/** An expression, or a number that stands for a constant. */
export type Term = Expression | number;

// What was made here is well-formed; what looks like it may not be.
const made = new WeakSet<object>();

function make<E extends Expression>(expression: E): E {
  made.add(Object.freeze(expression));
  return expression;
}

/** Whether a value is an expression. */
export function isExpression(value: unknown): value is Expression {
  return typeof value === "object" && value !== null && made.has(value);
}

/**
 * A term as an expression.
 *
 * @throws {ArgumentError} where it is neither an expression nor a number.
 */
export function expressionOf(term: unknown): Expression {
  if (typeof term === "number") return make({ kind: "constant", value: term });
  if (isExpression(term)) return term;
  throw new ArgumentError(
    `an expression is a number or made by functions such as add() and exp(); got ${describe(term)}`,
  );
}

/** Operands and parameters are counted from 0 to 63. */
export const mostOperands = 64;

function checkIndex(what: string, index: unknown): asserts index is number {
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= mostOperands) {
    throw new ArgumentError(
      `${what} is counted from 0 to ${mostOperands - 1}; got ${describe(index)}`,
    );
  }
}

function operandAlong(along: Along): (index: number) => Expression {
  return (index) => {
    checkIndex("an operand", index);
    return make({ kind: "operand", index, along });
  };
}

/** The operand of this index at the element that is computed. */
export const operand: (index: number) => Expression = operandAlong("element");
/** The operand of this index, which has one value for each row, at the element's row. */
export const perRow: (index: number) => Expression = operandAlong("row");
/** The operand of this index, which has one value for each column, at the element's column. */
export const perColumn: (index: number) => Expression = operandAlong("column");

/** The number that a call gives for this index, a learning rate for example. */
export function parameter(index: number): Expression {
  checkIndex("a parameter", index);
  return make({ kind: "parameter", index });
}

/** f(a). */
export function unary(name: UnaryFunction, a: Term): Expression {
  if (!unaryFunctions.includes(name)) {
    throw new ArgumentError(
      `there are the functions ${unaryFunctions.join(", ")}; got ${describe(name)}`,
    );
  }
  return make({ kind: "unary", name, a: expressionOf(a) });
}

/** f(a, b). */
export function binary(name: BinaryFunction, a: Term, b: Term): Expression {
  if (!binaryFunctions.includes(name)) {
    throw new ArgumentError(
      `there are the functions ${binaryFunctions.join(", ")}; got ${describe(name)}`,
    );
  }
  return make({ kind: "binary", name, a: expressionOf(a), b: expressionOf(b) });
}

/** `then` where the comparison of a with b is true, else `otherwise`. Both are computed, and either may be NaN where it is not chosen. */
export function choose(
  test: Comparison,
  a: Term,
  b: Term,
  then: Term,
  otherwise: Term,
): Expression {
  if (!comparisons.includes(test)) {
    throw new ArgumentError(
      `there are the comparisons ${comparisons.join(", ")}; got ${describe(test)}`,
    );
  }
  return make({
    kind: "choice",
    test,
    a: expressionOf(a),
    b: expressionOf(b),
    then: expressionOf(then),
    otherwise: expressionOf(otherwise),
  });
}

const binaryOf = (name: BinaryFunction) => (a: Term, b: Term): Expression => binary(name, a, b);
const unaryOf = (name: UnaryFunction) => (a: Term): Expression => unary(name, a);

/** a + b. */
export const add: (a: Term, b: Term) => Expression = binaryOf("add");
/** a − b. */
export const sub: (a: Term, b: Term) => Expression = binaryOf("sub");
/** a · b. */
export const mul: (a: Term, b: Term) => Expression = binaryOf("mul");
/** a / b. */
export const div: (a: Term, b: Term) => Expression = binaryOf("div");
/** The smaller of two, NaN where one is. */
export const min: (a: Term, b: Term) => Expression = binaryOf("min");
/** The larger of two, NaN where one is. */
export const max: (a: Term, b: Term) => Expression = binaryOf("max");
/** −a. */
export const neg: (a: Term) => Expression = unaryOf("neg");
/** |a|. */
export const abs: (a: Term) => Expression = unaryOf("abs");
/** −1, 0 or 1. */
export const sign: (a: Term) => Expression = unaryOf("sign");
/** √a. */
export const sqrt: (a: Term) => Expression = unaryOf("sqrt");
/** e^a. */
export const exp: (a: Term) => Expression = unaryOf("exponential");
/** e^a − 1, without cancellation near 0. */
export const expm1: (a: Term) => Expression = unaryOf("expm1");
/** The natural logarithm of a. */
export const log: (a: Term) => Expression = unaryOf("log");
/** log(1 + a), without cancellation near 0. */
export const log1p: (a: Term) => Expression = unaryOf("log1p");

/** The activation of this name, but for softmax, of a. */
export function activated(name: Pointwise, a: Term): Expression {
  return name === "linear" ? expressionOf(a) : unary(name, a);
}
