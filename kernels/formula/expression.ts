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

/**
 * The operand of this index at the element that is computed.
 *
 * @throws {ArgumentError} where the index is not a whole number from 0 to 63.
 *
 * @example The mean of two tensors
 * ```ts
 * import { add, createKernel, div, formula, operand } from "@densemark/densemark";
 *
 * const mean = formula(div(add(operand(0), operand(1)), 2));
 * await using kernel = await createKernel("blocked");
 * using a = kernel.tensor([2], [1, 2]);
 * using b = kernel.tensor([2], [3, 6]);
 * kernel.map!(mean, [a, b], [a]);
 * if (`${await a.read()}` !== "2,4") throw new Error(`${await a.read()}`);
 * ```
 */
export const operand: (index: number) => Expression = operandAlong("element");
/**
 * The operand of this index, which has one value for each row, at the element's row.
 *
 * @throws {ArgumentError} where the index is not a whole number from 0 to 63.
 */
export const perRow: (index: number) => Expression = operandAlong("row");
/**
 * The operand of this index, which has one value for each column, at the element's column.
 *
 * @throws {ArgumentError} where the index is not a whole number from 0 to 63.
 *
 * @example A shift of each column, a scale of each row
 * ```ts
 * import { add, createKernel, formula, mul, operand, perColumn, perRow } from "@densemark/densemark";
 *
 * const shifted = formula(add(mul(perRow(1), operand(0)), perColumn(2)));
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([2, 2], [1, 2, 3, 4]);
 * using scale = kernel.tensor([2], [1, 10]);
 * using shift = kernel.tensor([2], [0.5, -1]);
 * kernel.map!(shifted, [x, scale, shift], [x]);
 * if (`${await x.read()}` !== "1.5,1,30.5,39") throw new Error(`${await x.read()}`);
 * ```
 */
export const perColumn: (index: number) => Expression = operandAlong("column");

/** What reads an operand along each. */
export const readAlong: Readonly<Record<Along, (index: number) => Expression>> = {
  element: operand,
  row: perRow,
  column: perColumn,
};

/**
 * The number that a call gives for this index, a learning rate for example.
 *
 * @throws {ArgumentError} where the index is not a whole number from 0 to 63.
 *
 * @example One formula, two calls
 * ```ts
 * import { createKernel, formula, mul, operand, parameter } from "@densemark/densemark";
 *
 * const scaled = formula(mul(parameter(0), operand(0)));
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([2], [1, 2]);
 * kernel.map!(scaled, [x], [x], [3]);
 * kernel.map!(scaled, [x], [x], [0.5]);
 * if (`${await x.read()}` !== "1.5,3") throw new Error(`${await x.read()}`);
 * ```
 */
export function parameter(index: number): Expression {
  checkIndex("a parameter", index);
  return make({ kind: "parameter", index });
}

/**
 * f(a), of a function by its name: what a program chooses that was given one.
 *
 * @throws {ArgumentError} where there is no function of this name, or the argument is neither an expression nor a number.
 *
 * @example A function by its name
 * ```ts
 * import { formula, operand, unary } from "@densemark/densemark";
 *
 * const formulas = (["sqrt", "log1p"] as const).map((name) => formula(unary(name, operand(0))));
 * if (formulas.some(({ steps }) => steps.length !== 2)) throw new Error("an operand and a function");
 * ```
 */
export function unary(name: UnaryFunction, a: Term): Expression {
  if (!unaryFunctions.includes(name)) {
    throw new ArgumentError(
      `there are the functions ${unaryFunctions.join(", ")}; got ${describe(name)}`,
    );
  }
  return make({ kind: "unary", name, a: expressionOf(a) });
}

/**
 * f(a, b), of a function by its name.
 *
 * @throws {ArgumentError} where there is no function of this name, or an argument is neither an expression nor a number.
 */
export function binary(name: BinaryFunction, a: Term, b: Term): Expression {
  if (!binaryFunctions.includes(name)) {
    throw new ArgumentError(
      `there are the functions ${binaryFunctions.join(", ")}; got ${describe(name)}`,
    );
  }
  return make({ kind: "binary", name, a: expressionOf(a), b: expressionOf(b) });
}

/**
 * `then` where the comparison of a with b is true, else `otherwise`. Both are computed, and either
 * may be NaN where it is not chosen.
 *
 * @throws {ArgumentError} where there is no comparison of this name, or an argument is neither an expression nor a number.
 *
 * @example The square root of what has one, else 0
 * ```ts
 * import { choose, createKernel, formula, operand, sqrt } from "@densemark/densemark";
 *
 * const x = operand(0);
 * const root = formula(choose("less", x, 0, 0, sqrt(x)));
 * await using kernel = await createKernel("blocked");
 * using values = kernel.tensor([3], [-4, 0, 9]);
 * kernel.map!(root, [values], [values]);
 * if (`${await values.read()}` !== "0,0,3") throw new Error(`${await values.read()}`);
 * ```
 */
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

/**
 * a + b.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 *
 * @example Numbers stand for themselves
 * ```ts
 * import { add, createKernel, formula, mul, operand } from "@densemark/densemark";
 *
 * const line = formula(add(mul(2, operand(0)), 1));
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([3], [0, 1, 2]);
 * kernel.map!(line, [x], [x]);
 * if (`${await x.read()}` !== "1,3,5") throw new Error(`${await x.read()}`);
 * ```
 */
export const add: (a: Term, b: Term) => Expression = binaryOf("add");
/**
 * a − b.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 */
export const sub: (a: Term, b: Term) => Expression = binaryOf("sub");
/**
 * a · b.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 */
export const mul: (a: Term, b: Term) => Expression = binaryOf("mul");
/**
 * a / b.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 */
export const div: (a: Term, b: Term) => Expression = binaryOf("div");
/**
 * The smaller of two, NaN where one is.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 */
export const min: (a: Term, b: Term) => Expression = binaryOf("min");
/**
 * The larger of two, NaN where one is.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 *
 * @example Within bounds
 * ```ts
 * import { createKernel, formula, max, min, operand } from "@densemark/densemark";
 *
 * const clipped = formula(min(max(operand(0), -1), 1));
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([3], [-7, 0.5, 7]);
 * kernel.map!(clipped, [x], [x]);
 * if (`${await x.read()}` !== "-1,0.5,1") throw new Error(`${await x.read()}`);
 * ```
 */
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
/**
 * log(1 + a), without cancellation near 0.
 *
 * @throws {ArgumentError} where an argument is neither an expression nor a number.
 *
 * @example Digits that log(1 + a) loses
 * ```ts
 * import { createKernel, formula, log1p, operand } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([1], [1e-10]);
 * kernel.map!(formula(log1p(operand(0))), [x], [x]);
 * if ((await x.read())[0] !== Math.fround(1e-10)) throw new Error("log(1 + 1e-10) in float32 is 0");
 * ```
 */
export const log1p: (a: Term) => Expression = unaryOf("log1p");

/**
 * The activation of this name, but for softmax, of a.
 *
 * @throws {ArgumentError} where there is no activation of this name, or the argument is neither an expression nor a number.
 *
 * @example An activation of one's own, made of another
 * ```ts
 * import { activated, createKernel, Dense, mul } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, {
 *   units: 1,
 *   activation: (z) => mul(z, activated("relu", z)),
 *   kernelInitializer: "ones",
 * });
 * using x = kernel.tensor([2, 1], [-3, 3]);
 * using y = layer.predict(x);
 * if (`${(await y.read()).map(Math.abs)}` !== "0,9") throw new Error(`${await y.read()}`);
 * ```
 */
export function activated(name: Pointwise, a: Term): Expression {
  return name === "linear" ? expressionOf(a) : unary(name, a);
}
