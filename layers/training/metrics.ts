/**
 * Metrics by Keras's names: those of yes and no, and every loss as a mean; others
 * are made elsewhere and found here.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { checkOptions } from "../../common/options.ts";
import { formatList, quote } from "../../common/text.ts";
import { choose, type Expression, mul, sub } from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { auc } from "./auc.ts";
import {
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./class_metrics.ts";
import { CompactFormula } from "./compact.ts";
import { meanSquaredError } from "./elementwise_losses.ts";
import { f1Score } from "./f1_score.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import {
  type Loss,
  type LossInputs,
  prediction,
  share,
  sizeOfLoss,
  type TargetKind,
  targetOf,
  tensorsOf,
} from "./loss.ts";
import { plainName } from "../names.ts";
import { isLoss, type LossName, lossOfName } from "./losses.ts";
import { meanOf, type Metric, renamed } from "./metric.ts";
import { finite } from "../numbers.ts";

/** A metric of sums over the elements of a row. */
class ElementwiseMetric implements Metric {
  readonly targets = "values";
  readonly direction = "up";
  readonly parts: number;
  readonly #formulas: readonly CompactFormula[];

  /** @param over Whether the sums are divided by the number of columns. */
  constructor(
    readonly name: string,
    parts: readonly Expression[],
    readonly over: "mean" | "sum",
    readonly result: Metric["result"],
  ) {
    this.parts = parts.length;
    this.#formulas = parts.map((part) => new CompactFormula(mul(part, share)));
  }

  compute(kernel: FormulaKernel, inputs: LossInputs, rows: readonly Tensor[]): void {
    const part = this.over === "mean" ? 1 / sizeOfLoss(inputs).columns : 1;
    const tensors = tensorsOf(inputs, null);
    for (const [i, each] of this.#formulas.entries()) {
      each.reduceRows(kernel, "sum", tensors, rows[i]!, [part]);
    }
  }
}

/** The options of metrics of yes and no. */
export interface ThresholdOptions {
  /** Above what a prediction is a yes; default 0.5. */
  readonly threshold?: number;
}

function readThreshold(owner: string, given: ThresholdOptions): number {
  return checkOptions<ThresholdOptions>(owner, given, { threshold: finite }).threshold ?? 0.5;
}

// Rounded as predictions are: some kernels compare in float64.
const above = (threshold: number) => choose("less", Math.fround(threshold), prediction, 1, 0);

/**
 * The share of results on the right side of the threshold: Keras's `BinaryAccuracy`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Two of three are on their side
 * ```ts
 * import { binaryAccuracy, createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [binaryAccuracy({ threshold: 0.4 })] });
 * // 0.45 is a yes, since it is above 0.4.
 * const { binary_accuracy = NaN } = await model.evaluate([[0.45], [0.1], [0.9]], [[1], [0], [0]]);
 * if (Math.abs(binary_accuracy - 2 / 3) > 1e-6) throw new Error(`${binary_accuracy}`);
 * ```
 */
export function binaryAccuracy(options: ThresholdOptions = {}): Metric {
  const threshold = readThreshold("binaryAccuracy()", options);
  const right = choose("equal", above(threshold), targetOf.values, 1, 0);
  return new ElementwiseMetric("binary_accuracy", [right], "mean", meanOf);
}

/** Yes that was yes, yes that was no, and no that was yes; targets are 0 or 1, or shares of both. */
function counts(threshold: number): readonly [Expression, Expression, Expression] {
  const [yes, t] = [above(threshold), targetOf.values];
  return [mul(yes, t), mul(yes, sub(1, t)), mul(sub(1, yes), t)];
}

const ratio = (a: number, b: number) => a + b === 0 ? 0 : a / (a + b);

/**
 * Of what was predicted as yes, the share that is; 0 where there is none: Keras's `Precision`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Two were predicted, one is
 * ```ts
 * import { createKernel, Dense, precision, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [precision()] });
 * // The third is missed, which does not matter here.
 * const scores = await model.evaluate([[0.7], [0.9], [0.2]], [[1], [0], [1]]);
 * if (Math.abs(scores.precision! - 0.5) > 1e-6) throw new Error(`${scores.precision}`);
 * ```
 */
export function precision(options: ThresholdOptions = {}): Metric {
  const [right, wrong] = counts(readThreshold("precision()", options));
  const result = ([a = 0, b = 0]: readonly number[]) => ratio(a, b);
  return new ElementwiseMetric("precision", [right, wrong], "sum", result);
}

/**
 * Of what is yes, the share that was predicted as such; 0 where there is none: Keras's `Recall`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Two are, one was predicted
 * ```ts
 * import { createKernel, Dense, recall, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [recall()] });
 * // The second is predicted in vain, which does not matter here.
 * const scores = await model.evaluate([[0.7], [0.9], [0.2]], [[1], [0], [1]]);
 * if (Math.abs(scores.recall! - 0.5) > 1e-6) throw new Error(`${scores.recall}`);
 * ```
 */
export function recall(options: ThresholdOptions = {}): Metric {
  const [right, , missed] = counts(readThreshold("recall()", options));
  const result = ([a = 0, b = 0]: readonly number[]) => ratio(a, b);
  return new ElementwiseMetric("recall", [right, missed], "sum", result);
}

/** The mean of a loss, or a function of it. */
class LossMetric implements Metric {
  readonly direction = "down";
  readonly parts = 1;
  readonly targets: TargetKind;

  constructor(
    readonly loss: Loss,
    readonly name: string,
    readonly of: (mean: number) => number = (mean) => mean,
  ) {
    this.targets = loss.targets;
  }

  compute(kernel: FormulaKernel, inputs: LossInputs, [rows]: readonly Tensor[]): void {
    this.loss.compute(kernel, { ...inputs, weights: null }, { rows: rows!, gradient: null });
  }

  result(sums: readonly number[], rows: number): number {
    return this.of(meanOf(sums, rows));
  }
}

/**
 * The root of the mean square of the errors: Keras's `RootMeanSquaredError`.
 *
 * @example Of two rows
 * ```ts
 * import { createKernel, Dense, rootMeanSquaredError, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [rootMeanSquaredError()] });
 * // The root of (1 + 49)/2, not the mean of 1 and 7.
 * const { root_mean_squared_error = NaN } = await model.evaluate([[1], [5]], [[2], [-2]]);
 * if (Math.abs(root_mean_squared_error - 5) > 1e-6) throw new Error(`${root_mean_squared_error}`);
 * ```
 */
export function rootMeanSquaredError(): Metric {
  return new LossMetric(meanSquaredError(), "root_mean_squared_error", Math.sqrt);
}

/** The name of a metric that is no loss, but for `accuracy`. */
export type OwnMetricName =
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
  | "top_k_categorical_accuracy"
  | "sparse_top_k_categorical_accuracy"
  | "precision"
  | "recall"
  | "auc"
  | "f1_score"
  | "root_mean_squared_error";

const makers: Readonly<Record<OwnMetricName, () => Metric>> = {
  binary_accuracy: binaryAccuracy,
  categorical_accuracy: categoricalAccuracy,
  sparse_categorical_accuracy: sparseCategoricalAccuracy,
  top_k_categorical_accuracy: topKCategoricalAccuracy,
  sparse_top_k_categorical_accuracy: sparseTopKCategoricalAccuracy,
  precision,
  recall,
  auc,
  f1_score: f1Score,
  root_mean_squared_error: rootMeanSquaredError,
};

/** The name of a metric, as Keras has it; `accuracy` is the one that fits targets and results. */
export type MetricName = "accuracy" | "acc" | "rmse" | OwnMetricName | LossName;

const metricNames = ["accuracy", ...Object.keys(makers), "mse", "mae"];

/** What metrics are chosen for. */
export interface MetricTarget {
  readonly kind: TargetKind;
  /** How many results a row has. */
  readonly columns: number;
}

function isMetric(value: unknown): value is Metric {
  const { name, compute, result } = (value ?? {}) as Partial<Record<keyof Metric, unknown>>;
  return typeof name === "string" && typeof compute === "function" &&
    typeof result === "function";
}

/** @throws {ArgumentError} where a metric is unknown. */
export function checkMetric(given: unknown): void {
  if (typeof given === "string" && makeNamed(given, { kind: "values", columns: 1 })) return;
  if (isMetric(given)) {
    const { name, parts, vectorsOf, computeVectors } = given;
    if (
      Number.isSafeInteger(parts) && parts >= 0 && typeof vectorsOf === typeof computeVectors
    ) return;
    throw new ArgumentError(
      `the metric ${
        quote(name)
      } needs parts, a whole number from 0, and both or none of vectorsOf() and computeVectors()`,
    );
  }
  if (isLoss(given)) return;
  throw new ArgumentError(
    `a metric is made by functions such as binaryAccuracy(), a loss, or one of ${
      formatList(metricNames)
    }; got ${describe(given)}`,
  );
}

/**
 * Checks that what metrics say can be told from losses.
 *
 * @throws {ArgumentError} where one has the name of the loss or of validation.
 */
export function checkNames(metrics: readonly unknown[]): void {
  for (const given of metrics) {
    const { name } = typeof given === "string"
      ? makeNamed(given, { kind: "values", columns: 1 })!
      : given as { readonly name: string };
    if (name === "loss" || name.startsWith("val_")) {
      throw new ArgumentError(
        `a metric called ${
          quote(name)
        } cannot be told from another number of the history; a name is not "loss", and does not begin with "val_"`,
      );
    }
  }
}

function makeNamed(name: string, { kind, columns }: MetricTarget): Metric | null {
  const plain = plainName(name);
  if (plain === "accuracy" || plain === "acc") {
    const of = kind === "labels"
      ? sparseCategoricalAccuracy()
      : columns === 1
      ? binaryAccuracy()
      : categoricalAccuracy();
    return renamed(of, name);
  }
  if (plain === "rmse") return rootMeanSquaredError();
  const known = Object.entries(makers).find(([each]) => plainName(each) === plain);
  if (known) return known[1]();
  const loss = lossOfName(name)?.();
  return loss ? new LossMetric(loss, name) : null;
}

/**
 * The metric that was given, or is called so.
 *
 * @throws {ArgumentError} where there is none of that name, or it takes other targets than the loss.
 */
export function readMetric(given: unknown, target: MetricTarget): Metric {
  checkMetric(given);
  const metric = typeof given === "string"
    ? makeNamed(given, target)!
    : isMetric(given)
    ? given
    : new LossMetric(given as Loss, (given as Loss).name);
  if (metric.targets === null || metric.targets === target.kind) return metric;
  throw new ArgumentError(
    `the metric ${metric.name} takes ${metric.targets} as targets, the loss ${target.kind}`,
  );
}
