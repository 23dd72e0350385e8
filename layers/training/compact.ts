/**
 * Formulas of some of many operands: losses and metrics name what they may read
 * by fixed numbers, and each formula is called with those alone that it reads.
 *
 * @module
 */
import {
  type Expression,
  expressionOf,
  readAlong,
  type Term,
} from "../../kernels/formula/expression.ts";
import { Formula, Numbering, partsOf, withParts } from "../../kernels/formula/formula.ts";
import type { Reduction, Tensor } from "../../kernels/kernel.ts";
import type { FormulaKernel } from "./formula_kernel.ts";

/** A formula whose operands were numbered anew, without gaps. */
export class CompactFormula {
  readonly formula: Formula;
  /** The number of each operand before. */
  readonly #used: readonly number[];

  constructor(...terms: readonly Term[]) {
    const numbering = new Numbering();
    const roots = terms.map((term) => numbering.numberOf(expressionOf(term)));
    const used: number[] = [];
    const renumbered: Expression[] = [];
    const places = new Map(numbering.steps.map((step, i) => [step, i]));
    for (const step of numbering.steps) {
      if (step.kind === "operand") {
        if (!used.includes(step.index)) used.push(step.index);
        renumbered.push(readAlong[step.along](used.indexOf(step.index)));
      } else {
        renumbered.push(
          withParts(step, partsOf(step).map((part) => renumbered[places.get(part)!]!)),
        );
      }
    }
    this.formula = new Formula(roots.map((root) => renumbered[root]!));
    this.#used = used;
  }

  /** outputs = the values of each element. */
  map(
    kernel: FormulaKernel,
    tensors: readonly (Tensor | null)[],
    outputs: readonly Tensor[],
    parameters: readonly number[] = [],
  ): void {
    kernel.map(this.formula, this.#inputs(tensors), outputs, this.#parameters(parameters));
  }

  /** out = the sum or the largest value of each row. */
  reduceRows(
    kernel: FormulaKernel,
    reduction: Reduction,
    tensors: readonly (Tensor | null)[],
    out: Tensor,
    parameters: readonly number[] = [],
  ): void {
    const inputs = this.#inputs(tensors);
    kernel.reduce(reduction, "rows", this.formula, inputs, out, this.#parameters(parameters));
  }

  /** out = the sum or the largest value of each column. */
  reduceColumns(
    kernel: FormulaKernel,
    reduction: Reduction,
    tensors: readonly (Tensor | null)[],
    out: Tensor,
  ): void {
    kernel.reduce(reduction, "columns", this.formula, this.#inputs(tensors), out);
  }

  #inputs(tensors: readonly (Tensor | null)[]): Tensor[] {
    return this.#used.map((number) => tensors[number]!);
  }

  #parameters(parameters: readonly number[]): readonly number[] {
    return parameters.slice(0, this.formula.parameters);
  }
}
