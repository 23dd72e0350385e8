/**
 * The area under the curve of a yes-or-no prediction: Keras's `AUC`, with its
 * thresholds, its curves and its sums (keras/src/metrics/confusion_metrics.py;
 * for precision and recall the interpolation of Davis & Goadrich, ICML 2006).
 *
 * @module
 */
import { boolean, checkOptions, oneOf, wholeNumber } from "../../common/options.ts";
import {
  activated,
  add,
  choose,
  mul,
  operand,
  perColumn,
  perRow,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { withTemporaries } from "../temporaries.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import type { LossInputs } from "./loss.ts";
import type { Metric } from "./metric.ts";

/** The options of {@linkcode auc}. */
export interface AucOptions {
  /** At how many thresholds, evenly from 0 to 1, the curve is known; at least 2, default 200. */
  readonly numThresholds?: number;
  /** Which curve: true positives against false ones (ROC), which is the default, or precision against recall (PR). */
  readonly curve?: "ROC" | "PR";
  /** How the area between two points is taken: with a straight line, which is the default (of PR with a line of true and false positives), by the lower of the two, or by the higher. */
  readonly summationMethod?: "interpolation" | "minoring" | "majoring";
  /** Whether predictions are logits, to which no sigmoid was applied; default false. */
  readonly fromLogits?: boolean;
}

/** The largest float32 number; a GPU need not know infinities. */
const largest = (2 - 2 ** -23) * 2 ** 127;

/** The largest float32 number that is not more than `most` when it is multiplied by `factor` in float32. */
function largestWithin(most: number, factor: number): number {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  value[0] = most / factor;
  while (Math.fround(value[0]! * factor) <= most) bits[0]!++;
  while (Math.fround(value[0]! * factor) > most) bits[0]!--;
  return value[0]!;
}

/**
 * Above what a prediction is a yes at each threshold. Keras puts predictions, cut to [0, 1], into
 * the buckets ceil(p · (count − 1)) − 1 in float32; these are the numbers at which they change. All
 * predictions are above the first threshold, and none above the last.
 */
function thresholds(count: number): Float32Array {
  const ends = new Map([[0, -largest], [count - 1, largest]]);
  return Float32Array.from(
    { length: count },
    (_, i) => ends.get(i) ?? largestWithin(i, count - 1),
  );
}

/** Of elements by row and thresholds by column: whether the prediction is above the threshold and the target is what is counted. */
const counting = (isYes: boolean) => {
  const [prediction, target, threshold] = [perRow(1), perRow(2), perColumn(3)];
  // Keras's targets are yes where they are not 0.
  const counted = choose("equal", target, 0, isYes ? 0 : 1, isYes ? 1 : 0);
  const value = choose("less", threshold, prediction, counted, 0);
  return formula(add(mul(0, operand(0)), value));
};
const truePositives = counting(true);
const falsePositives = counting(false);
const sum = formula(add(operand(0), operand(1)));
const sigmoid = formula(activated("sigmoid", operand(0)));

/** So many elements are compared with all thresholds at once that a pass has no more than this. */
const mostCompared = 2 ** 20;

const ratio = (a: number, b: number) => b === 0 ? 0 : a / b;
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The area under the curve of recall and precision, along which both kinds of positives rise evenly. */
function interpolated(tp: Float64Array, fp: Float64Array): number {
  const positives = tp.map((value, i) => value + fp[i]!);
  return total(Array.from({ length: tp.length - 1 }, (_, i) => {
    const [p, next] = [positives[i]!, positives[i + 1]!];
    const rise = tp[i]! - tp[i + 1]!;
    const slope = ratio(rise, Math.max(p - next, 0));
    const intercept = tp[i + 1]! - slope * next;
    const share = p > 0 && next > 0 ? p / next : 1;
    return ratio(slope * (rise + intercept * Math.log(share)), tp[0]!);
  }));
}

class Auc implements Metric {
  readonly name = "auc";
  readonly targets = "values";
  readonly direction = "up";
  readonly parts = 0;
  readonly #thresholds: Float32Array;

  constructor(
    readonly count: number,
    readonly curve: "ROC" | "PR",
    readonly method: "interpolation" | "minoring" | "majoring",
    readonly fromLogits: boolean,
  ) {
    this.#thresholds = thresholds(count);
  }

  compute(): void {}

  vectorsOf(): readonly number[] {
    return [this.count, this.count];
  }

  computeVectors(
    kernel: FormulaKernel,
    { prediction, target }: LossInputs,
    [tp, fp]: readonly Tensor[],
  ): void {
    const { count, fromLogits } = this;
    const { size } = prediction;
    const most = Math.max(1, Math.floor(mostCompared / count));
    withTemporaries(kernel, (create) => {
      const levels = create([count]);
      levels.write(this.#thresholds);
      const [p, t] = [create([size, 1]), create([size, 1])];
      if (fromLogits) kernel.map(sigmoid, [prediction], [p]);
      else kernel.copy(prediction, p);
      kernel.copy(target, t);
      for (let from = 0; from < size; from += most) {
        const numbers = Uint32Array.from(
          { length: Math.min(most, size - from) },
          (_, i) => from + i,
        );
        withTemporaries(kernel, (create) => {
          const rows = numbers.length;
          const zeros = create([rows, count]);
          const [ofP, ofT] = [p, t].map((all) => {
            const [part, vector] = [create([rows, 1]), create([rows])];
            kernel.gather(all, numbers, part);
            kernel.copy(part, vector);
            return vector;
          });
          for (const [counts, out] of [[truePositives, tp!], [falsePositives, fp!]] as const) {
            const sums = create([count]);
            kernel.reduce("sum", "columns", counts, [zeros, ofP!, ofT!, levels], sums);
            if (from === 0) kernel.copy(sums, out);
            else kernel.map(sum, [out, sums], [out]);
          }
        });
      }
    });
  }

  result(
    _sums: readonly number[],
    _rows: number,
    [tp, fp]: readonly Float64Array[],
  ): number {
    if (this.curve === "PR" && this.method === "interpolation") return interpolated(tp!, fp!);
    const [yes, no] = [tp![0]!, fp![0]!];
    const points = Array.from(tp!, (right, i) => {
      const [recall, wrong] = [ratio(right, yes), fp![i]!];
      return this.curve === "ROC"
        ? { x: ratio(wrong, no), y: recall }
        : { x: recall, y: ratio(right, right + wrong) };
    });
    const height = {
      interpolation: (a: number, b: number) => (a + b) / 2,
      minoring: Math.min,
      majoring: Math.max,
    }[this.method];
    return total(
      points.slice(1).map(({ x, y }, i) => {
        const before = points[i]!;
        return (before.x - x) * height(before.y, y);
      }),
    );
  }
}

/**
 * The area under the ROC curve, or under that of precision and recall: Keras's `AUC`, of all results
 * together (`multi_label=False`). Targets other than 0 are yes; predictions lie in [0, 1], or are
 * logits.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example How well scores put yes before no
 * ```ts
 * import { auc, createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "ones" })]);
 * model.compile({ loss: "mse", metrics: [auc()] });
 * // Of the four pairs of a yes and a no, three are in their order.
 * const scores = await model.evaluate([[0.1], [0.4], [0.35], [0.8]], [0, 0, 1, 1]);
 * if (Math.abs(scores.auc! - 0.75) > 1e-6) throw new Error(`${scores.auc}`);
 * ```
 */
export function auc(options: AucOptions = {}): Metric {
  const {
    numThresholds = 200,
    curve = "ROC",
    summationMethod = "interpolation",
    fromLogits = false,
  } = checkOptions<AucOptions>("auc()", options, {
    numThresholds: wholeNumber(2, 2 ** 16, "2^16"),
    curve: oneOf("ROC", "PR"),
    summationMethod: oneOf("interpolation", "minoring", "majoring"),
    fromLogits: boolean,
  });
  return new Auc(numThresholds, curve, summationMethod, fromLogits);
}
