/**
 * LeakyReLU: Keras's layer of the leaky rectifier, whose slope is 0.3 by default, and 0.2 that of the function.
 *
 * @module
 */
import { unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { getActivation } from "./activations.ts";
import { FunctionLayer, readFunctionConfig, withoutLayerOptions } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
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
    const checked = checkLayerOptions<LeakyReLUOptions>("LeakyReLU", options, {
      negativeSlope: unchecked,
      ...layerOptionChecks,
    });
    const parameters = withoutLayerOptions(checked);
    const activation = getActivation({ name: "leaky_relu", negativeSlope: 0.3, ...parameters });
    super(kernel, "LeakyReLU", activation, checked);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a LeakyReLU layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): LeakyReLU {
    const known = ["negative_slope", "alpha"];
    return new LeakyReLU(
      kernel,
      readFunctionConfig<LeakyReLUOptions>("LeakyReLU", given, known, options),
    );
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { negativeSlope } = this.activationFunction.parameters;
    return { negative_slope: negativeSlope };
  }
}
