/**
 * Softmax: Keras's layer of softmax, along any axis.
 *
 * @module
 */
import { unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { getActivation } from "./activations.ts";
import type { Axis } from "./axis_activation.ts";
import { FunctionLayer, readFunctionConfig, withoutLayerOptions } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
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
    const checked = checkLayerOptions<SoftmaxOptions>("Softmax", options, {
      axis: unchecked,
      ...layerOptionChecks,
    });
    const parameters = withoutLayerOptions(checked);
    const activation = getActivation({ name: "softmax", ...parameters });
    super(kernel, "Softmax", activation, checked);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Softmax layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Softmax {
    const known = ["axis"];
    return new Softmax(
      kernel,
      readFunctionConfig<SoftmaxOptions>("Softmax", given, known, options),
    );
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { axis } = this.activationFunction.parameters;
    return { axis };
  }
}
