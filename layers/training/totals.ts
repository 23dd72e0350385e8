/**
 * Sums over many batches, kept on the kernel: losses and metrics are added up
 * there row by row, and read every few steps in one wait.
 *
 * @module
 */
import { add, mul, operand, parameter } from "../../kernels/formula/expression.ts";
import { type Formula, formula, mostOutputs } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { keep } from "../../kernels/scope.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import { once } from "./loss.ts";

/** total + factor · value for several of each. */
const additions: (count: number) => Formula = once((count: number) =>
  formula(
    ...Array.from({ length: count }, (_, i) =>
      add(operand(i), mul(parameter(0), operand(count + i)))),
  )
);

/** Sums of several quantities, each of which comes as a vector of rows. */
export class Totals implements Disposable {
  /** By the length of the vectors and the quantity that begins each group. */
  readonly #sums = new Map<
    string,
    { readonly first: number; readonly tensors: readonly Tensor[] }
  >();

  constructor(readonly kernel: FormulaKernel, readonly count: number) {}

  /** Adds vectors of one length to the quantities from `first` on. */
  add(first: number, values: readonly Tensor[], factor = 1): void {
    for (let from = 0; from < values.length; from += mostOutputs) {
      const part = values.slice(from, from + mostOutputs);
      const sums = this.#sumsOf(first + from, part.length, part[0]!.size);
      this.kernel.map(additions(part.length), [...sums, ...part], sums, [factor]);
    }
  }

  #sumsOf(first: number, count: number, size: number): readonly Tensor[] {
    const key = `${size} ${first} ${count}`;
    let found = this.#sums.get(key);
    if (!found) {
      const tensors = Array.from({ length: count }, () => keep(this.kernel.tensor([size])));
      this.#sums.set(key, found = { first, tensors });
    }
    return found.tensors;
  }

  /** All sums since the last time, in float64. */
  async take(): Promise<Float64Array> {
    const totals = new Float64Array(this.count);
    const groups = [...this.#sums.values()];
    const values = await readAll(groups.flatMap(({ tensors }) => tensors));
    let at = 0;
    for (const { first, tensors } of groups) {
      for (const [i, tensor] of tensors.entries()) {
        for (const value of values[at]!) totals[first + i]! += value;
        tensor.write(values[at++]!.fill(0));
      }
    }
    return totals;
  }

  [Symbol.dispose](): void {
    for (const { tensors } of this.#sums.values()) {
      for (const tensor of tensors) tensor[Symbol.dispose]();
    }
    this.#sums.clear();
  }
}
