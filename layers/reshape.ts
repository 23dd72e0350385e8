/**
 * Reshape: Keras's layer that gives examples another shape of as many elements.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { unchecked } from "../common/options.ts";
import type { Kernel } from "../kernels/kernel.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { ShapeLayer } from "./shape_layers.ts";

/** The arguments of a {@linkcode Reshape} layer. */
export interface ReshapeOptions extends LayerOptions {
  /** The shape of one example of the result, of which one axis may be −1 for what is left. */
  readonly targetShape: readonly number[];
}

/**
 * A layer that gives examples another shape.
 *
 * @example
 * ```ts
 * import { createKernel, Reshape } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Reshape(kernel, { targetShape: [3, -1] });
 * using x = kernel.tensor([2, 12]);
 * using y = layer.predict(x);
 * if (`${y.shape}` !== "2,3,4") throw new Error(`${y.shape}`);
 * ```
 */
export class Reshape extends ShapeLayer {
  /** The shape of one example of the result. */
  readonly targetShape: readonly number[];

  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where the shape is none, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: ReshapeOptions) {
    const checked = checkLayerOptions<ReshapeOptions>("Reshape", options, {
      targetShape: unchecked,
      ...layerOptionChecks,
    });
    super(kernel, "Reshape", checked);
    const shape: unknown = checked.targetShape;
    const isShape = Array.isArray(shape) && shape.length > 0 &&
      shape.every((axis) => Number.isSafeInteger(axis) && axis >= -1) &&
      shape.filter((axis) => axis === -1).length <= 1;
    if (!isShape) {
      throw new ArgumentError(
        `the targetShape of a Reshape layer is an array of whole numbers, of which one may be -1; got ${
          Array.isArray(shape)
            ? `[${shape.map((axis) => describe(axis)).join(", ")}]`
            : describe(shape)
        }`,
      );
    }
    this.targetShape = Object.freeze([...shape]);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Reshape layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Reshape {
    const { config, base } = readLayerConfig("Reshape", given, ["target_shape"], options);
    return new Reshape(kernel, { ...base, targetShape: config.target_shape as number[] });
  }

  /** The shape of the result for inputs of this shape. */
  override computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    this.checkShape(inputShape);
    const [batch = null, ...others] = inputShape;
    const { targetShape } = this;
    const known = targetShape.reduce((product, axis) => axis === -1 ? product : product * axis, 1);
    if (others.includes(null)) {
      return [batch, ...targetShape.map((axis) => axis === -1 ? null : axis)];
    }
    const size = (others as number[]).reduce((product, axis) => product * axis, 1);
    const open = targetShape.includes(-1);
    if (open ? known === 0 || size % known !== 0 : size !== known) {
      throw new ShapeError(
        `The total size of the tensor must be unchanged. ${this.label} received: input_shape=[${
          others.join(", ")
        }], target_shape=[${targetShape.join(", ")}]`,
      );
    }
    return [batch, ...targetShape.map((axis) => axis === -1 ? size / known : axis)];
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return { target_shape: [...this.targetShape] };
  }
}
