/**
 * PReLU (He et al., ICCV 2015): a rectifier whose slope below 0 is learnt, one for
 * each element of an example.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { seedNumber, unchecked } from "../common/options.ts";
import {
  choose,
  max,
  min,
  mul,
  neg,
  operand,
  perColumn,
  sub,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { BaseLayer } from "./base_layer.ts";
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
import { inputsOf } from "./layer_checks.ts";
import {
  checkLayerOptions,
  type Computed,
  type GradientRequest,
  layerOptionChecks,
  type LayerOptions,
} from "./layer_options.ts";
import type { LayerVariable } from "./layer_variable.ts";
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

/** The arguments of a {@linkcode PReLU} layer. */
export interface PReLUOptions extends LayerOptions {
  /** The first slopes; default `zeros`. */
  readonly alphaInitializer?: Initializer;
  /** The penalty of the slopes; default none. */
  readonly alphaRegularizer?: RegularizerLike | null;
  /** What an optimizer brings the slopes to after each update; default none. */
  readonly alphaConstraint?: ConstraintLike | null;
  /** The seed of random first slopes. */
  readonly seed?: number;
}

const [x, dy] = [operand(0), operand(1)];
const value = formula(sub(max(x, 0), mul(perColumn(1), max(neg(x), 0))));
const gradients = formula(
  choose("less", 0, x, dy, mul(perColumn(2), dy)),
);
const slopeGradient = formula(mul(dy, min(x, 0)));

/**
 * A rectifier with slopes that are learnt, for inputs [batch, columns].
 *
 * @example
 * ```ts
 * import { createKernel, PReLU } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new PReLU(kernel, { alphaInitializer: [0.5, 0.25] });
 * using x = kernel.tensor([2, 2], [-2, -4, 2, 4]);
 * using y = layer.predict(x);
 * if (`${await y.read()}` !== "-1,-1,2,4") throw new Error("not its slopes");
 * ```
 */
export class PReLU extends BaseLayer {
  readonly #initializer: Initializer;
  readonly #regularizer: Regularizer | null;
  readonly #constraint: Constraint | null;
  readonly #seed: number;
  #alpha: LayerVariable | null = null;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its slopes.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: PReLUOptions = {}) {
    const checked = checkLayerOptions<PReLUOptions>("PReLU", options, {
      alphaInitializer: unchecked,
      alphaRegularizer: unchecked,
      alphaConstraint: unchecked,
      seed: seedNumber,
      ...layerOptionChecks,
    });
    super(kernel, "PReLU", checked);
    checkFormulaKernel("a PReLU layer", kernel);
    const { alphaInitializer = "zeros", alphaRegularizer, alphaConstraint, seed } = checked;
    this.#initializer = checkInitializer("PReLU's option alphaInitializer", alphaInitializer);
    this.#regularizer = getRegularizer(alphaRegularizer ?? null);
    this.#constraint = getConstraint(alphaConstraint ?? null);
    this.#seed = seed ?? nextSeed();
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a PReLU layer, or shares slopes between axes.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): PReLU {
    const known = ["alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes"];
    const { config, base } = readLayerConfig("PReLU", given, known, options);
    const { shared_axes } = config;
    if (Array.isArray(shared_axes) ? shared_axes.length > 0 : (shared_axes ?? null) !== null) {
      throw new ArgumentError(
        "a PReLU layer that shares slopes between axes cannot be computed here",
      );
    }
    const initializer = readInitializer("alpha_initializer of PReLU", config.alpha_initializer);
    return new PReLU(kernel, {
      ...base,
      ...(initializer === undefined ? {} : { alphaInitializer: initializer }),
      alphaRegularizer: readRegularizer(config.alpha_regularizer),
      alphaConstraint: readConstraint(config.alpha_constraint),
    });
  }

  /** Frees the slopes; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#alpha = null;
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    inputsOf(this.label, inputShape);
    if (inputShape.length === 2) return;
    throw new ArgumentError(
      `${this.label} takes inputs [batch, columns]; got a shape of ${inputShape.length} axes`,
    );
  }

  /** Checks the shape of an input. */
  protected override checkInput({ shape }: Tensor): void {
    this.checkShape(shape);
  }

  /** Makes the variables. */
  protected override createVariables(inputShape: readonly (number | null)[]): void {
    this.#alpha = this.addVariable({
      name: "alpha",
      shape: [inputsOf(this.label, inputShape)],
      initializer: this.#initializer,
      seed: this.#seed,
      regularizer: this.#regularizer,
      constraint: this.#constraint,
    });
  }

  /** The result, and what gradients need. */
  protected override compute(input: Tensor): Computed {
    const { kernel } = this;
    const weight = this.#alpha!.tensor;
    const y = kernel.tensor(input.shape);
    try {
      kernel.map!(value, [input, weight], [y]);
    } catch (error) {
      y[Symbol.dispose]();
      throw error;
    }
    return { y, weight };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    const { kernel } = this;
    const alpha = this.#alpha!;
    const ofAlpha = this.learns(alpha) ? alpha.gradientTensor(create) : null;
    const dx = inputGradient ? create(pass.x.shape) : null;
    if (ofAlpha) kernel.reduce!("sum", "columns", slopeGradient, [pass.x, dy], ofAlpha);
    if (dx) kernel.map!(gradients, [pass.x, dy, alpha.tensor], [dx]);
    if (ofAlpha) alpha.setGradient(ofAlpha);
    return dx;
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return {
      alpha_initializer: initializerConfig(this.#initializer),
      alpha_regularizer: this.#regularizer?.getConfig() ?? null,
      alpha_constraint: this.#constraint?.getConfig() ?? null,
      shared_axes: null,
    };
  }
}
