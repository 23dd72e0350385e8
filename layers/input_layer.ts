/**
 * Input: Keras's InputLayer, which says what shape inputs have, and hands them on.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { checkOptions, unchecked } from "../common/options.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { ShapeLayer } from "./shape_layers.ts";

/** The arguments of an {@linkcode Input}. */
export interface InputOptions extends LayerOptions {
  /** The shape of one example, without the batch. */
  readonly shape: readonly (number | null)[];
  /** How many examples a batch has; default null, any number. */
  readonly batchSize?: number | null;
}

/**
 * The shape of inputs. A stack whose first layer it is, is built when it is made.
 *
 * @example
 * ```ts
 * import { createKernel, Dense, Input, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([
 *   new Input(kernel, { shape: [784] }),
 *   new Dense(kernel, { units: 10, activation: "softmax" }),
 * ]);
 * if (model.countParams() !== 7850) throw new Error(model.summary());
 * ```
 */
export class Input extends ShapeLayer {
  /** The shape with the batch, as Keras calls it. */
  readonly batchShape: readonly (number | null)[];

  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where the shape is none.
   */
  constructor(kernel: Kernel, options: InputOptions) {
    const checked = checkOptions<InputOptions>("Input", options, {
      shape: unchecked,
      batchSize: unchecked,
      ...layerOptionChecks,
    });
    super(kernel, "InputLayer", checked);
    const { shape, batchSize = null } = checked;
    const batchShape: unknown = Array.isArray(shape) ? [batchSize, ...shape] : shape;
    const isAxis = (axis: unknown) =>
      axis === null || Number.isSafeInteger(axis) && (axis as number) >= 0;
    if (!Array.isArray(batchShape) || batchShape.length < 2 || !batchShape.every(isAxis)) {
      throw new ArgumentError(
        `the shape of an Input is an array of whole numbers or null; got ${describe(shape)}`,
      );
    }
    this.batchShape = Object.freeze([...batchShape]);
    this.build(this.batchShape);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of an InputLayer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Input {
    const known = ["batch_input_shape", "sparse", "ragged", "optional", "input_dtype"];
    const { config, base } = readLayerConfig("InputLayer", given, known, options);
    const shape: unknown = config.batch_shape ?? config.batch_input_shape;
    if (!Array.isArray(shape)) {
      throw new ArgumentError(`an InputLayer needs a batch_shape; got ${describe(shape)}`);
    }
    if (config.sparse === true || config.ragged === true) {
      throw new ArgumentError("an InputLayer of sparse or ragged inputs cannot be computed here");
    }
    return new Input(kernel, { ...base, shape: shape.slice(1), batchSize: shape[0] });
  }

  /** Checks the shape of an input. */
  protected override checkInput({ shape }: Tensor): void {
    this.checkShape(shape);
  }

  /** Checks the shape of inputs. */
  protected override checkShape(shape: readonly (number | null)[]): void {
    super.checkShape(shape);
    const wanted = this.batchShape;
    const fits = (axis: number | null, i: number) =>
      axis === null || wanted[i] === null || wanted[i] === axis;
    if (shape.length === wanted.length && shape.every(fits)) return;
    const text = (axes: readonly (number | null)[]) => `[${axes.map(String).join(", ")}]`;
    throw new ShapeError(
      `Input 0 of ${this.label} is incompatible with the layer: expected shape=${
        text(wanted)
      }, found shape=${text(shape)}`,
    );
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return {
      batch_shape: [...this.batchShape],
      dtype: "float32",
      sparse: false,
      ragged: false,
      optional: false,
    };
  }
}
