/**
 * Flatten: Keras's layer that makes one axis of all but the first.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { ShapeLayer } from "./shape_layers.ts";

/**
 * A layer that makes [batch, all others] of its input.
 *
 * @example
 * ```ts
 * import { createKernel, Flatten } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Flatten(kernel);
 * using x = kernel.tensor([2, 3, 4]);
 * using y = layer.predict(x);
 * if (`${y.shape}` !== "2,12") throw new Error(`${y.shape}`);
 * ```
 */
export class Flatten extends ShapeLayer {
  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: LayerOptions = {}) {
    super(
      kernel,
      "Flatten",
      checkLayerOptions<LayerOptions>("Flatten", options, layerOptionChecks),
    );
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Flatten layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Flatten {
    const { config, base } = readLayerConfig("Flatten", given, ["data_format"], options);
    const format = config.data_format ?? "channels_last";
    if (format !== "channels_last") {
      throw new ArgumentError(
        `Flatten here keeps the order of elements, channels_last; got ${describe(format)}`,
      );
    }
    return new Flatten(kernel, base);
  }

  /** The shape of the result for inputs of this shape. */
  override computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    this.checkShape(inputShape);
    const [batch = null, ...others] = inputShape;
    return [
      batch,
      others.reduce<number | null>(
        (product, axis) => product === null || axis === null ? null : product * axis,
        1,
      ),
    ];
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return { data_format: "channels_last" };
  }
}
