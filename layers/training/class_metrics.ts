/**
 * Accuracies of classes, by which result of a row is the largest: the first of
 * those that are equal, as in NumPy.
 *
 * @module
 */
import { checkOptions, wholeNumber } from "../../common/options.ts";
import { choose, type Expression, neg, perColumn, sub } from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { Owned } from "../temporaries.ts";
import { CompactFormula } from "./compact.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import {
  columnNumbers,
  type LossInputs,
  ofRow,
  places,
  prediction,
  sizeOfLoss,
  type TargetKind,
  targetOf,
  tensorsOf,
} from "./loss.ts";
import { meanOf, type Metric } from "./metric.ts";

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

/**
 * The share of rows whose largest prediction is where the target's is: Keras's `CategoricalAccuracy`.
 *
 * @example Classes as vectors
 * ```ts
 * import { categoricalAccuracy, createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 2, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [categoricalAccuracy()] });
 * // Of two equal ones the first counts.
 * const { categorical_accuracy = NaN } = await model.evaluate([[0.1, 0.9], [0.5, 0.5]], [[0, 1], [0, 1]]);
 * if (Math.abs(categorical_accuracy - 0.5) > 1e-6) throw new Error(`${categorical_accuracy}`);
 * ```
 */
export function categoricalAccuracy(): Metric {
  return new ClassAccuracy("categorical_accuracy", "values");
}

/**
 * The share of rows whose largest prediction is at their label: Keras's `SparseCategoricalAccuracy`.
 *
 * @example Classes as labels
 * ```ts
 * import { createKernel, Dense, Sequential, sparseCategoricalAccuracy } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 2, kernelInitializer: "identity" })]);
 * model.compile({ loss: "sparse_categorical_crossentropy", metrics: [sparseCategoricalAccuracy()] });
 * // Of two equal ones the first counts.
 * const { sparse_categorical_accuracy = NaN } = await model.evaluate([[0.1, 0.9], [0.5, 0.5]], [1, 1]);
 * if (Math.abs(sparse_categorical_accuracy - 0.5) > 1e-6) throw new Error(`${sparse_categorical_accuracy}`);
 * ```
 */
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
 *
 * @example Among the best two
 * ```ts
 * import { createKernel, Dense, Sequential, topKCategoricalAccuracy } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 3, kernelInitializer: "identity" })]);
 * model.compile({ loss: "mse", metrics: [topKCategoricalAccuracy({ k: 2 })] });
 * // The first row has its class second, the other last.
 * const { top_k_categorical_accuracy = NaN } = await model.evaluate([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]], [[0, 1, 0], [1, 0, 0]]);
 * if (Math.abs(top_k_categorical_accuracy - 0.5) > 1e-6) throw new Error(`${top_k_categorical_accuracy}`);
 * ```
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const k = readK("topKCategoricalAccuracy()", options);
  return new TopK("top_k_categorical_accuracy", "values", k);
}

/**
 * The same for labels: Keras's `SparseTopKCategoricalAccuracy`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Among the best two
 * ```ts
 * import { createKernel, Dense, Sequential, sparseTopKCategoricalAccuracy } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 3, kernelInitializer: "identity" })]);
 * model.compile({ loss: "sparse_categorical_crossentropy", metrics: [sparseTopKCategoricalAccuracy({ k: 2 })] });
 * // The first row has its class second, the other last.
 * const { sparse_top_k_categorical_accuracy = NaN } = await model.evaluate([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]], [1, 0]);
 * if (Math.abs(sparse_top_k_categorical_accuracy - 0.5) > 1e-6) throw new Error(`${sparse_top_k_categorical_accuracy}`);
 * ```
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const k = readK("sparseTopKCategoricalAccuracy()", options);
  return new TopK("sparse_top_k_categorical_accuracy", "labels", k);
}
