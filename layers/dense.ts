/**
 * Dense: Keras's fully connected layer, y = activation(x · weight + bias),
 * forward and backward on any kernel. Arguments, defaults, order of weights and
 * errors are those of Keras 3's `Dense`, in camelCase; Keras's `kernel` is
 * called weight here, since a kernel is an implementation of the arithmetic.
 *
 * @module
 */
import { type Activation, gradientNeedsZ } from "../kernels/activation.ts";
import { checkKernel, checkOwner, checkTensor, formatShape } from "../kernels/checks.ts";
import { OwnershipError, ShapeError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import { seedOf } from "../common/random.ts";
import { quote } from "../common/text.ts";
import type { TensorData } from "../kernels/data.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import { keep } from "../kernels/scope.ts";
import {
  type CheckedOptions,
  checkTrainable,
  type DenseOptions,
  readDenseOptions,
} from "./dense_options.ts";
import {
  checkInputs,
  checkRank,
  type ForwardOptions,
  inputsOf,
  isTraining,
  outputShape,
  readBackwardOptions,
} from "./layer_checks.ts";
import { formatLayer } from "./layer_text.ts";
import type { BackwardOptions, Layer, Variable } from "./layer.ts";
import { disposeAll, PendingForwards } from "./pending_forwards.ts";
import { nextSeed } from "./seeds.ts";
import { convertWeights, createWeight } from "./weights.ts";

export type { DenseOptions };

/** A tensor of the last time, unless its caller has disposed it. */
function usable(tensor: Tensor | null): Tensor | null {
  return tensor && !tensor.disposed ? tensor : null;
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
export class Dense implements Layer {
  /** What messages call the layer. */
  readonly name: string;
  /** The number of outputs. */
  readonly units: number;
  /** What is applied to x · weight + bias. */
  readonly activation: Activation;
  /** Whether a bias is added. */
  readonly useBias: boolean;
  /** The seed of random first values: what was given, or what was drawn, to start the same way again. */
  readonly seed: number;
  readonly #initializers: Pick<CheckedOptions, "weight" | "bias">;
  readonly #passes: PendingForwards;
  /** How messages begin. */
  readonly #label: string;
  #weight: Tensor | null = null;
  #bias: Tensor | null = null;
  #weightGradient: Tensor | null = null;
  #biasGradient: Tensor | null = null;
  #trainable: boolean;
  #disposed = false;

  /**
   * A layer without weights yet: `build`, or the first `forward`, makes them.
   *
   * @param kernel What computes the layer and holds its weights.
   * @throws {ArgumentError} where `units` is not a whole number above 0, the activation or an initializer is unknown, or an option is unknown or of a wrong type.
   */
  constructor(readonly kernel: Kernel, options: DenseOptions) {
    checkKernel("Dense", kernel);
    const { units, activation, useBias, seed, name, trainable, ...initializers } = readDenseOptions(
      options,
    );
    this.units = units;
    this.activation = activation;
    this.useBias = useBias;
    this.#initializers = initializers;
    this.#trainable = trainable;
    this.seed = seed ?? nextSeed();
    this.name = name ?? (count++ === 0 ? "dense" : `dense_${count - 1}`);
    this.#label = `layer ${quote(this.name)}`;
    this.#passes = new PendingForwards(this.#label);
  }

  static {
    showAs(this.prototype, "Dense", (layer) => formatLayer("Dense", layer, layer.#disposed));
  }

  /** Whether the weights exist. */
  get built(): boolean {
    return this.#weight !== null;
  }

  /**
   * The weight, [inputs, units].
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  get weight(): Tensor {
    return this.#built(this.#weight, "weight");
  }

  /**
   * The bias, [units], or null without one.
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  get bias(): Tensor | null {
    this.#built(this.#weight, "bias");
    return this.#bias;
  }

  /**
   * The gradient of the loss by the weight, [inputs, units], from the last
   * `backward`; the next one writes to the same tensor.
   *
   * @throws {OwnershipError} before the first `backward`, and after disposal.
   */
  get weightGradient(): Tensor {
    return this.#computed(this.#weightGradient, "weightGradient");
  }

  /**
   * The gradient of the loss by the bias, [units], from the last `backward`; null
   * without a bias.
   *
   * @throws {OwnershipError} before the first `backward`, and after disposal.
   */
  get biasGradient(): Tensor | null {
    return this.useBias ? this.#computed(this.#biasGradient, "biasGradient") : null;
  }

  /**
   * Makes the weights for inputs of this shape, whose last axis counts the
   * inputs; the others may be null. A layer that is built stays as it is.
   *
   * @throws {ShapeError} where the last axis is not a whole number >= 0, or given first values do not fit.
   * @throws {ArgumentError} where given first values are no numbers.
   * @throws {MemoryError} where there is no room for the weights.
   * @throws {OwnershipError} after disposal.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.#expectAlive();
    if (this.#weight) return;
    const inputs = inputsOf(this.#label, inputShape);
    const { kernel, name: layer, units, seed, useBias } = this;
    const { weight: ofWeight, bias: ofBias } = this.#initializers;
    const weight = createWeight(kernel, { layer, part: "weight" }, [inputs, units], ofWeight, seed);
    try {
      this.#bias = useBias
        ? createWeight(kernel, { layer, part: "bias" }, [units], ofBias, seedOf("bias", seed))
        : null;
    } catch (error) {
      weight[Symbol.dispose]();
      throw error;
    }
    this.#weight = weight;
  }

  /**
   * The weights in Keras's order: weight, then bias where there is one; none before the layer is built.
   *
   * @throws {OwnershipError} after disposal.
   */
  get weights(): Tensor[] {
    this.#expectAlive();
    if (!this.#weight) return [];
    return this.#bias ? [this.#weight, this.#bias] : [this.#weight];
  }

  /**
   * The weights with Keras's names, `kernel` and `bias`, and their gradients; none before the layer is built.
   *
   * @throws {OwnershipError} after disposal.
   */
  get variables(): Variable[] {
    this.#expectAlive();
    const { trainable } = this;
    const variable = (name: string, tensor: Tensor, gradient: Tensor | null): Variable => ({
      name,
      tensor,
      trainable,
      gradient: trainable ? usable(gradient) : null,
    });
    const variables: Variable[] = [];
    if (this.#weight) variables.push(variable("kernel", this.#weight, this.#weightGradient));
    if (this.#bias) variables.push(variable("bias", this.#bias, this.#biasGradient));
    return variables;
  }

  /**
   * Whether training changes the weights. Where not, `backward` computes no gradients of them.
   */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    this.#trainable = checkTrainable(trainable);
  }

  /** The {@linkcode activation}. */
  get outputActivation(): string {
    return this.activation;
  }

  /**
   * The shape of the result for inputs of this shape: the last axis is replaced by `units`.
   *
   * @throws {ShapeError} where it is no shape.
   */
  computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    return outputShape(this.#label, inputShape, this.units);
  }

  /**
   * Copies of the weights' values, row-major, in Keras's order.
   *
   * @throws {OwnershipError} after disposal of it or of a weight.
   */
  async getWeights(): Promise<Float32Array[]> {
    return await readAll(this.weights);
  }

  /**
   * Sets the weight [inputs, units], row-major, and the bias [units]. All
   * values are checked before the first is written.
   *
   * @param values As many as `weights`, each as long as its tensor, and of the kinds that a tensor takes.
   * @throws {ShapeError} where their number or their sizes do not fit.
   * @throws {ArgumentError} where they are no numbers.
   * @throws {OwnershipError} before the layer is built, and after disposal of it or of a weight.
   * @throws {MemoryError} where there is no room for a copy as float32.
   */
  setWeights(values: readonly TensorData[]): void {
    this.#built(this.#weight, "setWeights()");
    const weights = this.weights;
    const converted = convertWeights(this.#label, weights, values);
    for (const [i, weight] of weights.entries()) weight.write(converted[i]!);
  }

  /**
   * activation(x · weight + bias), for x of any rank >= 2 whose last axis
   * counts the inputs: a new tensor of x's shape with the last axis replaced by
   * `units`. The first call builds the layer. x and the result are kept for
   * `backward`, not copied: until then neither they nor the weight must be
   * changed or disposed. Where no gradients are wanted, {@linkcode predict} keeps
   * nothing; `{ training: false }` means the same.
   *
   * @throws {ShapeError} where x has one axis only, or another number of inputs.
   * @throws {OwnershipError} where x is disposed or of another kernel, or the layer is disposed.
   * @throws {ArgumentError} where x is no tensor, or an option is unknown.
   * @throws {MemoryError} where there is no room for the result.
   */
  forward(x: Tensor, options?: ForwardOptions): Tensor {
    return this.#apply(x, isTraining(options));
  }

  /**
   * What `forward` gives, for calls whose gradients are not needed, such as
   * a validation between two steps of training: nothing is kept, and the next
   * `backward` is still of the last `forward`.
   *
   * @throws {ShapeError} where x has one axis only, or another number of inputs.
   * @throws {OwnershipError} where x is disposed or of another kernel, or the layer is disposed.
   * @throws {ArgumentError} where x is no tensor.
   * @throws {MemoryError} where there is no room for the result.
   */
  predict(x: Tensor): Tensor {
    return this.#apply(x, false);
  }

  #apply(x: Tensor, training: boolean): Tensor {
    this.#expectAlive();
    checkTensor(`Input 0 of ${this.#label}`, x);
    checkRank(this.#label, x);
    // A kernel may pass its work on to another one, to which its tensors then belong.
    checkOwner(`Input 0 of ${this.#label}`, x, this.#weight?.kernel ?? this.kernel);
    this.build(x.shape);
    checkInputs(this.#label, x, this.weight.shape[0]);
    const shape = [...x.shape.slice(0, -1), this.units];
    const y = this.kernel.tensor(shape);
    let z: Tensor | null = null;
    try {
      if (training && gradientNeedsZ(this.activation)) z = this.kernel.tensor(shape);
      this.kernel.dense(x, this.weight, this.#bias, this.activation, y, z ?? undefined);
    } catch (error) {
      y[Symbol.dispose]();
      z?.[Symbol.dispose]();
      throw error;
    }
    if (training) this.#passes.add(x, this.weight, y, z ? [z] : []);
    return y;
  }

  /**
   * The gradients of a loss, given its gradient dy by the result y of a
   * `forward`: returns the one by x, a new tensor of x's shape, and sets
   * `weightGradient` and `biasGradient`, which hold until the next call. y may be
   * left out where only one `forward` waits for its gradients, not counting those
   * whose result was disposed before the next one. A second call gives those of
   * the last `forward` once more, for another dy.
   *
   * @param dy Of the result's shape.
   * @param y The result that dy belongs to, where the layer was called several times.
   * @throws {OwnershipError} without a `forward` before it, or where its input, its result or the weight was disposed or changed since.
   * @throws {ArgumentError} where the layer was called several times and y is missing, or dy is no tensor.
   * @throws {ShapeError} where dy is not of the result's shape.
   * @throws {MemoryError} where there is no room for the gradients, which stay as they were.
   */
  backward(dy: Tensor, y?: Tensor): Tensor;
  /**
   * The same; with `{ inputGradient: false }` the gradient by x is not computed, and null comes back.
   * With `{ beforeActivation: true }` dy is the gradient by x · weight + bias.
   *
   * @throws {ArgumentError} where an option is unknown.
   */
  backward(dy: Tensor, y: Tensor | undefined, options: BackwardOptions): Tensor | null;
  backward(dy: Tensor, y?: Tensor, options?: BackwardOptions): Tensor | null {
    this.#expectAlive();
    const { inputGradient, beforeActivation } = readBackwardOptions(options);
    const what = `dy of ${this.#label}`;
    checkTensor(what, dy);
    const pass = this.#passes.find(y);
    checkOwner(what, dy, pass.y.kernel);
    const { shape } = pass.y;
    if (dy.shape.length !== shape.length || dy.shape.some((axis, i) => axis !== shape[i])) {
      throw new ShapeError(
        `${what} must have the shape ${formatShape(shape)} of the result; got ${
          formatShape(dy.shape)
        }`,
      );
    }
    if (dy === this.#weightGradient || dy === this.#biasGradient) {
      throw new OwnershipError(
        `${what} must be a tensor other than the gradients it would overwrite`,
      );
    }
    const { kernel, activation } = this;
    const { x } = pass;
    const weight = pass.weight!;
    const [z = null] = pass.kept;
    const made: Tensor[] = [];
    const create = (shape: readonly number[]): Tensor => {
      const tensor = kernel.tensor(shape);
      made.push(tensor);
      return tensor;
    };
    try {
      // All memory that is needed, before anything is written.
      const { trainable } = this;
      const weightGradient = trainable
        ? usable(this.#weightGradient) ?? create(weight.shape)
        : null;
      const biasGradient = trainable && this.#bias
        ? usable(this.#biasGradient) ?? create(this.#bias.shape)
        : null;
      const dx = inputGradient ? create(x.shape) : null;
      const dz = activation === "linear" || beforeActivation ? dy : create(shape);
      if (dz !== dy) kernel.activateGradient(activation, z, pass.y, dy, dz);
      if (weightGradient) kernel.matmul(x, dz, weightGradient, { transposeA: true });
      if (biasGradient) kernel.sumRows(dz, biasGradient);
      if (dx) kernel.matmul(dz, weight, dx, { transposeB: true });
      if (dz !== dy) dz[Symbol.dispose]();
      if (weightGradient) this.#weightGradient = keep(weightGradient);
      if (biasGradient) this.#biasGradient = keep(biasGradient);
      this.#passes.markUsed(pass);
      return dx;
    } catch (error) {
      disposeAll(made);
      throw error;
    }
  }

  /** Frees the weights and gradients; the kernel stays. */
  [Symbol.dispose](): void {
    this.#passes.clear();
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

  #expectAlive(): void {
    if (this.#disposed) throw new OwnershipError(`${this.#label} was disposed`);
  }

  #built(weight: Tensor | null, what: string): Tensor {
    this.#expectAlive();
    if (!weight) {
      throw new OwnershipError(
        `You must build the layer before accessing \`${what}\`: call build([null, inputs]) on ${this.#label}.`,
      );
    }
    return weight;
  }

  #computed(gradient: Tensor | null, what: string): Tensor {
    this.#expectAlive();
    if (!gradient) {
      throw new OwnershipError(`${this.#label} has no ${what} before backward()`);
    }
    return gradient;
  }
}
