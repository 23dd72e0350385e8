/**
 * Normalization: Keras's layer that brings each column to mean 0 and variance 1 by
 * statistics that are given, or that `adapt` computes of data, on the kernel.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { boolean, unchecked } from "../common/options.ts";
import { checkOwner, checkTensor, looksLikeTensor, matrixOf } from "../kernels/checks.ts";
import {
  add,
  div,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  sqrt,
  sub,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import { BaseLayer } from "./base_layer.ts";
import { share, squaredShare } from "./batch_normalization_formulas.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkInputs, inputsOf } from "./layer_checks.ts";
import {
  checkLayerOptions,
  type Computed,
  type GradientRequest,
  layerOptionChecks,
  type LayerOptions,
} from "./layer_options.ts";
import type { LayerVariable } from "./layer_variable.ts";
import { isFloat } from "./numbers.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { checkFormulaKernel, withTemporaries } from "./temporaries.ts";
import { type ExampleData, looksLikeData, readInputs } from "./training/examples.ts";

/** The arguments of a {@linkcode Normalization} layer. */
export interface NormalizationOptions extends LayerOptions {
  /** The mean of each column, or of all; given together with the variance, else of {@linkcode Normalization.adapt}. */
  readonly mean?: number | readonly number[] | null;
  /** The variance of each column, or of all. */
  readonly variance?: number | readonly number[] | null;
  /** Whether to go back from normalized values; default false. */
  readonly invert?: boolean;
}

const x = operand(0);
const deviation = formula(max(sqrt(x), 1e-7));
const forwards = formula(div(sub(x, perColumn(1)), perColumn(2)));
const backwards = formula(add(mul(x, perColumn(2)), perColumn(1)));
const divided = formula(div(x, perColumn(1)));
const multiplied = formula(mul(x, perColumn(1)));
const [ofOld, ofNew] = [parameter(0), parameter(1)];
const means = formula(add(mul(ofOld, operand(0)), mul(ofNew, operand(1))));
const spread = (variance: number, mean: number) => {
  const distance = sub(operand(mean), operand(4));
  return add(operand(variance), mul(distance, distance));
};
// Each variance about the mean of both.
const variances = formula(add(mul(ofOld, spread(0, 1)), mul(ofNew, spread(2, 3))));

/** What is given for each column, or for all. */
type Given = number | readonly number[] | null;

function checkStatistic(name: string, value: unknown): Given {
  // Keras writes nested lists of one row.
  const flat = Array.isArray(value) ? value.flat(Infinity) : value;
  if (flat === null || isFloat(flat)) return flat as Given;
  if (Array.isArray(flat) && flat.length > 0 && flat.every(isFloat)) return Object.freeze(flat);
  throw new ArgumentError(
    `${name} of a Normalization layer is a finite number, or one for each column; got ${
      describe(value)
    }`,
  );
}

/**
 * A layer that normalizes columns.
 *
 * @example By the statistics of data
 * ```ts
 * import { createKernel, Normalization } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Normalization(kernel);
 * using data = kernel.tensor([4, 1], [2, 4, 6, 8]);
 * layer.adapt(data);
 * using y = layer.predict(data);
 * const values = await y.read();
 * if (Math.abs(values[0]! + 3 / Math.sqrt(5)) > 1e-6) throw new Error(`${values}`);
 * ```
 */
export class Normalization extends BaseLayer {
  /** Whether it goes back from normalized values. */
  readonly invert: boolean;
  readonly #given: { readonly mean: Given; readonly variance: Given } | null;
  #variables: { mean: LayerVariable; variance: LayerVariable; count: LayerVariable } | null = null;
  /** The statistics that were given, as tensors. */
  #tensors: { mean: Tensor; variance: Tensor } | null = null;
  #deviation: { tensor: Tensor; version: number } | null = null;
  #count = 0;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its statistics.
   * @throws {ArgumentError} where an option is unknown or not allowed, one of mean and variance is missing, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: NormalizationOptions = {}) {
    const checked = checkLayerOptions<NormalizationOptions>("Normalization", options, {
      mean: unchecked,
      variance: unchecked,
      invert: boolean,
      ...layerOptionChecks,
    });
    super(kernel, "Normalization", checked);
    checkFormulaKernel("a Normalization layer", kernel);
    const mean = checkStatistic("mean", checked.mean ?? null);
    const variance = checkStatistic("variance", checked.variance ?? null);
    if ((mean === null) !== (variance === null)) {
      throw new ArgumentError(
        "When setting values directly, both `mean` and `variance` must be set.",
      );
    }
    this.invert = checked.invert ?? false;
    this.#given = mean === null ? null : { mean, variance };
  }

  /**
   * A layer of a configuration of Keras 2 or 3.
   *
   * @throws {ArgumentError} where it is none of a Normalization, or not of the last axis.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Normalization {
    const known = ["axis", "mean", "variance", "invert"];
    const { config, base } = readLayerConfig("Normalization", given, known, options);
    const axis = Array.isArray(config.axis) && config.axis.length === 1
      ? config.axis[0]
      : config.axis === undefined
      ? -1
      : config.axis;
    if (typeof axis !== "number") {
      throw new ArgumentError(
        `a Normalization normalizes the last axis here; got the axis ${describe(config.axis)}`,
      );
    }
    const layer = new Normalization(kernel, {
      ...base,
      mean: config.mean as Given ?? null,
      variance: config.variance as Given ?? null,
      invert: config.invert === true,
    });
    layer.#axis = axis;
    return layer;
  }

  /** The axis that a configuration had, which must be the last once the rank is known. */
  #axis = -1;

  /**
   * Computes mean and variance of the columns of data, in place of those before.
   *
   * @param data One tensor, several whose rows count together, or data as `predict` takes them.
   * @throws {OwnershipError} where mean and variance were given, a tensor is disposed or of another kernel, or the layer is disposed.
   * @throws {ShapeError} where there are no rows, or other columns than before.
   * @throws {ArgumentError} where something else is given.
   */
  adapt(data: ExampleData | readonly Tensor[]): void {
    this.expectAlive();
    if (this.#given) {
      throw new OwnershipError(
        "Cannot `adapt` a Normalization layer that is initialized with static `mean` and `variance`",
      );
    }
    const listed = Array.isArray(data) && (data.length === 0 || data.some(looksLikeTensor));
    if (!listed && looksLikeData(data)) {
      const { shape, from } = readInputs(`the data of ${this.label}`, data);
      using tensor = this.kernel.tensor(shape, from as Float32Array);
      return this.adapt(tensor);
    }
    const all: readonly Tensor[] = Array.isArray(data) ? data : [data as Tensor];
    if (all.length === 0) throw new ArgumentError("adapt() takes at least one tensor");
    for (const tensor of all) {
      checkTensor(`the data of ${this.label}`, tensor);
      checkOwner(`the data of ${this.label}`, tensor, this.kernel);
      this.build(tensor.shape);
      checkInputs(this.label, tensor, this.#variables!.mean.tensor.shape[0]);
    }
    const rows = all.reduce((sum, { shape }) => sum + matrixOf(shape).rows, 0);
    if (rows === 0) throw new ShapeError(`adapt() of ${this.label} needs at least one row`);
    this.#count = 0;
    for (const tensor of all) if (tensor.size > 0) this.#add(tensor);
    this.#variables!.count.tensor.write([this.#count]);
  }

  /** Takes the rows of a tensor into the statistics. */
  #add(data: Tensor): void {
    const { kernel } = this;
    const mean = this.#variables!.mean.tensor;
    const variance = this.#variables!.variance.tensor;
    const { rows, columns } = matrixOf(data.shape);
    withTemporaries(kernel, (create) => {
      const [ofData, spreadOfData] = [create([columns]), create([columns])];
      kernel.reduce!("sum", "columns", share, [data], ofData, [1 / rows]);
      kernel.reduce!("sum", "columns", squaredShare, [data, ofData], spreadOfData, [1 / rows]);
      if (this.#count === 0) {
        kernel.copy!(ofData, mean);
        kernel.copy!(spreadOfData, variance);
      } else {
        const shares = [this.#count, rows].map((part) => part / (this.#count + rows));
        const total = create([columns]);
        kernel.map!(means, [mean, ofData], [total], shares);
        kernel.map!(variances, [variance, mean, spreadOfData, ofData, total], [variance], shares);
        kernel.copy!(total, mean);
      }
    });
    this.#count += rows;
  }

  /** Frees the statistics; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    const { mean, variance } = this.#tensors ?? {};
    for (const tensor of [mean, variance, this.#deviation?.tensor]) tensor?.[Symbol.dispose]();
    this.#tensors = this.#deviation = this.#variables = null;
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    const columns = inputsOf(this.label, inputShape);
    if (this.#axis !== -1 && this.#axis !== inputShape.length - 1) {
      throw new ShapeError(
        `${this.label} normalizes the last axis alone; got axis ${this.#axis} of ${inputShape.length}`,
      );
    }
    for (const given of [this.#given?.mean, this.#given?.variance]) {
      if (!Array.isArray(given) || given.length === columns || given.length === 1) continue;
      throw new ShapeError(
        `${this.label} has the statistics of ${given.length} columns; inputs have ${columns}`,
      );
    }
  }

  /** Makes the variables. */
  protected override createVariables(inputShape: readonly (number | null)[]): void {
    const columns = inputsOf(this.label, inputShape);
    const given = this.#given;
    if (given) {
      const make = (values: Given) =>
        keep(this.kernel.tensor(
          [columns],
          Array.isArray(values) && values.length === columns
            ? values as number[]
            : new Float32Array(columns).fill(Number(Array.isArray(values) ? values[0] : values)),
        ));
      this.#tensors = { mean: make(given.mean), variance: make(given.variance) };
      return;
    }
    const add = (name: string, shape: readonly number[], initializer: "zeros" | "ones") =>
      this.addVariable({ name, shape, initializer, seed: 0, learns: false });
    this.#variables = {
      mean: add("mean", [columns], "zeros"),
      variance: add("variance", [columns], "ones"),
      count: add("count", [1], "zeros"),
    };
  }

  /** Checks an input against what the layer was built for. */
  protected override checkBuiltInput(input: Tensor): void {
    checkInputs(this.label, input, this.inputShape?.at(-1) ?? undefined);
  }

  /** The mean and the deviation of each column. */
  #statistics(): readonly [Tensor, Tensor] {
    const { mean, variance } = this.#tensors ??
      { mean: this.#variables!.mean.tensor, variance: this.#variables!.variance.tensor };
    const { version } = variance;
    if (this.#deviation?.version !== version) {
      const tensor = this.#deviation?.tensor ?? keep(this.kernel.tensor(variance.shape));
      this.kernel.map!(deviation, [variance], [tensor]);
      this.#deviation = { tensor, version };
    }
    return [mean, this.#deviation.tensor];
  }

  /** The result, and what gradients need. */
  protected override compute(input: Tensor): Computed {
    const y = this.kernel.tensor(input.shape);
    try {
      const operands = [input, ...this.#statistics()];
      this.kernel.map!(this.invert ? backwards : forwards, operands, [y]);
    } catch (error) {
      y[Symbol.dispose]();
      throw error;
    }
    // The deviation is made of it anew where it has changed.
    return { y, weight: this.#tensors?.variance ?? this.#variables!.variance.tensor };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    if (!inputGradient) return null;
    const dx = create(pass.x.shape);
    const [, scale] = this.#statistics();
    this.kernel.map!(this.invert ? multiplied : divided, [dy, scale], [dx]);
    return dx;
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { mean = null, variance = null } = this.#given ?? {};
    return { axis: [-1], invert: this.invert, mean, variance };
  }
}
