/**
 * ReLU: Keras's layer of the rectifier, with a slope, a highest value and a threshold.
 *
 * @module
 */
import { unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { getActivation } from "./activations.ts";
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { FunctionLayer, readFunctionConfig, withoutLayerOptions } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import type { ReadOptions } from "./read_options.ts";

/** The arguments of a {@linkcode ReLU} layer. */
export interface ReLUOptions extends LayerOptions {
  /** The slope below the threshold, >= 0; default 0. */
  readonly negativeSlope?: number;
  /** The highest value, >= 0; default null, none. */
  readonly maxValue?: number | null;
  /** Up to where the slope is, >= 0; default 0. */
  readonly threshold?: number;
}

/**
 * A rectifier: x above the threshold, at most the highest value; slope · (x − threshold) below.
 *
 * @example At most 2
 * ```ts
 * import { createKernel, ReLU } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new ReLU(kernel, { maxValue: 2, negativeSlope: 0.5 });
 * using x = kernel.tensor([1, 3], [-2, 0, 3]);
 * using y = layer.predict(x);
 * const values = await y.read();
 * if (`${values}` !== "-1,0,2") throw new Error(`${values}`);
 * ```
 */
export class ReLU extends FunctionLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel cannot compute it.
   */
  constructor(kernel: Kernel, options: ReLUOptions = {}) {
    const checked = checkLayerOptions<ReLUOptions>("ReLU", options, {
      negativeSlope: unchecked,
      maxValue: unchecked,
      threshold: unchecked,
      ...layerOptionChecks,
    });
    const parameters = withoutLayerOptions(checked);
    // Keras's layer checks what its function does not.
    for (const [key, value] of Object.entries(parameters)) {
      if (key === "maxValue" && value === null || typeof value === "number" && value >= 0) continue;
      throw new ArgumentError(
        `${key} of a ReLU layer cannot be negative value. Received: ${describe(value)}`,
      );
    }
    const activation = getActivation({ name: "relu", ...parameters });
    super(kernel, "ReLU", activation, checked);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a ReLU layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): ReLU {
    const known = ["max_value", "negative_slope", "threshold"];
    return new ReLU(kernel, readFunctionConfig<ReLUOptions>("ReLU", given, known, options));
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { maxValue, negativeSlope, threshold } = this.activationFunction.parameters;
    return { max_value: maxValue, negative_slope: negativeSlope, threshold };
  }
}
