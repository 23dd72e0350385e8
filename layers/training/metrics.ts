/**
 * Metrics by Keras's names: accuracies, precision and recall, and every loss as
 * a mean. The largest of a row is the first of those that are equal, as in NumPy.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { checkOptions, wholeNumber } from "../../common/options.ts";
import { formatList, quote } from "../../common/text.ts";
import {
  choose,
  type Expression,
  mul,
  neg,
  perColumn,
  sub,
} from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { Owned } from "../temporaries.ts";
import { auc } from "./auc.ts";
import { CompactFormula } from "./compact.ts";
import { meanSquaredError } from "./elementwise_losses.ts";
import { f1Score } from "./f1_score.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import {
  columnNumbers,
  type Loss,
  type LossInputs,
  ofRow,
  places,
  prediction,
  share,
  sizeOfLoss,
  type TargetKind,
  targetOf,
  tensorsOf,
} from "./loss.ts";
import { isLoss, type LossName, lossOfName, plainName } from "./losses.ts";
import { type Metric, renamed } from "./metric.ts";
import { finite } from "../numbers.ts";

/** A mean of a number of each row. */
const meanOf = ([sum = NaN]: readonly number[], rows: number) => sum / rows;

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

/** The root of the mean square of the errors: Keras's `RootMeanSquaredError`. */
export function rootMeanSquaredError(): Metric {
  return new LossMetric(meanSquaredError(), "root_mean_squared_error", Math.sqrt);
}

/** Far from every number of a column. */
const none = -1e9;
/** Of a row whose largest is `ofRow(0)`: minus the number of the first column that has it; the largest of these is taken. */
const firstWith = (value: Expression) =>
  new CompactFormula(
    choose("equal", value, ofRow(0), neg(perColumn(places.columns)), none),
  );

const largest = new CompactFormula(prediction);
const largestTarget = new CompactFormula(targetOf.values);
const firstPredicted = firstWith(prediction);
const firstTarget = firstWith(targetOf.values);
// A row without a largest number, of NaN, is never right.
const equalPlaces = new CompactFormula(
  choose("equal", prediction, targetOf.values, choose("lessOrEqual", prediction, none, 0, 1), 0),
);
const equalLabel = new CompactFormula(choose("equal", neg(prediction), targetOf.values, 1, 0));

/** Whether the largest prediction of each row is at its class. */
class ClassAccuracy implements Metric {
  readonly direction = "up";
  readonly parts = 1;
  readonly result = meanOf;

  constructor(readonly name: string, readonly targets: TargetKind) {}

  compute(kernel: FormulaKernel, inputs: LossInputs, [out]: readonly Tensor[]): void {
    const { rows, columns } = sizeOfLoss(inputs);
    using own = new Owned();
    const vector = () => own.use(kernel.tensor([rows]));
    const numbers = own.use(columnNumbers(kernel, columns));
    const placeOf = (find: CompactFormula, first: CompactFormula): Tensor => {
      const [most, place] = [vector(), vector()];
      const tensors = tensorsOf(inputs, numbers, most);
      find.reduceRows(kernel, "max", tensors, most);
      first.reduceRows(kernel, "max", tensors, place);
      return place;
    };
    const predicted = placeOf(largest, firstPredicted);
    if (this.targets === "labels") {
      equalLabel.map(kernel, [predicted, inputs.target], [out!]);
    } else {
      const target = placeOf(largestTarget, firstTarget);
      equalPlaces.map(kernel, [predicted, target], [out!]);
    }
  }
}

/** The share of rows whose largest prediction is where the target's is: Keras's `CategoricalAccuracy`. */
export function categoricalAccuracy(): Metric {
  return new ClassAccuracy("categorical_accuracy", "values");
}

/** The share of rows whose largest prediction is at their label: Keras's `SparseCategoricalAccuracy`. */
export function sparseCategoricalAccuracy(): Metric {
  return new ClassAccuracy("sparse_categorical_accuracy", "labels");
}

/** The options of {@linkcode topKCategoricalAccuracy}. */
export interface TopKOptions {
  /** Among how many of the largest predictions the class must be; default 5. */
  readonly k?: number;
}

/** Whether fewer than k predictions of a row are larger than that of its class. */
class TopK implements Metric {
  readonly direction = "up";
  readonly parts = 1;
  readonly result = meanOf;
  readonly #score: CompactFormula;
  readonly #larger: CompactFormula;
  readonly #right: CompactFormula;

  constructor(readonly name: string, readonly targets: TargetKind, k: number) {
    // Of a vector of targets, the class is the first of the largest ones.
    const isClass = targets === "labels"
      ? targetOf.labels
      : choose("equal", neg(perColumn(places.columns)), ofRow(1), 1, 0);
    this.#score = new CompactFormula(choose("equal", isClass, 1, prediction, 0));
    this.#larger = new CompactFormula(choose("less", ofRow(2), prediction, 1, 0));
    const finiteScore = (then: Expression) =>
      choose("equal", sub(targetOf.values, targetOf.values), 0, then, 0);
    this.#right = new CompactFormula(finiteScore(choose("less", prediction, k, 1, 0)));
  }

  compute(kernel: FormulaKernel, inputs: LossInputs, [out]: readonly Tensor[]): void {
    const { rows, columns } = sizeOfLoss(inputs);
    using own = new Owned();
    const vector = () => own.use(kernel.tensor([rows]));
    const [most, place, score, larger] = [vector(), vector(), vector(), vector()];
    const tensors = tensorsOf(inputs, own.use(columnNumbers(kernel, columns)), most, place, score);
    if (this.targets === "values") {
      largestTarget.reduceRows(kernel, "max", tensors, most);
      firstTarget.reduceRows(kernel, "max", tensors, place);
    }
    this.#score.reduceRows(kernel, "sum", tensors, score);
    this.#larger.reduceRows(kernel, "sum", tensors, larger);
    this.#right.map(kernel, [larger, score], [out!]);
  }
}

function readK(owner: string, given: TopKOptions): number {
  const checks = { k: wholeNumber(1, 2 ** 24, "2^24") };
  return checkOptions<TopKOptions>(owner, given, checks).k ?? 5;
}

/**
 * The share of rows whose class is among the k largest predictions: Keras's `TopKCategoricalAccuracy`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const k = readK("topKCategoricalAccuracy()", options);
  return new TopK("top_k_categorical_accuracy", "values", k);
}

/**
 * The same for labels: Keras's `SparseTopKCategoricalAccuracy`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const k = readK("sparseTopKCategoricalAccuracy()", options);
  return new TopK("sparse_top_k_categorical_accuracy", "labels", k);
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
  if (isMetric(given) || isLoss(given)) return;
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
