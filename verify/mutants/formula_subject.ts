/**
 * The subject of the mutation tests of formulas: a kernel on the heap that
 * computes them element by element, each of whose steps can be replaced by a
 * wrong or an unusual one. As it is, it is right, in float64.
 *
 * @module
 */
import type { MatrixSize } from "../../kernels/checks.ts";
import type {
  Along,
  BinaryFunction,
  Comparison,
  Expression,
  UnaryFunction,
} from "../../kernels/formula/expression.ts";
import type { Formula } from "../../kernels/formula/formula.ts";
import { comparisons, heapFormulas, unaries } from "../../kernels/formula/evaluate.ts";
import { HeapKernel, type HeapTensor } from "../../kernels/heap.ts";
import type { KernelTraits, Reduced, Reduction } from "../../kernels/kernel.ts";
import { productWith } from "./subject.ts";

const binaries: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};

/** The steps of the computation. */
export interface FormulaSteps {
  /** The formula that is computed, and the numbers for its parameters. */
  formula(formula: Formula): Formula;
  parameters(given: readonly number[], formula: Formula): readonly number[];
  /** The place in an operand. */
  at(along: Along, i: number, size: MatrixSize): number;
  unary(name: UnaryFunction, a: number): number;
  binary(name: BinaryFunction, a: number, b: number): number;
  test(test: Comparison, a: number, b: number): boolean;
  /** What is left of each result. */
  round(value: number): number;
  /** Whether an element is written. */
  writes(i: number, size: MatrixSize, output: number): boolean;
  /** The value that is stored where there was another. */
  store(value: number, old: number): number;
  /** Whether all outputs are computed before the first is written. */
  readonly atOnce: boolean;
  /** What a reduction begins with, and what it makes of each value, in this order of a line. */
  start(reduction: Reduction): number;
  take(reduction: Reduction, total: number, value: number): number;
  order(count: number): readonly number[];
  /** The row that is copied to this place. */
  row(rows: Uint32Array, to: number): number;
}

const right: FormulaSteps = {
  formula: (formula) => formula,
  parameters: (given) => given,
  at: (along, i, { columns }) =>
    along === "element" ? i : along === "row" ? Math.floor(i / columns) : i % columns,
  unary: (name, a) => unaries[name](a),
  binary: (name, a, b) => binaries[name](a, b),
  test: (test, a, b) => comparisons[test](a, b),
  round: (value) => value,
  writes: () => true,
  store: (value) => value,
  atOnce: true,
  start: (reduction) => reduction === "sum" ? 0 : -Infinity,
  take: (reduction, total, value) => reduction === "sum" ? total + value : Math.max(total, value),
  order: (count) => Array.from({ length: count }, (_, i) => i),
  row: (rows, to) => rows[to]!,
};

/** The steps of the subject, for those that replace one only now and then. */
export const rightSteps: Readonly<FormulaSteps> = right;

/** The kernel. */
class FormulaSubject extends HeapKernel {
  constructor(readonly steps: FormulaSteps) {
    super("subject", {
      tile: { mr: 4, nr: 4, mc: 8, nc: 8, kc: 16 },
      accumulator: "float32",
      summation: { order: "blocked", block: () => 16 },
    }, productWith({}));
  }

  /** The values of all outputs at an element. */
  #valuesAt(
    i: number,
    size: MatrixSize,
    formula: Formula,
    inputs: readonly HeapTensor[],
    parameters: readonly number[],
  ): number[] {
    const { steps } = this;
    const found = new Map<Expression, number>();
    const of = (part: Expression) => found.get(part)!;
    for (const step of formula.steps) {
      found.set(step, steps.round(valueOf(step)));
    }
    return formula.outputs.map(of);

    function valueOf(step: Expression): number {
      switch (step.kind) {
        case "operand":
          return inputs[step.index]!.data[steps.at(step.along, i, size)]!;
        case "parameter":
          return parameters[step.index]!;
        case "constant":
          return step.value;
        case "unary":
          return steps.unary(step.name, of(step.a));
        case "binary":
          return steps.binary(step.name, of(step.a), of(step.b));
        case "choice":
          return steps.test(step.test, of(step.a), of(step.b)) ? of(step.then) : of(step.otherwise);
      }
    }
  }

  protected override computeMap(
    size: MatrixSize,
    given: Formula,
    inputs: readonly HeapTensor[],
    outputs: readonly HeapTensor[],
    numbers: readonly number[],
  ): void {
    const { steps } = this;
    const formula = steps.formula(given);
    const parameters = steps.parameters(numbers, given);
    for (let i = 0; i < size.rows * size.columns; i++) {
      let values = this.#valuesAt(i, size, formula, inputs, parameters);
      for (const [j, { data }] of outputs.entries()) {
        if (!steps.atOnce) values = this.#valuesAt(i, size, formula, inputs, parameters);
        if (steps.writes(i, size, j)) data[i] = steps.store(values[j]!, data[i]!);
      }
    }
  }

  protected override computeReduction(
    size: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    given: Formula,
    inputs: readonly HeapTensor[],
    out: HeapTensor,
    numbers: readonly number[],
  ): void {
    const { steps } = this;
    const formula = steps.formula(given);
    const parameters = steps.parameters(numbers, given);
    const { rows, columns } = size;
    const order = steps.order(reduced === "rows" ? columns : rows);
    for (let line = 0; line < out.size; line++) {
      let total = steps.start(reduction);
      for (const j of order) {
        const i = reduced === "rows" ? line * columns + j : j * columns + line;
        const [value] = this.#valuesAt(i, size, formula, inputs, parameters);
        total = steps.take(reduction, total, value!);
      }
      out.data[line] = steps.round(total);
    }
  }

  protected override computeGather(
    columns: number,
    a: HeapTensor,
    rows: Uint32Array,
    out: HeapTensor,
  ): void {
    for (let to = 0; to < rows.length; to++) {
      const from = this.steps.row(rows, to) * columns;
      out.data.set(a.data.subarray(from, from + columns), to * columns);
    }
  }
}

/** The subject, with some of its steps replaced, and with other claims. */
export function formulaKernel(
  steps: Partial<FormulaSteps>,
  claims: Partial<KernelTraits> = {},
): HeapKernel {
  const kernel = new FormulaSubject({ ...right, ...steps });
  const traits = { ...kernel.traits, formulas: { ...heapFormulas }, ...claims };
  return Object.assign(kernel, { traits });
}
