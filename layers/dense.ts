/**
 * Dense: Keras's fully connected layer, y = activation(x · weight + bias),
 * forward and backward on any kernel. Arguments, defaults, order of weights and
 * errors are those of Keras 3's `Dense`, in camelCase; Keras's `kernel` is
 * called weight here, since a kernel is an implementation of the arithmetic.
 *
 * @module
 */
import { type Activation, gradientNeedsZ } from "../kernels/activation.ts";
import { checkActivation, formatShape } from "../kernels/checks.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { initialize, type Initializer } from "./initializers.ts";
import { seedOf } from "../common/random.ts";

/** The arguments of a {@linkcode Dense} layer. */
export interface DenseOptions {
  /** The number of outputs, a whole number above 0. */
  readonly units: number;
  /** What is applied to x · weight + bias; default `linear`, which null means too. */
  readonly activation?: Activation | null;
  /** Whether a bias is added; default true. */
  readonly useBias?: boolean;
  /** The first values of the weight [inputs, units]; default `glorot_uniform`. */
  readonly kernelInitializer?: Initializer;
  /** The first values of the bias [units]; default `zeros`. */
  readonly biasInitializer?: Initializer;
  /** The seed of random first values, a whole number in [0, 2^32); by default made of the layer's name. */
  readonly seed?: number;
  /** What messages call the layer; default `dense`, `dense_1`, and so on. */
  readonly name?: string;
}

/** What `backward` needs of the last `forward`, and the versions that it saw. */
interface Kept {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly z: Tensor | null;
  readonly versions: readonly [x: number, y: number];
}

/** How many layers were given a name by default. */
let count = 0;

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
export class Dense implements Disposable {
  /** What messages call the layer. */
  readonly name: string;
  /** The number of outputs. */
  readonly units: number;
  /** What is applied to x · weight + bias. */
  readonly activation: Activation;
  /** Whether a bias is added. */
  readonly useBias: boolean;
  readonly #options: DenseOptions;
  #weight: Tensor | null = null;
  #bias: Tensor | null = null;
  #weightGradient: Tensor | null = null;
  #biasGradient: Tensor | null = null;
  #kept: Kept | null = null;
  #disposed = false;

  /**
   * A layer without weights yet: `build`, or the first `forward`, makes them.
   *
   * @param kernel What computes the layer and holds its weights.
   * @throws {ArgumentError} where `units` is not a whole number above 0 or the activation is unknown.
   */
  constructor(readonly kernel: Kernel, options: DenseOptions) {
    const { units, activation, useBias = true, name } = options;
    if (!Number.isSafeInteger(units) || units <= 0) {
      throw new ArgumentError(
        `Received an invalid value for \`units\`, expected a positive integer. Received: units=${units}`,
      );
    }
    checkActivation(activation ?? "linear");
    this.units = units;
    this.activation = activation ?? "linear";
    this.useBias = useBias;
    this.name = name ?? (count++ === 0 ? "dense" : `dense_${count - 1}`);
    this.#options = options;
  }

  /** Whether the weights exist. */
  get built(): boolean {
    return this.#weight !== null;
  }

  /**
   * The weight, [inputs, units].
   *
   * @throws {OwnershipError} before the layer is built.
   */
  get weight(): Tensor {
    return this.#built(this.#weight, "weight");
  }

  /**
   * The bias, [units], or null without one.
   *
   * @throws {OwnershipError} before the layer is built.
   */
  get bias(): Tensor | null {
    this.#built(this.#weight, "bias");
    return this.#bias;
  }

  /**
   * The gradient of the loss by the weight, [inputs, units], from the last
   * `backward`; the next one writes to the same tensor.
   *
   * @throws {OwnershipError} before the first `backward`.
   */
  get weightGradient(): Tensor {
    return this.#computed(this.#weightGradient, "weightGradient");
  }

  /**
   * The gradient of the loss by the bias, [units], from the last `backward`; null
   * without a bias.
   *
   * @throws {OwnershipError} before the first `backward`.
   */
  get biasGradient(): Tensor | null {
    return this.useBias ? this.#computed(this.#biasGradient, "biasGradient") : null;
  }

  /**
   * Makes the weights for inputs of this shape, whose last axis counts the
   * inputs; the others may be null. A layer that is built stays as it is.
   *
   * @throws {ShapeError} where the last axis is not a whole number >= 0, or given first values do not fit.
   * @throws {ArgumentError} where an initializer is unknown.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.#expectAlive();
    if (this.#weight) return;
    const inputs = inputShape.at(-1);
    if (typeof inputs !== "number" || !Number.isSafeInteger(inputs) || inputs < 0) {
      throw new ShapeError(
        `the last axis of the input of layer '${this.name}' must be a whole number >= 0; got [${
          inputShape.join(", ")
        }]`,
      );
    }
    const { kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = this.#options;
    const seed = this.#options.seed ?? seedOf(this.name);
    const shape = [inputs, this.units];
    const weight = initialize(kernelInitializer, shape, seed);
    const bias = initialize(biasInitializer, [this.units], seedOf("bias", seed));
    this.#weight = this.kernel.tensor(shape, weight);
    if (this.useBias) this.#bias = this.kernel.tensor([this.units], bias);
  }

  /** The weights in Keras's order: weight, then bias where there is one; none before the layer is built. */
  get weights(): Tensor[] {
    if (!this.#weight) return [];
    return this.#bias ? [this.#weight, this.#bias] : [this.#weight];
  }

  /** Copies of the weights' values, row-major, in Keras's order. */
  async getWeights(): Promise<Float32Array[]> {
    return await Promise.all(this.weights.map((weight) => weight.read()));
  }

  /**
   * Sets the weight [inputs, units], row-major, and the bias [units]. All
   * values are checked before the first is written.
   *
   * @param values As many as `weights`, each as long as its tensor.
   * @throws {ShapeError} where their number or their sizes do not fit.
   * @throws {OwnershipError} before the layer is built.
   */
  setWeights(values: readonly Float32Array[]): void {
    this.#built(this.#weight, "setWeights()");
    const weights = this.weights;
    if (values.length !== weights.length) {
      throw new ShapeError(
        `You called \`set_weights(weights)\` on layer '${this.name}' with a weight list of length ${values.length}, but the layer was expecting ${weights.length} weights.`,
      );
    }
    for (const [i, weight] of weights.entries()) {
      if (values[i]?.length !== weight.size) {
        throw new ShapeError(
          `layer '${this.name}' weight ${
            formatShape(weight.shape)
          } needs ${weight.size} values; got ${values[i]?.length}`,
        );
      }
    }
    for (const [i, weight] of weights.entries()) weight.write(values[i] as Float32Array);
  }

  /**
   * activation(x · weight + bias), for x of any rank >= 2 whose last axis
   * counts the inputs: a new tensor of x's shape with the last axis replaced by
   * `units`. The first call builds the layer. With `training` (the default) x
   * and the result are kept for `backward`, not copied: they must neither be
   * changed nor disposed before it.
   *
   * @throws {ShapeError} where x has one axis only, or another number of inputs.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   */
  forward(x: Tensor, { training = true }: { readonly training?: boolean } = {}): Tensor {
    this.#expectAlive();
    if (x.shape.length < 2) {
      throw new ShapeError(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected min_ndim=2, found ndim=${x.shape.length}. Full shape received: ${
          formatShape(x.shape)
        }`,
      );
    }
    if (!this.#weight && (x.disposed || x.kernel !== this.kernel)) {
      throw new OwnershipError(
        x.disposed ? "x was disposed" : `x must belong to the kernel "${this.kernel.name}"`,
      );
    }
    this.build(x.shape);
    const [inputs] = this.weight.shape;
    if (x.shape.at(-1) !== inputs) {
      throw new ShapeError(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected axis -1 of input shape to have value ${inputs}, but received input with shape ${
          formatShape(x.shape)
        }`,
      );
    }
    const shape = [...x.shape.slice(0, -1), this.units];
    const y = this.kernel.tensor(shape);
    const z = training && gradientNeedsZ(this.activation) ? this.kernel.tensor(shape) : null;
    try {
      this.kernel.dense(x, this.weight, this.#bias, this.activation, y, z ?? undefined);
    } catch (error) {
      y[Symbol.dispose]();
      z?.[Symbol.dispose]();
      throw error;
    }
    if (training) {
      this.#forget();
      this.#kept = { x, y, z, versions: [x.version, y.version] };
    }
    return y;
  }

  /**
   * The gradients of a loss, given its gradient dy by the result of the last
   * `forward`: returns the one by x, a new tensor of x's shape, and sets
   * `weightGradient` and `biasGradient`, which hold until the next call.
   *
   * @param dy Of the result's shape.
   * @throws {OwnershipError} without a `forward` before it, or where its input or result was disposed or changed since.
   * @throws {ShapeError} where dy is not of the result's shape.
   */
  backward(dy: Tensor): Tensor {
    this.#expectAlive();
    const kept = this.#kept;
    if (!kept) {
      throw new OwnershipError(`layer '${this.name}' needs a forward() before backward()`);
    }
    const { x, y, z, versions } = kept;
    if (x.disposed || y.disposed) {
      throw new OwnershipError(
        `layer '${this.name}' needs the ${
          x.disposed ? "input" : "result"
        } of its last forward() for backward(), but it was disposed`,
      );
    }
    if (x.version !== versions[0] || y.version !== versions[1]) {
      throw new OwnershipError(
        `the ${
          x.version !== versions[0] ? "input" : "result"
        } of layer '${this.name}' was changed between forward() and backward()`,
      );
    }
    const { kernel, weight } = this;
    this.#weightGradient ??= kernel.tensor(weight.shape);
    if (this.useBias) this.#biasGradient ??= kernel.tensor([this.units]);
    using gradient = this.activation === "linear" ? null : kernel.tensor(y.shape);
    if (gradient) kernel.activateGradient(this.activation, z, y, dy, gradient);
    const dz = gradient ?? dy;
    kernel.matmul(x, dz, this.#weightGradient, { transposeA: true });
    if (this.#biasGradient) kernel.sumRows(dz, this.#biasGradient);
    const dx = kernel.tensor(x.shape);
    kernel.matmul(dz, weight, dx, { transposeB: true });
    return dx;
  }

  /** Frees the weights and gradients; the kernel stays. */
  [Symbol.dispose](): void {
    this.#forget();
    for (
      const tensor of [this.#weight, this.#bias, this.#weightGradient, this.#biasGradient]
    ) tensor?.[Symbol.dispose]();
    this.#weight =
      this.#bias =
      this.#weightGradient =
      this.#biasGradient =
        null;
    this.#disposed = true;
  }

  #forget(): void {
    this.#kept?.z?.[Symbol.dispose]();
    this.#kept = null;
  }

  #expectAlive(): void {
    if (this.#disposed) throw new OwnershipError(`layer '${this.name}' was disposed`);
  }

  #built(weight: Tensor | null, what: string): Tensor {
    this.#expectAlive();
    if (!weight) {
      throw new OwnershipError(
        `You must build the layer before accessing \`${what}\`: call build([null, inputs]) on layer '${this.name}'.`,
      );
    }
    return weight;
  }

  #computed(gradient: Tensor | null, what: string): Tensor {
    this.#expectAlive();
    if (!gradient) {
      throw new OwnershipError(`layer '${this.name}' has no ${what} before backward()`);
    }
    return gradient;
  }
}
