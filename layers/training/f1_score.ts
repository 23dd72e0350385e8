/**
 * The harmonic mean of precision and recall, of each class and then of all:
 * Keras's `F1Score` (keras/src/metrics/f_score_metrics.py).
 *
 * @module
 */
import { checkOptions, oneOf } from "../../common/options.ts";
import { abs, choose, type Expression, mul, sub } from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { positive } from "../numbers.ts";
import { withTemporaries } from "../temporaries.ts";
import { CompactFormula } from "./compact.ts";
import { epsilon } from "./elementwise_losses.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import { type LossInputs, ofRow, prediction, sizeOfLoss, targetOf, tensorsOf } from "./loss.ts";
import type { Metric } from "./metric.ts";

/** The options of {@linkcode f1Score}. */
export interface F1Options {
  /** How classes are put together: their mean, which is the default; weighted by how often each is there; or counted as if they were one. Keras's default, a number for each class, is no single number. */
  readonly average?: "macro" | "weighted" | "micro";
  /** Above what a prediction is a yes, above 0; default null, where the largest of a row alone is. */
  readonly threshold?: number | null;
}

const largest = new CompactFormula(prediction);
// As in Keras a row whose largest is 0 has no yes.
const isLargest = choose(
  "lessOrEqual",
  ofRow(0),
  prediction,
  choose("less", Math.fround(1e-9), abs(prediction), 1, 0),
  0,
);

class F1 implements Metric {
  readonly name = "f1_score";
  readonly targets = "values";
  readonly direction = "up";
  readonly parts = 0;
  readonly #counts: readonly CompactFormula[];

  constructor(readonly average: "macro" | "weighted" | "micro", readonly threshold: number | null) {
    const yes: Expression = threshold === null
      ? isLargest
      : choose("less", Math.fround(threshold), prediction, 1, 0);
    const t = targetOf.values;
    this.#counts = [mul(yes, t), mul(yes, sub(1, t)), mul(sub(1, yes), t)]
      .map((count) => new CompactFormula(count));
  }

  compute(): void {}

  vectorsOf(columns: number): readonly number[] {
    return [columns, columns, columns];
  }

  computeVectors(kernel: FormulaKernel, inputs: LossInputs, vectors: readonly Tensor[]): void {
    withTemporaries(kernel, (create) => {
      const most = create([sizeOfLoss(inputs).rows]);
      const tensors = tensorsOf(inputs, null, most);
      if (this.threshold === null) largest.reduceRows(kernel, "max", tensors, most);
      for (const [i, each] of this.#counts.entries()) {
        each.reduceColumns(kernel, "sum", tensors, vectors[i]!);
      }
    });
  }

  result(
    _sums: readonly number[],
    _rows: number,
    [right, wrong, missed]: readonly Float64Array[],
  ): number {
    const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
    const f1 = (tp: number, fp: number, fn: number) => {
      const [precision, recall] = [tp / (tp + fp + epsilon), tp / (tp + fn + epsilon)];
      return 2 * precision * recall / (precision + recall + epsilon);
    };
    if (this.average === "micro") return f1(sum(right!), sum(wrong!), sum(missed!));
    const classes = right!.map((tp, i) => f1(tp, wrong![i]!, missed![i]!));
    if (this.average === "macro") return sum(classes) / classes.length;
    const counts = right!.map((tp, i) => tp + missed![i]!);
    return sum(classes.map((value, i) => value * counts[i]! / (sum(counts) + epsilon)));
  }
}

/**
 * The harmonic mean of precision and recall: Keras's `F1Score`, with its epsilon of 1e-7.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Of yes and no
 * ```ts
 * import { createKernel, Dense, f1Score, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "ones" })]);
 * model.compile({ loss: "mse", metrics: [f1Score({ threshold: 0.5 })] });
 * // One yes is found and one is missed; one no is taken for a yes.
 * const { f1_score } = await model.evaluate([[0.9], [0.2], [0.7], [0.1]], [1, 1, 0, 0]);
 * if (Math.abs(f1_score! - 0.5) > 1e-6) throw new Error(`${f1_score}`);
 * ```
 */
export function f1Score(options: F1Options = {}): Metric {
  const { average = "macro", threshold = null } = checkOptions<F1Options>("f1Score()", options, {
    average: oneOf("macro", "weighted", "micro"),
    threshold: (value) => value === null ? null : positive(value),
  });
  return new F1(average, threshold);
}
