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

/** Sums that lie on the kernel. */
interface Group {
  readonly first: number;
  /** Whether each element is a quantity of its own, and not a part of one. */
  readonly apart: boolean;
  readonly tensors: readonly Tensor[];
}

/** Sums of several quantities, each of which comes as a vector of rows, or several together as one. */
export class Totals implements Disposable {
  /** By the length of the vectors and the quantity that begins each group. */
  readonly #sums = new Map<string, Group>();

  constructor(readonly kernel: FormulaKernel, readonly count: number) {}

  /** Adds vectors of one length to the quantities from `first` on. */
  add(first: number, values: readonly Tensor[], factor = 1): void {
    for (let from = 0; from < values.length; from += mostOutputs) {
      const part = values.slice(from, from + mostOutputs);
      const sums = this.#sumsOf(first + from, part.length, part[0]!.size, false);
      this.kernel.map(additions(part.length), [...sums, ...part], sums, [factor]);
    }
  }

  /** Adds a vector whose elements are quantities from `first` on. */
  addEach(first: number, values: Tensor): void {
    const sums = this.#sumsOf(first, 1, values.size, true);
    this.kernel.map(additions(1), [...sums, values], sums, [1]);
  }

  #sumsOf(first: number, count: number, size: number, apart: boolean): readonly Tensor[] {
    const key = `${size} ${first} ${count} ${apart}`;
    let found = this.#sums.get(key);
    if (!found) {
      const tensors = Array.from({ length: count }, () => keep(this.kernel.tensor([size])));
      this.#sums.set(key, found = { first, apart, tensors });
    }
    return found.tensors;
  }

  /** All sums since the last time, in float64. */
  async take(): Promise<Float64Array> {
    const totals = new Float64Array(this.count);
    const groups = [...this.#sums.values()];
    const values = await readAll(groups.flatMap(({ tensors }) => tensors));
    let at = 0;
    for (const { first, apart, tensors } of groups) {
      for (const [i, tensor] of tensors.entries()) {
        for (const [j, value] of values[at]!.entries()) totals[first + (apart ? j : i)]! += value;
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
