/**
 * Dropout (Srivastava et al., JMLR 2014), as Keras has it: in training some
 * elements are 0 and the others larger; in use nothing happens. Which ones, a
 * seed says.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { seedNumber, unchecked } from "../common/options.ts";
import { createRandom, seedOf } from "../common/random.ts";
import { mul, operand } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { BaseLayer } from "./base_layer.ts";
import type { KerasConfig } from "./keras_objects.ts";
import {
  checkLayerOptions,
  type Computed,
  type GradientRequest,
  layerOptionChecks,
  type LayerOptions,
} from "./layer_options.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { nextSeed } from "./seeds.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** The arguments of a {@linkcode Dropout} layer. */
export interface DropoutOptions extends LayerOptions {
  /** The share of elements that are 0 in training, from 0 to 1. */
  readonly rate: number;
  /** Which elements, a whole number in [0, 2^32); by default a fresh one for each layer, see {@linkcode setRandomSeed}. */
  readonly seed?: number;
}

const masked = formula(mul(operand(0), operand(1)));

/**
 * A layer that leaves elements out in training.
 *
 * @example Only in training
 * ```ts
 * import { createKernel, Dropout } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dropout(kernel, { rate: 0.5, seed: 1 });
 * using x = kernel.tensor([1, 8], new Float32Array(8).fill(1));
 * using used = layer.predict(x);
 * using trained = layer.forward(x);
 * const [all, some] = [await used.read(), await trained.read()];
 * if (all.includes(0) || !some.includes(0) || !some.includes(2)) throw new Error(`${some}`);
 * ```
 */
export class Dropout extends BaseLayer {
  /** The share of elements that are 0 in training. */
  readonly rate: number;
  /** The seed: what was given, or what was drawn. */
  readonly seed: number;
  /** How many passes of training there were, so that each leaves out others. */
  #passes = 0;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer.
   * @throws {ArgumentError} where the rate is not from 0 to 1, or the kernel computes no formulas.
   */
  constructor(kernel: Kernel, options: DropoutOptions) {
    const checked = checkLayerOptions<DropoutOptions>("Dropout", options, {
      rate: unchecked,
      seed: seedNumber,
      ...layerOptionChecks,
    });
    super(kernel, "Dropout", checked);
    checkFormulaKernel("a Dropout layer", kernel);
    const { rate, seed } = checked;
    if (!(typeof rate === "number" && rate >= 0 && rate <= 1)) {
      throw new ArgumentError(
        `Invalid value received for argument \`rate\`. Expected a float value between 0 and 1. Received: rate=${
          describe(rate)
        }`,
      );
    }
    this.rate = rate;
    this.seed = seed ?? nextSeed();
  }

  /**
   * A layer of a configuration of Keras 2 or 3, or TensorFlow.js.
   *
   * @throws {ArgumentError} where it is none of a Dropout layer, or leaves out whole rows or columns.
   */
  static fromConfig(kernel: Kernel, given: KerasConfig, options?: ReadOptions): Dropout {
    const { config, base } = readLayerConfig("Dropout", given, ["rate", "seed"], options);
    const { rate, seed } = config;
    return new Dropout(kernel, {
      ...base,
      rate: rate as number,
      ...(Number.isInteger(seed) ? { seed: Number(seed) >>> 0 } : {}),
    });
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor, training: boolean): Computed {
    const { kernel, rate } = this;
    const y = kernel.tensor(x.shape);
    let mask: Tensor | null = null;
    try {
      if (!training || rate === 0) {
        kernel.copy!(x, y);
        return { y };
      }
      mask = kernel.tensor(x.shape, this.#drawMask(x.size));
      kernel.map!(masked, [x, mask], [y]);
      return { y, kept: [mask] };
    } catch (error) {
      y[Symbol.dispose]();
      mask?.[Symbol.dispose]();
      throw error;
    }
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    if (!inputGradient) return null;
    const dx = create(pass.x.shape);
    const [mask] = pass.kept;
    if (mask) this.kernel.map!(masked, [dy, mask], [dx]);
    else this.kernel.copy!(dy, dx);
    return dx;
  }

  /** 0 for what is left out, and for the others what keeps the mean. */
  #drawMask(size: number): Float32Array {
    const { rate, seed } = this;
    const random = createRandom(seedOf(`${this.#passes++}`, seed));
    const values = new Float32Array(size);
    const scale = 1 / (1 - rate);
    for (let i = 0; i < size; i++) if (random.uniform() >= rate) values[i] = scale;
    return values;
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return { rate: this.rate, seed: this.seed, noise_shape: null };
  }
}
