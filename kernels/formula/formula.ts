/**
 * A formula: one or several expressions of the same operands, as a kernel
 * computes them in one pass. Equal parts are one step (value numbering), and a
 * key finds code again that was made for the same formula.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import {
  type Along,
  binary,
  choose,
  type Expression,
  expressionOf,
  operand,
  type Term,
  unary,
} from "./expression.ts";

/** The most steps of a formula. */
export const mostSteps = 1024;
/** The most outputs of a formula. */
export const mostOutputs = 8;

/** Expressions that are computed together; {@linkcode formula} makes one. */
export class Formula {
  /** All distinct expressions, each after those that it is made of. */
  readonly steps: readonly Expression[];
  /** One expression for each output. */
  readonly outputs: readonly Expression[];
  /** How each operand is read, by its index. */
  readonly operands: readonly Along[];
  /** How many parameters a call gives. */
  readonly parameters: number;
  /** Equal for formulas that compute the same by the same steps. */
  readonly key: string;

  /**
   * {@linkcode formula} is the usual way.
   *
   * @throws {ArgumentError} as {@linkcode formula} says.
   */
  constructor(terms: readonly Term[]) {
    if (!Array.isArray(terms) || terms.length === 0 || terms.length > mostOutputs) {
      throw new ArgumentError(`a formula has 1 to ${mostOutputs} outputs; got ${describe(terms)}`);
    }
    const numbering = new Numbering();
    const numbers = terms.map((term) => numbering.numberOf(expressionOf(term)));
    this.steps = Object.freeze([...numbering.steps]);
    this.outputs = Object.freeze(numbers.map((number) => this.steps[number]!));
    this.operands = Object.freeze(operandsOf(this.steps));
    this.parameters = this.steps.reduce(
      (count, step) => step.kind === "parameter" ? Math.max(count, step.index + 1) : count,
      0,
    );
    this.key = `${[...numbering.texts].join(";")}=${numbers.join(",")}`;
    Object.freeze(this);
  }
}

/** Gives equal expressions one number, in the order in which they can be computed. */
export class Numbering {
  readonly steps: Expression[] = [];
  readonly #byText = new Map<string, number>();
  readonly #byExpression = new Map<Expression, number>();

  get texts(): Iterable<string> {
    return this.#byText.keys();
  }

  /** Not by recursion: a chain of sums may be longer than the stack is deep. */
  numberOf(root: Expression): number {
    const open = [root];
    while (open.length > 0) {
      const expression = open[open.length - 1]!;
      const missing = partsOf(expression).filter((part) => !this.#byExpression.has(part));
      if (missing.length > 0) open.push(...missing.reverse());
      else {
        this.#add(expression);
        open.pop();
      }
    }
    return this.#byExpression.get(root)!;
  }

  #add(expression: Expression): void {
    const parts = partsOf(expression).map((part) => this.#byExpression.get(part)!);
    const text = `${headOf(expression)}(${parts.join(",")})`;
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.steps.length;
      if (number === mostSteps) {
        throw new ArgumentError(`a formula has at most ${mostSteps} distinct expressions`);
      }
      this.#byText.set(text, number);
      this.steps.push(withParts(expression, parts.map((part) => this.steps[part]!)));
    }
    this.#byExpression.set(expression, number);
  }
}

/** What an expression is made of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "unary":
      return [expression.a];
    case "binary":
      return [expression.a, expression.b];
    case "choice":
      return [expression.a, expression.b, expression.then, expression.otherwise];
    default:
      return [];
  }
}

/** All expressions that these are made of, and these themselves. */
export function partsWithin(roots: readonly Expression[]): ReadonlySet<Expression> {
  const seen = new Set<Expression>();
  const open = [...roots];
  while (open.length > 0) {
    const next = open.pop()!;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...partsOf(next));
  }
  return seen;
}

/** The same of other parts. */
export function withParts(expression: Expression, parts: readonly Expression[]): Expression {
  const [a, b, then, otherwise] = parts;
  switch (expression.kind) {
    case "unary":
      return unary(expression.name, a!);
    case "binary":
      return binary(expression.name, a!, b!);
    case "choice":
      return choose(expression.test, a!, b!, then!, otherwise!);
    default:
      return expression;
  }
}

/** What an expression is, without its parts. */
function headOf(expression: Expression): string {
  switch (expression.kind) {
    case "operand":
      return `${expression.along} ${expression.index}`;
    case "parameter":
      return `parameter ${expression.index}`;
    case "constant":
      return Object.is(expression.value, -0) ? "-0" : String(expression.value);
    case "choice":
      return expression.test;
    default:
      return expression.name;
  }
}

function operandsOf(steps: readonly Expression[]): Along[] {
  const operands: Along[] = [];
  for (const step of steps) {
    if (step.kind !== "operand") continue;
    const { index, along } = step;
    const other = operands[index] ?? along;
    if (other !== along) {
      throw new ArgumentError(`operand ${index} is read by ${other} and by ${along}; choose one`);
    }
    operands[index] = along;
  }
  for (let i = 0; i < operands.length; i++) {
    if (operands[i] !== undefined) continue;
    throw new ArgumentError(
      `operands are counted from 0 without gaps; ${operands.length - 1} is used, but not ${i}`,
    );
  }
  if (!operands.includes("element")) {
    throw new ArgumentError("a formula must read at least one operand by element");
  }
  return operands;
}

/**
 * A formula of one or several outputs, each an expression of the same operands.
 *
 * @throws {ArgumentError} where there are no outputs or more than eight, an operand that is read in two ways or left out, none that is read by element, or more than 1024 distinct expressions.
 *
 * @example A step of gradient descent: weight − rate · gradient
 * ```ts
 * import { createKernel, formula, mul, operand, parameter, sub } from "@densemark/densemark";
 *
 * const step = formula(sub(operand(0), mul(parameter(0), operand(1))));
 * await using kernel = await createKernel("blocked");
 * using weight = kernel.tensor([2], [1, 2]);
 * using gradient = kernel.tensor([2], [10, 20]);
 * kernel.map!(step, [weight, gradient], [weight], [0.05]);
 * if (`${await weight.read()}` !== "0.5,1") throw new Error("not a step");
 * ```
 */
export function formula(...outputs: readonly Term[]): Formula {
  return new Formula(outputs);
}

/** An operand as it is: what copies, and what is summed or compared by itself. */
export const identity: Formula = formula(operand(0));
