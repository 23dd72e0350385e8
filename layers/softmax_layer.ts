/**
 * Softmax: Keras's layer of softmax, along any axis.
 *
 * @module
 */
import { checkOptions, unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { layerActivation } from "./activation_config.ts";
import { getActivation, type NamedActivation } from "./activations.ts";
import type { Axis } from "./axis_activation.ts";
import { FunctionLayer } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";

/** The arguments of a {@linkcode Softmax} layer. */
export interface SoftmaxOptions extends LayerOptions {
  /** Along which axis, several, or null for all; default −1. */
  readonly axis?: Axis;
}

/**
 * Softmax of an axis.
 *
 * @example They sum to 1
 * ```ts
 * import { createKernel, Softmax } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Softmax(kernel, {});
 * using x = kernel.tensor([1, 3], [-2, 0, 3]);
 * using y = layer.predict(x);
 * const values = await y.read();
 * if (Math.abs(values[0]! + values[1]! + values[2]! - 1) > 1e-6) throw new Error(`${values}`);
 * ```
 */
export class Softmax extends FunctionLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel cannot compute it.
   */
  constructor(kernel: Kernel, options: SoftmaxOptions = {}) {
    const { name, trainable, activityRegularizer, ...parameters } = checkOptions<
      SoftmaxOptions
    >("Softmax", options, { axis: unchecked, ...layerOptionChecks });
    const activation = getActivation({ name: "softmax", ...parameters });
    super(kernel, "Softmax", activation, {
      ...(name === undefined ? {} : { name }),
      ...(trainable === undefined ? {} : { trainable }),
      ...(activityRegularizer === undefined ? {} : { activityRegularizer }),
    });
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Softmax layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Softmax {
    const known = ["axis"];
    const { config, base } = readLayerConfig("Softmax", given, known, options);
    const own = Object.fromEntries(
      known.filter((key) => key in config).map((key) => [key, config[key]]),
    );
    const { name: _, ...parameters } = layerActivation("Softmax", own) as NamedActivation;
    return new Softmax(kernel, { ...base, ...parameters } as SoftmaxOptions);
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { axis } = this.activationFunction.parameters;
    return { axis };
  }
}
