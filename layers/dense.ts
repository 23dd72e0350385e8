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
import type { Computed, GradientRequest } from "./layer_options.ts";
import { denseConfig, readDenseConfig } from "./dense_config.ts";
import { denseGradients } from "./dense_gradients.ts";
import type { DenseOptions } from "./dense_options.ts";
import { DenseSettings, denseSettings } from "./dense_settings.ts";
import {
  addLora,
  checkLora,
  checkLoraState,
  checkQuantize,
  type LoraOptions,
} from "./dense_variants.ts";
import { DenseWeight, quantizedOptions, quantizedProduct } from "./dense_weight.ts";
import type { KerasConfig } from "./keras_objects.ts";
import { checkInputs, checkRank, inputsOf, outputShape } from "./layer_checks.ts";
import { denseDetails } from "./layer_text.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import type { QuantizationMode, QuantizationOptions, QuantizeOptions } from "./quantization.ts";
import type { ReadOptions } from "./read_options.ts";
import type { VariableStore } from "./variable_owner.ts";
import type { ShapedData } from "./shaped_data.ts";

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
export class Dense extends DenseSettings {
  #weight: DenseWeight | null = null;
  #bias: LayerVariable | null = null;

  /**
   * A layer without weights yet: `build`, or the first `forward`, makes them.
   *
   * @param kernel What computes the layer and holds its weights.
   * @throws {ArgumentError} where `units` is not a whole number above 0, an activation, initializer, regularizer or constraint is unknown or needs what the kernel lacks, or an option is unknown or of a wrong type.
   */
  constructor(kernel: Kernel, options: DenseOptions) {
    super(kernel, options);
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
   * The weight, [inputs, units], Keras's kernel: with a lora the sum of both, of a quantized layer
   * its whole numbers.
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  get weight(): Tensor {
    this.expectBuilt("weight");
    return this.#weight!.value;
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
    return this.#computed(this.#weight?.variable, "weightGradient");
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
    return (this.#weight?.lora ?? null) !== null;
  }

  /** The rank of its low-rank adaptation; null without one. */
  get loraRank(): number | null {
    return this.#weight?.lora?.rank ?? denseSettings(this).loraRank;
  }

  /** What the adaptation is multiplied by, times its rank; null without one. */
  get loraAlpha(): number | null {
    return this.#weight?.lora?.alpha ?? denseSettings(this).loraAlpha ?? this.loraRank;
  }

  /** How the weight is quantized; null where it is float32. */
  get quantizationMode(): QuantizationMode | null {
    return this.quantization?.mode ?? null;
  }

  /** How the weight is quantized, all said; null where it is float32. */
  protected override get quantization(): Required<QuantizationOptions> | null {
    return this.#weight?.quantized?.settings ?? denseSettings(this).quantization;
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
   * @throws {OwnershipError} before the layer is built, and where it has one.
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
    checkLora(kernel, label, { ...denseSettings(this), loraRank: rank });
    checkLoraState(this.built, this.loraEnabled);
    this.#addLora(rank, options);
  }

  #addLora(rank: number, options: LoraOptions): void {
    this.#weight!.lora = addLora(this.kernel, this.#weight!, rank, options, this.seed, {
      add: (variable) => this.addVariable(variable),
      remove: (variable) => this.removeVariable(variable),
    });
  }

  /**
   * Adds the low-rank adaptation to the weight for good, and ends it: the weight
   * is trained again, unless it is quantized, and is so anew.
   *
   * @throws {OwnershipError} where there is none.
   */
  mergeLora(): void {
    this.expectAlive();
    const { lora = null } = this.#weight ?? {};
    if (!lora) throw new OwnershipError(`${this.label} has no lora; enableLora(rank) adds one`);
    this.#weight!.mergeLora();
    this.removeVariable(lora.a);
    this.removeVariable(lora.b);
  }

  /**
   * Replaces the weight by whole numbers with their scales, by Keras 3's formulas:
   * `int8`, with inputs that are quantized by rows too (W8A8), or `int4`, with a
   * scale and a zero for each 128 rows of a column. A lora is merged before.
   *
   * @param mode By default that of the layer's quantizationConfig.
   * @throws {OwnershipError} before the layer is built, and where it is quantized already.
   * @throws {ArgumentError} where the mode or an option is none of these, or the kernel computes no formulas.
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
  quantize(mode?: QuantizationMode, options?: QuantizeOptions): void {
    this.expectAlive();
    const { kernel, label, built } = this;
    const settings = checkQuantize(kernel, label, mode, options, {
      built,
      quantized: this.quantization,
      stored: denseSettings(this).quantizationConfig,
    });
    if (this.loraEnabled) this.mergeLora();
    const weight = this.#weight!;
    const { variable, shape } = weight;
    const { place, behind } = quantizedOptions(settings, shape);
    this.exchangeVariable(variable, place, behind, (first, others) => {
      const product = quantizedProduct(kernel, settings, shape, first, others);
      product.encode(variable.tensor);
      weight.variable = first;
      weight.quantized = product;
    });
  }

  /** As of every layer; with a lora the weight with it, and not its matrices. */
  override async saveOwnVariables(): Promise<Record<string, ShapedData>> {
    this.expectAlive();
    if (!this.loraEnabled) return await super.saveOwnVariables();
    const make = (options: VariableOptions) => this.createVariable(options);
    return await this.#weight!.mergedStore(this.#bias?.tensor, make);
  }

  /** As of every layer; with a lora, whose matrices become 0, since it is in what was saved. */
  override loadOwnVariables(store: VariableStore): void {
    const { a, b } = this.#weight?.lora ?? {};
    const isOfLora = (tensor: Tensor) => tensor === a?.tensor || tensor === b?.tensor;
    const values = this.listOf(store, this.weights.filter((tensor) => !isOfLora(tensor)));
    if (!this.built) return;
    this.setWeights(
      this.weights.map((each) => isOfLora(each) ? new Float32Array(each.size) : values.shift()!),
    );
  }

  /** Frees the weights and gradients; the kernel stays. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#weight?.[Symbol.dispose]();
    this.#weight = this.#bias = null;
  }

  /** Checks the shape of inputs. */
  protected override checkShape(inputShape: readonly (number | null)[]): void {
    inputsOf(this.label, inputShape);
  }

  /** Makes the variables. */
  protected override createVariables(inputShape: readonly (number | null)[]): void {
    const { kernel, units, useBias, seed } = this;
    const { weight, bias, quantization, loraRank, loraAlpha } = denseSettings(this);
    const shape = [inputsOf(this.label, inputShape), units] as const;
    const whole = quantization && quantizedOptions(quantization, shape);
    const place = this.addVariable(
      whole?.place ?? { ...weight, name: "kernel", part: "weight", shape, seed },
    );
    this.#weight = new DenseWeight(kernel, place, shape);
    this.#bias = useBias
      ? this.addVariable({ ...bias, name: "bias", shape: [units], seed: seedOf("bias", seed) })
      : null;
    if (whole) {
      const behind = whole.behind.map((options) => this.addVariable(options));
      this.#weight.quantized = quantizedProduct(kernel, quantization, shape, place, behind);
    }
    if (loraRank !== null) this.#addLora(loraRank, loraAlpha === null ? {} : { loraAlpha });
  }

  /** Checks the shape of an input. */
  protected override checkInput(x: Tensor): void {
    checkRank(this.label, x);
  }

  /** Checks an input against what the layer was built for. */
  protected override checkBuiltInput(x: Tensor): void {
    checkInputs(this.label, x, this.#weight!.shape[0]);
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor, training: boolean): Computed {
    const { kernel, units, activationFunction: f } = this;
    const { factor, others } = this.#weight!;
    const bias = this.#bias?.tensor ?? null;
    const before = x.shape.slice(0, -1);
    const y = kernel.tensor([...before, f.outputColumns(units)]);
    let z: Tensor | null = null;
    try {
      if (training && f.needsZ) z = kernel.tensor([...before, units]);
      this.#weight!.dense(f, { x, bias, y, z });
    } catch (error) {
      y[Symbol.dispose]();
      z?.[Symbol.dispose]();
      throw error;
    }
    return { y, weight: factor, others, kept: z ? [z] : [] };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(request: GradientRequest): Tensor | null {
    return denseGradients(this.kernel, this.activationFunction, request, {
      units: this.units,
      weight: this.#weight!,
      bias: this.#bias,
      learns: (variable) => this.learns(variable),
    });
  }

  /** The layer's own part of the configuration. */
  protected override ownConfig(): KerasConfig {
    return denseConfig(denseSettings(this), {
      lora: this.#weight?.lora ?? null,
      quantization: this.quantization,
    });
  }

  /** What is shown of the layer. */
  protected override details(): readonly string[] {
    return denseDetails(this, this.#weight?.shape ?? null);
  }

  #computed(variable: LayerVariable | null | undefined, what: string): Tensor {
    this.expectAlive();
    if (variable?.gradient) return variable.gradient;
    throw new OwnershipError(`${this.label} has no ${what} before backward()`);
  }
}
