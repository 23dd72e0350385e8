/**
 * Formulas in plain JavaScript: each step is a loop over a block of elements in
 * float64, and what is stored is rounded to float32 once. Blocks are small enough
 * for the cache and long enough that choosing the loop costs nothing (as numexpr
 * does it); there is no code made from text.
 *
 * @module
 */
import { ownClaim } from "./own_claims.ts";
import { pointwiseDerivative, pointwiseValue } from "../scalar_activations.ts";
import type { Along, BinaryFunction, Comparison, Expression, UnaryFunction } from "./expression.ts";
import type { MatrixSize } from "../checks.ts";
import type { FormulaTraits, Reduced, Reduction } from "../kernel.ts";
import type { Formula } from "./formula.ts";

/** Elements of a block: with ten steps at once 40 kB. */
const blockLength = 512;

/** The functions of one number, in float64. */
export const unaries: Readonly<Record<UnaryFunction, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: (a) => a > 0 ? 1 : a < 0 ? -1 : a * 0,
  floor: Math.floor,
  round: roundToEven,
  sqrt: Math.sqrt,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  relu: pointwiseValue("relu"),
  sigmoid: pointwiseValue("sigmoid"),
  tanh: pointwiseValue("tanh"),
  gelu: pointwiseValue("gelu"),
  gelu_tanh: pointwiseValue("gelu_tanh"),
  exponential: pointwiseValue("exponential"),
  elu: pointwiseValue("elu"),
  selu: pointwiseValue("selu"),
  softplus: pointwiseValue("softplus"),
  silu: pointwiseValue("silu"),
  mish: pointwiseValue("mish"),
  gelu_derivative: pointwiseDerivative("gelu"),
  gelu_tanh_derivative: pointwiseDerivative("gelu_tanh"),
  silu_derivative: pointwiseDerivative("silu"),
  mish_derivative: pointwiseDerivative("mish"),
};

/** The comparisons. */
export const comparisons: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  less: (a, b) => a < b,
  lessOrEqual: (a, b) => a <= b,
  equal: (a, b) => a === b,
};

/** To the nearest whole number, halves to the even one. */
export function roundToEven(a: number): number {
  const below = Math.floor(a);
  const rest = a - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const whole = up ? below + 1 : below;
  // With the sign of a, as IEEE 754 has it.
  return whole === 0 ? 0 * a : whole;
}

// A loop for each, so that the engine compiles every one for itself.
const binaries: Readonly<
  Record<BinaryFunction, (a: Float64Array, b: Float64Array, to: Float64Array, n: number) => void>
> = {
  add: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = a[i]! + b[i]!;
  },
  sub: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = a[i]! - b[i]!;
  },
  mul: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = a[i]! * b[i]!;
  },
  div: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = a[i]! / b[i]!;
  },
  min: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = Math.min(a[i]!, b[i]!);
  },
  max: (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = Math.max(a[i]!, b[i]!);
  },
};

// Rough, on the safe side: Math's functions to a few units of 2^-53, Φ to 4e-10.
const gaussian = { gelu: 1e-9, gelu_derivative: 1e-9 };
const elementary = Object.fromEntries(
  ([
    "expm1",
    "log",
    "log1p",
    "sigmoid",
    "tanh",
    "gelu_tanh",
    "exponential",
    "elu",
    "selu",
    "softplus",
    "silu",
    "mish",
    "gelu_tanh_derivative",
    "silu_derivative",
    "mish_derivative",
  ] as const)
    .map((name) => [name, 1e-13]),
);

/** How {@linkcode mapFormula} computes. */
export const heapFormulas: FormulaTraits = ownClaim({
  arithmetic: "float64",
  errors: { ...elementary, ...gaussian },
});

/** A formula made ready: room for a block of every step. */
class Evaluator {
  readonly #room: readonly Float64Array[];
  readonly #numbers: ReadonlyMap<Expression, number>;

  constructor(readonly formula: Formula) {
    this.#room = formula.steps.map(() => new Float64Array(blockLength));
    this.#numbers = new Map(formula.steps.map((step, i) => [step, i]));
  }

  /** Calls `visit` with a block of each output's values in float64 for each part of the matrix, in order. */
  run(
    { rows, columns }: MatrixSize,
    operands: readonly Float32Array[],
    parameters: readonly number[],
    visit: (values: readonly Float64Array[], start: number, length: number) => void,
  ): void {
    const outputs = this.formula.outputs.map((output) => this.#of(output));
    const size = rows * columns;
    for (let start = 0; start < size; start += blockLength) {
      const length = Math.min(blockLength, size - start);
      this.formula.steps.forEach((step, i) => {
        this.#compute(step, this.#room[i]!, start, length, columns, operands, parameters);
      });
      visit(outputs, start, length);
    }
  }

  #of(expression: Expression): Float64Array {
    return this.#room[this.#numbers.get(expression)!]!;
  }

  #compute(
    step: Expression,
    to: Float64Array,
    start: number,
    n: number,
    columns: number,
    operands: readonly Float32Array[],
    parameters: readonly number[],
  ): void {
    switch (step.kind) {
      case "operand":
        return load(step.along, operands[step.index]!, to, start, n, columns);
      case "parameter":
        to.fill(parameters[step.index]!);
        return;
      case "constant":
        to.fill(step.value);
        return;
      case "unary": {
        const a = this.#of(step.a);
        const f = unaries[step.name];
        for (let i = 0; i < n; i++) to[i] = f(a[i]!);
        return;
      }
      case "binary":
        return binaries[step.name](this.#of(step.a), this.#of(step.b), to, n);
      case "choice": {
        const [a, b] = [this.#of(step.a), this.#of(step.b)];
        const [then, otherwise] = [this.#of(step.then), this.#of(step.otherwise)];
        const test = comparisons[step.test];
        for (let i = 0; i < n; i++) to[i] = test(a[i]!, b[i]!) ? then[i]! : otherwise[i]!;
      }
    }
  }
}

/** Reads a block of an operand. */
function load(
  along: Along,
  from: Float32Array,
  to: Float64Array,
  start: number,
  n: number,
  columns: number,
): void {
  if (along === "element") {
    for (let i = 0; i < n; i++) to[i] = from[start + i]!;
    return;
  }
  let row = Math.floor(start / columns);
  let column = start - row * columns;
  for (let i = 0; i < n; i++) {
    to[i] = along === "row" ? from[row]! : from[column]!;
    if (++column === columns) {
      column = 0;
      row++;
    }
  }
}

// The room of a formula is kept as long as the formula.
const ready = new WeakMap<Formula, Evaluator>();

function evaluatorOf(formula: Formula): Evaluator {
  let found = ready.get(formula);
  if (!found) ready.set(formula, found = new Evaluator(formula));
  return found;
}

/** Writes the formula's values; an output may be an operand that is read by element. */
export function mapFormula(
  size: MatrixSize,
  formula: Formula,
  operands: readonly Float32Array[],
  outputs: readonly Float32Array[],
  parameters: readonly number[],
): void {
  evaluatorOf(formula).run(size, operands, parameters, (values, start, length) => {
    for (const [i, output] of outputs.entries()) {
      output.set(values[i]!.subarray(0, length), start);
    }
  });
}

/** Sums in float64, rounded once; the largest value is NaN where one is. */
export function reduceFormula(
  size: MatrixSize,
  reduction: Reduction,
  reduced: Reduced,
  formula: Formula,
  operands: readonly Float32Array[],
  out: Float32Array,
  parameters: readonly number[],
): void {
  const { columns } = size;
  const totals = new Float64Array(out.length).fill(reduction === "sum" ? 0 : -Infinity);
  evaluatorOf(formula).run(size, operands, parameters, ([values], start, length) => {
    let row = Math.floor(start / columns);
    let column = start - row * columns;
    for (let i = 0; i < length; i++) {
      const at = reduced === "rows" ? row : column;
      const value = values![i]!;
      totals[at] = reduction === "sum" ? totals[at]! + value : Math.max(totals[at]!, value);
      if (++column === columns) {
        column = 0;
        row++;
      }
    }
  });
  out.set(totals);
}
