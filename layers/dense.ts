/**
 * Dense: Keras's fully connected layer, y = activation(x · weight + bias),
 * forward and backward on any kernel. Arguments, defaults, order of weights and
 * errors are those of Keras 3's `Dense`, in camelCase; Keras's `kernel` is
 * called weight here, since a kernel is an implementation of the arithmetic.
 *
 * @module
 */
import { OwnershipError } from "../common/errors.ts";
import { seedOf } from "../common/random.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction } from "./activation_function.ts";
import { BaseLayer } from "./base_layer.ts";
import type { Computed, GradientRequest } from "./layer_options.ts";
import { denseConfig, readDenseConfig } from "./dense_config.ts";
import { denseGradients } from "./dense_gradients.ts";
import { type CheckedOptions, type DenseOptions, readDenseOptions } from "./dense_options.ts";
import {
  addLora,
  checkForKernel,
  checkLora,
  checkQuantize,
  type LoraOptions,
  type QuantizeOptions,
  scaleVariable,
} from "./dense_variants.ts";
import { QuantizedProduct } from "./int8.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkInputs, checkRank, inputsOf, outputShape } from "./layer_checks.ts";
import { denseDetails } from "./layer_text.ts";
import type { LayerVariable } from "./layer_variable.ts";
import type { LowRank } from "./lora.ts";
import type { ReadOptions } from "./read_options.ts";
import { nextSeed } from "./seeds.ts";

export type { DenseOptions };

/**
 * A fully connected layer: activation(x · weight + bias), with x [rows, inputs]
 * and weight [inputs, units]. It owns its weights and gradients; the tensors
 * that `forward` and `backward` return belong to the caller. After disposal
 * every use throws an {@linkcode OwnershipError}.
 *
 * @example Three inputs, two units
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, { units: 2, activation: "relu" });
 * layer.build([null, 3]);
 * layer.setWeights([new Float32Array([1, 4, 2, 5, 3, 6]), new Float32Array([0.5, -40])]);
 * using x = kernel.tensor([1, 3], new Float32Array([1, 2, 3]));
 * using y = layer.forward(x);
 * const outputs = await y.read();
 * if (`${outputs}` !== "14.5,0") throw new Error(`${outputs}`);
 * ```
 *
 * @example Gradients of a loss
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, { units: 1, kernelInitializer: "ones" });
 * using x = kernel.tensor([1, 2], new Float32Array([3, 4]));
 * using y = layer.forward(x);
 * // The loss is y²/2, whose gradient by y is y itself.
 * using dx = layer.backward(y);
 * const gradients = [dx, layer.weightGradient].map((tensor) => tensor.read());
 * const text = (await Promise.all(gradients)).join(" ");
 * if (text !== "7,7 21,28") throw new Error(text);
 * ```
 */
export class Dense extends BaseLayer {
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
  #weight: LayerVariable | null = null;
  #bias: LayerVariable | null = null;
  #lora: LowRank | null = null;
  /** The weight in int8 numbers, of a layer that is quantized. */
  #quantized: QuantizedProduct | null = null;

  /**
   * A layer without weights yet: `build`, or the first `forward`, makes them.
   *
   * @param kernel What computes the layer and holds its weights.
   * @throws {ArgumentError} where `units` is not a whole number above 0, an activation, initializer, regularizer or constraint is unknown or needs what the kernel lacks, or an option is unknown or of a wrong type.
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

  /**
   * A layer of a configuration as Keras 3, Keras 2 or TensorFlow.js write it: the
   * arguments alone, or `{ class_name, config }`.
   *
   * @throws {ArgumentError} where it is none of a Dense layer, or has what is not known here.
   *
   * @example
   * ```ts
   * import { createKernel, Dense } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using layer = Dense.fromConfig(kernel, { units: 3, use_bias: false });
   * if (layer.useBias) throw new Error("it has a bias");
   * ```
   */
  static fromConfig(kernel: Kernel, config: KerasConfig, options?: ReadOptions): Dense {
    return new Dense(kernel, readDenseConfig(config, options));
  }

  /**
   * The weight, [inputs, units].
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  get weight(): Tensor {
    this.expectBuilt("weight");
    return this.#weight!.tensor;
  }

  /**
   * The bias, [units], or null without one.
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  get bias(): Tensor | null {
    this.expectBuilt("bias");
    return this.#bias?.tensor ?? null;
  }

  /**
   * The gradient of the loss by the weight, [inputs, units], from the last
   * `backward`; the next one writes to the same tensor.
   *
   * @throws {OwnershipError} before the first `backward`, and after disposal.
   */
  get weightGradient(): Tensor {
    return this.#computed(this.#weight, "weightGradient");
  }

  /**
   * The gradient of the loss by the bias, [units], from the last `backward`; null
   * without a bias.
   *
   * @throws {OwnershipError} before the first `backward`, and after disposal.
   */
  get biasGradient(): Tensor | null {
    return this.useBias ? this.#computed(this.#bias, "biasGradient") : null;
  }

  /** The kernel's activation that it is; null for others, and where results have a penalty, whose gradient is by them. */
  override get outputActivation(): ActivationFunction["ofKernel"] {
    return this.activityRegularizer ? null : this.activationFunction.ofKernel;
  }

  /** Whether it has a low-rank adaptation. */
  get loraEnabled(): boolean {
    return this.#lora !== null;
  }

  /** How the weight is quantized; null where it is float32. */
  get quantizationMode(): "int8" | null {
    return this.#quantized || this.#options.quantization ? "int8" : null;
  }

  /**
   * The shape of the result for inputs of this shape: the last axis is replaced
   * by `units`, or by half of it for glu.
   *
   * @throws {ShapeError} where it is no shape.
   */
  override computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    const columns = this.activationFunction.outputColumns(this.units);
    return outputShape(this.label, inputShape, columns);
  }

  /**
   * Freezes the weight and adds a low-rank adaptation to it (LoRA): weight +
   * alpha/rank · a · b, of which a and b are trained.
   *
   * @param rank A whole number above 0.
   * @throws {OwnershipError} before the layer is built, where it has one, or is quantized.
   * @throws {ArgumentError} where the weight has a constraint, or an option is not allowed.
   *
   * @example Only the adaptation is trained
   * ```ts
   * import { createKernel, Dense } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using layer = new Dense(kernel, { units: 8 });
   * layer.build([null, 16]);
   * layer.enableLora(2);
   * const names = layer.variables.filter(({ trainable }) => trainable).map(({ name }) => name);
   * if (`${names}` !== "bias,lora_kernel_a,lora_kernel_b") throw new Error(`${names}`);
   * ```
   */
  enableLora(rank: number, options: LoraOptions = {}): void {
    const { kernel, label } = this;
    this.expectAlive();
    checkLora(kernel, label, { ...this.#options, loraRank: rank });
    if (!this.built) {
      throw new OwnershipError("Cannot enable lora on a layer that isn't yet built.");
    }
    if (this.#lora) {
      throw new OwnershipError("lora is already enabled. This can only be done once per layer.");
    }
    if (this.#quantized) throw new OwnershipError(`${label} is quantized, and takes no lora here`);
    this.#addLora(rank, options);
  }

  #addLora(rank: number, options: LoraOptions): void {
    this.#lora = addLora(this.kernel, this.#weight!, rank, options, this.seed, {
      add: (variable) => this.addVariable(variable),
      remove: (variable) => this.removeVariable(variable),
    });
  }

  /**
   * Adds the low-rank adaptation to the weight for good, and ends it: the weight
   * is trained again.
   *
   * @throws {OwnershipError} where there is none.
   */
  mergeLora(): void {
    this.expectAlive();
    const lora = this.#lora;
    if (!lora) throw new OwnershipError(`${this.label} has no lora; enableLora(rank) adds one`);
    lora.merge();
    this.removeVariable(lora.a);
    this.removeVariable(lora.b);
    lora[Symbol.dispose]();
    lora.weight.learns = true;
    this.#lora = null;
  }

  /**
   * Replaces the weight by int8 numbers and a scale of each column, and computes
   * with inputs that are quantized by rows (W8A8), by Keras 3's formulas.
   *
   * @param mode `int8` alone.
   * @throws {OwnershipError} before the layer is built, and where it is quantized already.
   * @throws {ArgumentError} where the mode is another one, or the kernel computes no formulas.
   *
   * @example Nearly the same results
   * ```ts
   * import { createKernel, Dense } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using layer = new Dense(kernel, { units: 2, seed: 1 });
   * using x = kernel.tensor([1, 3], [1, -2, 0.5]);
   * using before = layer.predict(x);
   * layer.quantize("int8");
   * using after = layer.predict(x);
   * const [a, b] = [await before.read(), await after.read()];
   * if (a.some((value, i) => Math.abs(value - b[i]!) > 0.02)) throw new Error(`${a} ${b}`);
   * ```
   */
  quantize(mode: "int8", options: QuantizeOptions = {}): void {
    this.expectAlive();
    const quantizeInputs = checkQuantize(this.kernel, this.label, mode, options, {
      built: this.built,
      quantized: this.quantizationMode !== null,
    });
    if (this.#lora) this.mergeLora();
    const weight = this.#weight!;
    const scale = this.addVariable(scaleVariable(this.units));
    this.#quantized = new QuantizedProduct(this.kernel, weight, scale, quantizeInputs);
    this.#quantized.quantize();
    weight.learns = false;
  }

  /** Frees the weights and gradients; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#lora?.[Symbol.dispose]();
    this.#quantized?.[Symbol.dispose]();
    this.#weight =
      this.#bias =
      this.#lora =
      this.#quantized =
        null;
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    inputsOf(this.label, inputShape);
  }

  /** Makes the variables. */
  protected override createVariables(inputShape: readonly (number | null)[]): void {
    const { units, useBias, seed } = this;
    const { weight, bias, quantization, loraRank, loraAlpha } = this.#options;
    const inputs = inputsOf(this.label, inputShape);
    this.#weight = this.addVariable({
      ...weight,
      name: "kernel",
      part: "weight",
      shape: [inputs, units],
      seed,
      ...(quantization ? { initializer: "zeros", learns: false } : {}),
    });
    this.#bias = useBias
      ? this.addVariable({ ...bias, name: "bias", shape: [units], seed: seedOf("bias", seed) })
      : null;
    if (quantization) {
      const scale = this.addVariable(scaleVariable(units));
      this.#quantized = new QuantizedProduct(this.kernel, this.#weight, scale, true);
    }
    if (loraRank !== null) this.#addLora(loraRank, loraAlpha === null ? {} : { loraAlpha });
  }

  /** Checks the shape of an input. */
  protected override checkInput(x: Tensor): void {
    checkRank(this.label, x);
  }

  /** Checks an input against what the layer was built for. */
  protected override checkBuiltInput(x: Tensor): void {
    checkInputs(this.label, x, this.#weight!.tensor.shape[0]);
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor, training: boolean): Computed {
    const { kernel, units, activationFunction: f } = this;
    const weight = this.#lora?.adapted() ?? this.#weight!.tensor;
    const bias = this.#bias?.tensor ?? null;
    const before = x.shape.slice(0, -1);
    const y = kernel.tensor([...before, f.outputColumns(units)]);
    let z: Tensor | null = null;
    try {
      if (training && f.needsZ) z = kernel.tensor([...before, units]);
      if (this.#quantized) this.#quantized.dense(f, { x, bias, y, z });
      else f.dense(kernel, { x, weight, bias, y, z });
    } catch (error) {
      y[Symbol.dispose]();
      z?.[Symbol.dispose]();
      throw error;
    }
    const { a, b } = this.#lora ?? {};
    // The adapted weight is made of a and b when it is asked for.
    const others = [a, b, this.#quantized?.scale].flatMap((each) => each ? [each.tensor] : []);
    return { y, weight, others, kept: z ? [z] : [] };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(request: GradientRequest): Tensor | null {
    return denseGradients(this.kernel, this.activationFunction, request, {
      units: this.units,
      weight: this.#weight!,
      bias: this.#bias,
      lora: this.#lora,
      quantized: this.#quantized,
      learns: (variable) => this.learns(variable),
    });
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return denseConfig(this.#options, {
      lora: this.#lora,
      quantized: this.quantizationMode !== null,
      quantizeInputs: this.#quantized?.quantizeInputs ?? true,
    });
  }

  /** What is shown of the layer. */
  protected override details(): readonly string[] {
    return denseDetails(this, this.#weight?.tensor ?? null);
  }

  #computed(variable: LayerVariable | null, what: string): Tensor {
    this.expectAlive();
    if (variable?.gradient) return variable.gradient;
    throw new OwnershipError(`${this.label} has no ${what} before backward()`);
  }
}
