/**
 * A base of layers whose result is an activation of each element, or of each row,
 * and which have no variables.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction } from "./activation_function.ts";
import { layerActivation } from "./activation_config.ts";
import { BaseLayer } from "./base_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import type { Computed, GradientRequest, LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";

/** Of a layer's options those that its activation has: all but the ones of every layer. */
export function withoutLayerOptions<O extends LayerOptions>(
  { name: _, trainable: _t, activityRegularizer: _a, ...parameters }: O,
): Omit<O, keyof LayerOptions> {
  return parameters;
}

/**
 * The options of a layer that is an activation with parameters, of a configuration.
 *
 * @param known The names of the parameters.
 * @throws {ArgumentError} where it is of another class, or an argument is unknown.
 */
export function readFunctionConfig<O extends LayerOptions>(
  className: string,
  given: KerasConfig,
  known: readonly string[],
  options?: ReadOptions,
): O {
  const { config, base } = readLayerConfig(className, given, known, options);
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => known.includes(key)));
  const { name: _, ...parameters } = layerActivation(className, own);
  return { ...base, ...parameters } as LayerOptions as O;
}

/** A layer that is one activation. */
export abstract class FunctionLayer extends BaseLayer {
  /** What is applied to the input. */
  readonly activationFunction: ActivationFunction;

  /**
   * Makes it.
   *
   * @param className Its name in Keras.
   */
  constructor(
    kernel: Kernel,
    className: string,
    activation: ActivationFunction,
    options: LayerOptions,
  ) {
    super(kernel, className, options);
    activation.check(kernel);
    this.activationFunction = activation;
  }

  /** The kernel's activation that it is; null for others, and where results have a penalty, whose gradient is by them. */
  override get outputActivation(): Activation | null {
    return this.activityRegularizer ? null : this.activationFunction.ofKernel;
  }

  /** The shape of the result for inputs of this shape. */
  override computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    const shape = super.computeOutputShape(inputShape);
    const last = shape.at(-1);
    if (typeof last === "number") {
      shape[shape.length - 1] = this.activationFunction.outputColumns(last);
    }
    return shape;
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor): Computed {
    const { kernel, activationFunction: f } = this;
    const y = kernel.tensor(this.computeOutputShape(x.shape) as number[]);
    try {
      f.apply(kernel, x, y);
    } catch (error) {
      y[Symbol.dispose]();
      throw error;
    }
    return { y };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, beforeActivation, create }: GradientRequest,
  ): Tensor | null {
    if (!inputGradient) return null;
    const { kernel } = this;
    const dz = create(pass.x.shape);
    // A tensor of its own, since dy is the caller's.
    if (beforeActivation) kernel.activate("linear", dy, dz);
    else this.activationFunction.gradient(kernel, { z: pass.x, y: pass.y, dy, dz });
    return dz;
  }
}
