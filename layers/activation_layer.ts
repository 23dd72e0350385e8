/**
 * ActivationLayer: Keras's Activation, which applies one by name.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { activationConfig, readActivation } from "./activation_config.ts";
import { type ActivationLike, getActivation } from "./activations.ts";
import { FunctionLayer } from "./function_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";

/** The arguments of an {@linkcode ActivationLayer}. */
export interface ActivationLayerOptions extends LayerOptions {
  /** What is applied to the input. */
  readonly activation: ActivationLike;
}

/**
 * A layer that applies an activation.
 *
 * @example After a layer without one
 * ```ts
 * import { ActivationLayer, createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([
 *   new Dense(kernel, { units: 1, kernelInitializer: "ones" }),
 *   new ActivationLayer(kernel, { activation: "softsign" }),
 * ]);
 * using x = kernel.tensor([1, 2], [1, 2]);
 * using y = model.predict(x);
 * if ((await y.read())[0] !== 0.75) throw new Error("3/(1 + 3)");
 * ```
 */
export class ActivationLayer extends FunctionLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where the activation is unknown, or the kernel cannot compute it.
   */
  constructor(kernel: Kernel, options: ActivationLayerOptions) {
    const checked = checkLayerOptions<ActivationLayerOptions>("ActivationLayer", options, {
      activation: unchecked,
      ...layerOptionChecks,
    });
    super(kernel, "Activation", getActivation(checked.activation), checked);
  }

  /**
   * A layer of a configuration of Keras or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of an Activation.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): ActivationLayer {
    const { config, version, base } = readLayerConfig("Activation", given, ["activation"], options);
    const activation = readActivation(config.activation, version, options);
    if (activation === null) {
      throw new ArgumentError("the configuration of an Activation has no activation");
    }
    return new ActivationLayer(kernel, { ...base, activation });
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return { activation: activationConfig(this.activationFunction) };
  }
}
