/**
 * Rescaling: Keras's layer x · scale + offset, as of pixels to [−1, 1].
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { unchecked } from "../common/options.ts";
import { add, mul, operand, parameter, perColumn } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import { BaseLayer } from "./base_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import {
  checkLayerOptions,
  type Computed,
  type GradientRequest,
  layerOptionChecks,
  type LayerOptions,
} from "./layer_options.ts";
import { isFloat } from "./numbers.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** The arguments of a {@linkcode Rescaling} layer. */
export interface RescalingOptions extends LayerOptions {
  /** What inputs are multiplied by: one number, also as a list of one, or one for each column. */
  readonly scale: number | readonly number[];
  /** What is added then; default 0. */
  readonly offset?: number | readonly number[];
}

const x = operand(0);
const byNumbers = formula(add(mul(x, parameter(0)), parameter(1)));
const byColumns = formula(add(mul(x, perColumn(1)), perColumn(2)));
const backByNumber = formula(mul(x, parameter(0)));
const backByColumns = formula(mul(x, perColumn(1)));

function checkNumbers(name: string, value: unknown): number | readonly number[] {
  if (isFloat(value)) return value as number;
  if (Array.isArray(value) && value.length > 0 && value.every(isFloat)) {
    return Object.freeze([...value]);
  }
  throw new ArgumentError(
    `${name} of a Rescaling layer is a finite number, or one for each column; got ${
      describe(value)
    }`,
  );
}

/**
 * A layer that multiplies and adds.
 *
 * @example Pixels to [−1, 1]
 * ```ts
 * import { createKernel, Rescaling } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Rescaling(kernel, { scale: 2 / 255, offset: -1 });
 * using x = kernel.tensor([1, 2], [0, 255]);
 * using y = layer.predict(x);
 * if (`${await y.read()}` !== "-1,1") throw new Error("not in [-1, 1]");
 * ```
 */
export class Rescaling extends BaseLayer {
  /** What inputs are multiplied by. */
  readonly scale: number | readonly number[];
  /** What is added then. */
  readonly offset: number | readonly number[];
  /** Scale and offset of each column, where they are not numbers. */
  #columns: readonly [Tensor, Tensor] | null = null;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where an option is unknown or not allowed, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: RescalingOptions) {
    const checked = checkLayerOptions<RescalingOptions>("Rescaling", options, {
      scale: unchecked,
      offset: unchecked,
      ...layerOptionChecks,
    });
    super(kernel, "Rescaling", checked);
    checkFormulaKernel("a Rescaling layer", kernel);
    this.scale = checkNumbers("scale", checked.scale);
    this.offset = checkNumbers("offset", checked.offset ?? 0);
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Rescaling layer.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Rescaling {
    const { config, base } = readLayerConfig("Rescaling", given, ["scale", "offset"], options);
    const { scale, offset = 0 } = config;
    return new Rescaling(kernel, { ...base, scale: scale as number, offset: offset as number });
  }

  /** Frees what is kept of scale and offset; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    for (const tensor of this.#columns ?? []) tensor[Symbol.dispose]();
    this.#columns = null;
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    super.checkShape(inputShape);
    for (const given of [this.scale, this.offset]) {
      if (typeof given === "number" || [1, inputShape.at(-1)].includes(given.length)) continue;
      throw new ShapeError(
        `${this.label} has ${given.length} numbers for the columns of inputs, of which there are ${
          inputShape.at(-1)
        }`,
      );
    }
  }

  /** Checks the shape of an input. */
  protected override checkInput({ shape }: Tensor): void {
    this.checkShape(shape);
  }

  /** The result, and what gradients need. */
  protected override compute(input: Tensor): Computed {
    const { kernel, scale, offset } = this;
    const y = kernel.tensor(input.shape);
    try {
      if (typeof scale === "number" && typeof offset === "number") {
        kernel.map!(byNumbers, [input], [y], [scale, offset]);
      } else kernel.map!(byColumns, [input, ...this.#vectors(input.shape.at(-1)!)], [y]);
    } catch (error) {
      y[Symbol.dispose]();
      throw error;
    }
    return { y };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    if (!inputGradient) return null;
    const { kernel, scale } = this;
    const dx = create(pass.x.shape);
    if (typeof scale === "number") kernel.map!(backByNumber, [dy], [dx], [scale]);
    else kernel.map!(backByColumns, [dy, this.#vectors(dx.shape.at(-1)!)[0]], [dx]);
    return dx;
  }

  #vectors(columns: number): readonly [Tensor, Tensor] {
    if (this.#columns) return this.#columns;
    const make = (given: number | readonly number[]) => {
      const numbers = typeof given === "number" ? [given] : given;
      const values = numbers.length === columns
        ? numbers
        : new Float32Array(columns).fill(numbers[0]!);
      return keep(this.kernel.tensor([columns], values));
    };
    return this.#columns = [make(this.scale), make(this.offset)];
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return { scale: this.scale, offset: this.offset };
  }
}
