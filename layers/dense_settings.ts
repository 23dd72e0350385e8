/**
 * What a Dense layer was made with, under Keras's names of its attributes.
 *
 * @module
 */
import type { Kernel } from "../kernels/kernel.ts";
import type { ActivationFunction } from "./activation_function.ts";
import { BaseLayer } from "./base_layer.ts";
import type { Constraint } from "./constraints.ts";
import { type CheckedOptions, type DenseOptions, readDenseOptions } from "./dense_options.ts";
import { checkForKernel } from "./dense_variants.ts";
import type { Initializer } from "./initializers.ts";
import { optionsOf, policyName, type QuantizationOptions } from "./quantization.ts";
import type { Regularizer } from "./regularizers.ts";
import { nextSeed } from "./seeds.ts";

/** The inputs that a layer takes, as Keras's `InputSpec` says it. */
export interface InputSpec {
  /** How many axes an input has at least. */
  readonly minNdim: number;
  /** The lengths of axes that are known, counted from the end: `{ "-1": inputs }` once it is built. */
  readonly axes: Readonly<Record<string, number>>;
}

let settingsOf: (layer: DenseSettings) => CheckedOptions;

/** The options of a layer, for itself alone. */
export function denseSettings(layer: DenseSettings): CheckedOptions {
  return settingsOf(layer);
}

/** A Dense layer without its weights. */
export abstract class DenseSettings extends BaseLayer {
  /** The number of outputs. */
  readonly units: number;
  /** What is applied to x · weight + bias, by name. */
  readonly activation: string;
  /** What is applied to x · weight + bias. */
  readonly activationFunction: ActivationFunction;
  /** Whether a bias is added. */
  readonly useBias: boolean;
  /** The seed of random first values: what was given, or what was drawn, to start the same way again. */
  readonly seed: number;
  readonly #options: CheckedOptions;

  static {
    settingsOf = (layer) => layer.#options;
  }

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its weights.
   * @throws {ArgumentError} as {@linkcode Dense} does.
   */
  constructor(kernel: Kernel, options: DenseOptions) {
    const checked = readDenseOptions(options);
    super(kernel, "Dense", checked);
    checkForKernel(kernel, this.label, checked);
    const { units, activation, useBias, seed } = checked;
    this.units = units;
    this.activation = activation.name;
    this.activationFunction = activation;
    this.useBias = useBias;
    this.#options = checked;
    this.seed = seed ?? nextSeed();
  }

  /** The first values of the weight. */
  get kernelInitializer(): Initializer {
    return this.#options.weight.initializer;
  }

  /** The first values of the bias. */
  get biasInitializer(): Initializer {
    return this.#options.bias.initializer;
  }

  /** The penalty of the weight; null without one. */
  get kernelRegularizer(): Regularizer | null {
    return this.#options.weight.regularizer;
  }

  /** The penalty of the bias; null without one. */
  get biasRegularizer(): Regularizer | null {
    return this.#options.bias.regularizer;
  }

  /** What an optimizer brings the weight to; null where it is free. */
  get kernelConstraint(): Constraint | null {
    return this.#options.weight.constraint;
  }

  /** What an optimizer brings the bias to; null where it is free. */
  get biasConstraint(): Constraint | null {
    return this.#options.bias.constraint;
  }

  /** How it is quantized, or will be by `quantize()`; null where neither is said. */
  get quantizationConfig(): QuantizationOptions | null {
    const found = this.quantization ?? this.#options.quantizationConfig;
    return found && optionsOf(found);
  }

  /** The inputs that it takes. */
  get inputSpec(): InputSpec {
    const inputs = this.inputShape?.at(-1);
    return { minNdim: 2, axes: typeof inputs === "number" ? { "-1": inputs } : {} };
  }

  /** Keras's name of what it computes in: `float32`, `int8_from_float32`, `int4/128_from_float32`. */
  get dtypePolicy(): string {
    return policyName(this.quantization);
  }

  /** The dtype of results. */
  get computeDtype(): "float32" {
    return "float32";
  }

  /** The dtype of variables. */
  get variableDtype(): "float32" {
    return "float32";
  }

  /** How it is quantized, all said; null where it is not. */
  protected abstract get quantization(): Required<QuantizationOptions> | null;
}
