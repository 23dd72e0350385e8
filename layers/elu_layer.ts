/**
 * ELU: Keras's layer of the exponential linear unit.
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

/** The arguments of a {@linkcode ELU} layer. */
export interface ELUOptions extends LayerOptions {
  /** What −result approaches far below 0; default 1. */
  readonly alpha?: number;
}

/**
 * An exponential linear unit: x above 0, alpha(e^x − 1) below.
 *
 * @example At least -2
 * ```ts
 * import { createKernel, ELU } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new ELU(kernel, { alpha: 2 });
 * using x = kernel.tensor([1, 3], [-2, 0, 3]);
 * using y = layer.predict(x);
 * const values = await y.read();
 * if (Math.abs(values[0]! - 2 * Math.expm1(-2)) > 1e-6) throw new Error(`${values}`);
 * ```
 */
export class ELU extends FunctionLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel cannot compute it.
   */
  constructor(kernel: Kernel, options: ELUOptions = {}) {
    const checked = checkLayerOptions<ELUOptions>("ELU", options, {
      alpha: unchecked,
      ...layerOptionChecks,
    });
    const parameters = withoutLayerOptions(checked);
    const activation = getActivation({ name: "elu", ...parameters });
    super(kernel, "ELU", activation, checked);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a ELU layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): ELU {
    const known = ["alpha"];
    return new ELU(kernel, readFunctionConfig<ELUOptions>("ELU", given, known, options));
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    const { alpha } = this.activationFunction.parameters;
    return { alpha };
  }
}
