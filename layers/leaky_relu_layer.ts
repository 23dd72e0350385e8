/**
 * LeakyReLU: Keras's layer of the leaky rectifier, whose slope is 0.3 by default, and 0.2 that of the function.
 *
 * @module
 */
import { checkOptions, unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { layerActivation } from "./activation_config.ts";
import { getActivation, type NamedActivation } from "./activations.ts";
import { FunctionLayer } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";

/** The arguments of a {@linkcode LeakyReLU} layer. */
export interface LeakyReLUOptions extends LayerOptions {
  /** The slope below 0; default 0.3. */
  readonly negativeSlope?: number;
}

/**
 * A leaky rectifier: x above 0, slope · x below. Its default slope is 0.3; the activation leaky_relu has 0.2.
 *
 * @example Half below 0
 * ```ts
 * import { createKernel, LeakyReLU } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new LeakyReLU(kernel, { negativeSlope: 0.5 });
 * using x = kernel.tensor([1, 3], [-2, 0, 3]);
 * using y = layer.predict(x);
 * const values = await y.read();
 * if (`${values}` !== "-1,0,3") throw new Error(`${values}`);
 * ```
 */
export class LeakyReLU extends FunctionLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel cannot compute it.
   */
  constructor(kernel: Kernel, options: LeakyReLUOptions = {}) {
    const { name, trainable, activityRegularizer, ...parameters } = checkOptions<
      LeakyReLUOptions
    >("LeakyReLU", options, { negativeSlope: unchecked, ...layerOptionChecks });
    const activation = getActivation({ name: "leaky_relu", negativeSlope: 0.3, ...parameters });
    super(kernel, "LeakyReLU", activation, {
      ...(name === undefined ? {} : { name }),
      ...(trainable === undefined ? {} : { trainable }),
      ...(activityRegularizer === undefined ? {} : { activityRegularizer }),
    });
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a LeakyReLU layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): LeakyReLU {
    const known = ["negative_slope", "alpha"];
    const { config, base } = readLayerConfig("LeakyReLU", given, known, options);
    const own = Object.fromEntries(
      known.filter((key) => key in config).map((key) => [key, config[key]]),
    );
    const { name: _, ...parameters } = layerActivation("LeakyReLU", own) as NamedActivation;
    return new LeakyReLU(kernel, { ...base, ...parameters } as LeakyReLUOptions);
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { negativeSlope } = this.activationFunction.parameters;
    return { negative_slope: negativeSlope };
  }
}
