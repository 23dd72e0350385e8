/**
 * BatchNormalization (Ioffe & Szegedy, ICML 2015) of the last axis, as Keras 3 has
 * it: by the batch's statistics in training, by their moving averages in use.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { boolean, unchecked } from "../common/options.ts";
import { seedOf } from "../common/random.ts";
import { matrixOf } from "../kernels/checks.ts";
import { identity } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { BaseLayer } from "./base_layer.ts";
import * as formulas from "./batch_normalization_formulas.ts";
import {
  type Constraint,
  type ConstraintLike,
  getConstraint,
  readConstraint,
} from "./constraints.ts";
import {
  checkInitializer,
  type Initializer,
  initializerConfig,
  readInitializer,
} from "./initializers.ts";
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
import { fraction, notNegative } from "./numbers.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import {
  getRegularizer,
  readRegularizer,
  type Regularizer,
  type RegularizerLike,
} from "./regularizers.ts";
import { nextSeed } from "./seeds.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** The arguments of a {@linkcode BatchNormalization} layer. */
export interface BatchNormalizationOptions extends LayerOptions {
  /** How much of the moving averages a step of training keeps; default 0.99. */
  readonly momentum?: number;
  /** What is added to variances; default 0.001. */
  readonly epsilon?: number;
  /** Whether beta is added; default true. */
  readonly center?: boolean;
  /** Whether gamma is multiplied; default true. */
  readonly scale?: boolean;
  /** The first beta; default `zeros`. */
  readonly betaInitializer?: Initializer;
  /** The first gamma; default `ones`. */
  readonly gammaInitializer?: Initializer;
  /** The first moving mean; default `zeros`. */
  readonly movingMeanInitializer?: Initializer;
  /** The first moving variance; default `ones`. */
  readonly movingVarianceInitializer?: Initializer;
  /** The penalty of beta; default none. */
  readonly betaRegularizer?: RegularizerLike | null;
  /** The penalty of gamma; default none. */
  readonly gammaRegularizer?: RegularizerLike | null;
  /** What an optimizer brings beta to; default none. */
  readonly betaConstraint?: ConstraintLike | null;
  /** What an optimizer brings gamma to; default none. */
  readonly gammaConstraint?: ConstraintLike | null;
}

/** How a variable is made. */
interface Settings {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
}

/** What the layer holds once it is built; gamma and beta are null where there are none. */
interface State {
  readonly gamma: LayerVariable | null;
  readonly beta: LayerVariable | null;
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
}

/**
 * A layer that brings each column to mean 0 and variance 1, and then to a scale
 * and a mean that it learns. Where it is not trainable, training uses the moving
 * averages too, as in Keras.
 *
 * @example Columns of a batch
 * ```ts
 * import { BatchNormalization, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new BatchNormalization(kernel, { epsilon: 0 });
 * using x = kernel.tensor([2, 2], [1, 10, 3, 50]);
 * using y = layer.forward(x);
 * if (`${await y.read()}` !== "-1,-1,1,1") throw new Error(`${await y.read()}`);
 * ```
 */
export class BatchNormalization extends BaseLayer {
  /** How much of the moving averages a step of training keeps. */
  readonly momentum: number;
  /** What is added to variances. */
  readonly epsilon: number;
  readonly #gamma: Settings | null;
  readonly #beta: Settings | null;
  readonly #mean: Initializer;
  readonly #variance: Initializer;
  /** Of first values that are random. */
  readonly #seed = nextSeed();
  #state: State | null = null;
  /** The means of those passes that used the statistics of their batch. */
  readonly #ofBatch = new WeakSet<Tensor>();

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its variables.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: BatchNormalizationOptions = {}) {
    const checked = checkLayerOptions<BatchNormalizationOptions>("BatchNormalization", options, {
      momentum: fraction,
      epsilon: notNegative,
      center: boolean,
      scale: boolean,
      betaInitializer: unchecked,
      gammaInitializer: unchecked,
      movingMeanInitializer: unchecked,
      movingVarianceInitializer: unchecked,
      betaRegularizer: unchecked,
      gammaRegularizer: unchecked,
      betaConstraint: unchecked,
      gammaConstraint: unchecked,
      ...layerOptionChecks,
    });
    super(kernel, "BatchNormalization", checked);
    checkFormulaKernel("a BatchNormalization layer", kernel);
    const { momentum = 0.99, epsilon = 0.001, center = true, scale = true } = checked;
    this.momentum = momentum;
    this.epsilon = epsilon;
    const initial = (name: keyof BatchNormalizationOptions, otherwise: Initializer) =>
      checkInitializer(`BatchNormalization's option ${name}`, checked[name] ?? otherwise);
    this.#gamma = scale
      ? {
        initializer: initial("gammaInitializer", "ones"),
        regularizer: getRegularizer(checked.gammaRegularizer ?? null),
        constraint: getConstraint(checked.gammaConstraint ?? null),
      }
      : null;
    this.#beta = center
      ? {
        initializer: initial("betaInitializer", "zeros"),
        regularizer: getRegularizer(checked.betaRegularizer ?? null),
        constraint: getConstraint(checked.betaConstraint ?? null),
      }
      : null;
    this.#mean = initial("movingMeanInitializer", "zeros");
    this.#variance = initial("movingVarianceInitializer", "ones");
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a BatchNormalization, or not of the last axis.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): BatchNormalization {
    const known = [
      ...["axis", "momentum", "epsilon", "center", "scale", "synchronized", "virtual_batch_size"],
      ...["beta_initializer", "gamma_initializer", "moving_mean_initializer"],
      ...["moving_variance_initializer", "beta_regularizer", "gamma_regularizer"],
      ...["beta_constraint", "gamma_constraint", "renorm", "renorm_clipping", "renorm_momentum"],
      "fused",
    ];
    const { config, base } = readLayerConfig("BatchNormalization", given, known, options);
    if (config.renorm === true || (config.virtual_batch_size ?? null) !== null) {
      throw new ArgumentError(
        "a BatchNormalization with renorm or virtual_batch_size cannot be computed here",
      );
    }
    const initializer = (key: string) =>
      readInitializer(`${key} of BatchNormalization`, config[key]);
    const made: Record<string, unknown> = {
      momentum: config.momentum,
      epsilon: config.epsilon,
      center: config.center,
      scale: config.scale,
      betaInitializer: initializer("beta_initializer"),
      gammaInitializer: initializer("gamma_initializer"),
      movingMeanInitializer: initializer("moving_mean_initializer"),
      movingVarianceInitializer: initializer("moving_variance_initializer"),
      betaRegularizer: readRegularizer(config.beta_regularizer),
      gammaRegularizer: readRegularizer(config.gamma_regularizer),
      betaConstraint: readConstraint(config.beta_constraint),
      gammaConstraint: readConstraint(config.gamma_constraint),
    };
    const layer = new BatchNormalization(kernel, { ...base, ...made });
    layer.#axis = config.axis ?? -1;
    return layer;
  }

  /** The axis that a configuration had, which must be the last once the rank is known. */
  #axis: unknown = -1;

  /** Frees the variables; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#state = null;
  }

  /**
   * Writes what the layer does in use as x · factor + shift, of each column.
   *
   * @param factor [columns].
   * @param shift [columns].
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  writeAffine(factor: Tensor, shift: Tensor): void {
    this.expectBuilt("writeAffine()");
    const { kernel, epsilon } = this;
    const { gamma, beta, movingMean, movingVariance } = this.#state!;
    kernel.map!(formulas.inverse, [movingVariance.tensor], [factor], [epsilon]);
    if (gamma) kernel.map!(formulas.product, [factor, gamma.tensor], [factor]);
    kernel.map!(formulas.shift, [movingMean.tensor, factor], [shift]);
    if (beta) kernel.map!(formulas.sum, [shift, beta.tensor], [shift]);
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    inputsOf(this.label, inputShape);
    const axis = Array.isArray(this.#axis) && this.#axis.length === 1 ? this.#axis[0] : this.#axis;
    if (axis === -1 || axis === inputShape.length - 1) return;
    throw new ShapeError(
      `${this.label} normalizes the last axis alone; got axis ${
        describe(axis)
      } of ${inputShape.length}`,
    );
  }

  /** Makes the variables. */
  protected override createVariables(inputShape: readonly (number | null)[]): void {
    const shape = [inputsOf(this.label, inputShape)];
    const add = (name: string, settings: Settings | null) =>
      settings && this.addVariable({ ...settings, name, shape, seed: seedOf(name, this.#seed) });
    const statistic = (name: string, initializer: Initializer) => {
      const seed = seedOf(name, this.#seed);
      return this.addVariable({ name, shape, initializer, seed, learns: false });
    };
    this.#state = {
      gamma: add("gamma", this.#gamma),
      beta: add("beta", this.#beta),
      movingMean: statistic("moving_mean", this.#mean),
      movingVariance: statistic("moving_variance", this.#variance),
    };
  }

  /** Checks an input against what the layer was built for. */
  protected override checkBuiltInput(x: Tensor): void {
    checkInputs(this.label, x, this.#state!.movingMean.tensor.shape[0]);
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor, training: boolean): Computed {
    const { kernel, epsilon, momentum } = this;
    const { gamma, beta, movingMean, movingVariance } = this.#state!;
    const { rows, columns } = matrixOf(x.shape);
    // A batch of no rows has no statistics.
    const ofBatch = training && this.trainable && rows > 0;
    const made: Tensor[] = [];
    const create = (shape: readonly number[]) => {
      const tensor = kernel.tensor(shape);
      made.push(tensor);
      return tensor;
    };
    try {
      const y = create(x.shape);
      const [mean, inverse] = [create([columns]), create([columns])];
      if (ofBatch) {
        const variance = create([columns]);
        kernel.reduce!("sum", "columns", formulas.share, [x], mean, [1 / rows]);
        kernel.reduce!("sum", "columns", formulas.squaredShare, [x, mean], variance, [1 / rows]);
        const moved = [momentum, 1 - momentum];
        kernel.map!(formulas.moved, [movingMean.tensor, mean], [movingMean.tensor], moved);
        kernel.map!(
          formulas.moved,
          [movingVariance.tensor, variance],
          [movingVariance.tensor],
          moved,
        );
        kernel.map!(formulas.inverse, [variance], [inverse], [epsilon]);
        variance[Symbol.dispose]();
      } else {
        kernel.copy!(movingMean.tensor, mean);
        kernel.map!(formulas.inverse, [movingVariance.tensor], [inverse], [epsilon]);
      }
      const factor = create([columns]);
      if (gamma) kernel.map!(formulas.product, [inverse, gamma.tensor], [factor]);
      else kernel.copy!(inverse, factor);
      if (beta) kernel.map!(formulas.centredAndShifted, [x, mean, factor, beta.tensor], [y]);
      else kernel.map!(formulas.centred, [x, mean, factor], [y]);
      factor[Symbol.dispose]();
      if (ofBatch) this.#ofBatch.add(mean);
      if (training) return { y, kept: [mean, inverse], weight: gamma?.tensor ?? null };
      mean[Symbol.dispose]();
      inverse[Symbol.dispose]();
      return { y };
    } catch (error) {
      for (const tensor of made) tensor[Symbol.dispose]();
      throw error;
    }
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    const { kernel } = this;
    const { gamma, beta } = this.#state!;
    const { x, kept } = pass;
    const [mean, inverse] = kept as [Tensor, Tensor];
    const { rows, columns } = matrixOf(x.shape);
    const ofGamma = gamma && this.learns(gamma) ? gamma.gradientTensor(create) : null;
    const ofBeta = beta && this.learns(beta) ? beta.gradientTensor(create) : null;
    const dx = inputGradient ? create(x.shape) : null;
    const [sumOfDy, sumOfProducts, factor] = [0, 1, 2].map(() => kernel.tensor([columns]));
    try {
      kernel.reduce!("sum", "columns", identity, [dy], sumOfDy!);
      kernel.reduce!(
        "sum",
        "columns",
        formulas.normalizedProduct,
        [x, dy, mean, inverse],
        sumOfProducts!,
      );
      if (ofGamma) kernel.copy!(sumOfProducts!, ofGamma);
      if (ofBeta) kernel.copy!(sumOfDy!, ofBeta);
      if (dx) {
        if (gamma) kernel.map!(formulas.product, [inverse, gamma.tensor], [factor!]);
        else kernel.copy!(inverse, factor!);
        if (this.#ofBatch.has(mean)) {
          const operands = [x, dy, mean, inverse, factor!, sumOfDy!, sumOfProducts!];
          kernel.map!(formulas.inputGradient, operands, [dx], [1 / rows]);
        } else kernel.map!(formulas.scaled, [dy, factor!], [dx]);
      }
    } finally {
      for (const tensor of [sumOfDy, sumOfProducts, factor]) tensor![Symbol.dispose]();
    }
    if (ofGamma) gamma!.setGradient(ofGamma);
    if (ofBeta) beta!.setGradient(ofBeta);
    return dx;
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const [gamma, beta] = [this.#gamma, this.#beta];
    return {
      axis: -1,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: beta !== null,
      scale: gamma !== null,
      beta_initializer: initializerConfig(beta?.initializer ?? "zeros"),
      gamma_initializer: initializerConfig(gamma?.initializer ?? "ones"),
      moving_mean_initializer: initializerConfig(this.#mean),
      moving_variance_initializer: initializerConfig(this.#variance),
      beta_regularizer: beta?.regularizer?.getConfig() ?? null,
      gamma_regularizer: gamma?.regularizer?.getConfig() ?? null,
      beta_constraint: beta?.constraint?.getConfig() ?? null,
      gamma_constraint: gamma?.constraint?.getConfig() ?? null,
      synchronized: false,
    };
  }
}
