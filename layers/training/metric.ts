/**
 * What a metric is: numbers of each row of a batch, added up over all rows, or
 * vectors such as counts of each class, and what their sums say. Unlike in Keras's
 * `weighted_metrics`, the examples' weights do not count.
 *
 * @module
 */
import type { Tensor } from "../../kernels/kernel.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import type { LossInputs, TargetKind } from "./loss.ts";

/** A metric, made by functions such as {@linkcode binaryAccuracy}, or named as in Keras: `"accuracy"`. */
export interface Metric {
  /** Under what the history has it: `accuracy`. */
  readonly name: string;
  /** What it takes as target; null where either. */
  readonly targets: TargetKind | null;
  /** Whether more of it is better, `up`, or less; where that is absent, who watches it must say so. */
  readonly direction?: "up" | "down";
  /** How many numbers it computes of each row. */
  readonly parts: number;
  /** Computes the numbers of a batch's rows, `parts` tensors [rows]; queued like any operation of the kernel. */
  compute(kernel: FormulaKernel, inputs: LossInputs, rows: readonly Tensor[]): void;
  /** The lengths of vectors that it adds up besides, for results of so many columns; default none. */
  vectorsOf?(columns: number): readonly number[];
  /** Computes the vectors of a batch, each already a sum over its rows. */
  computeVectors?(kernel: FormulaKernel, inputs: LossInputs, vectors: readonly Tensor[]): void;
  /** What the sums over all rows say, and those of the vectors. */
  result(sums: readonly number[], rows: number, vectors: readonly Float64Array[]): number;
}

/** The same under another name. */
export function renamed(metric: Metric, name: string): Metric {
  const { targets, direction, parts } = metric;
  return {
    name,
    targets,
    ...(direction ? { direction } : {}),
    parts,
    compute: (kernel, inputs, rows) => metric.compute(kernel, inputs, rows),
    vectorsOf: (columns) => metric.vectorsOf?.(columns) ?? [],
    computeVectors: (kernel, inputs, vectors) => metric.computeVectors?.(kernel, inputs, vectors),
    result: (sums, rows, vectors) => metric.result(sums, rows, vectors),
  };
}

/** Metrics of which those that share a name are numbered, as in Keras: `recall`, `recall_1`; the first of a name keeps it. */
export function withOwnNames(metrics: readonly Metric[]): Metric[] {
  const taken = new Set(metrics.map(({ name }) => name));
  const seen = new Set<string>();
  return metrics.map((metric) => {
    const { name } = metric;
    if (!seen.has(name)) {
      seen.add(name);
      return metric;
    }
    let count = 1;
    while (taken.has(`${name}_${count}`)) count++;
    taken.add(`${name}_${count}`);
    return renamed(metric, `${name}_${count}`);
  });
}
