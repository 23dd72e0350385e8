/**
 * Sequential: a stack of layers, each of which takes the result of the one
 * before, like Keras's class of that name. Nothing is copied between them: the
 * tensors stay in the kernel's memory.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import { quote } from "../common/text.ts";
import { checkKernel, checkTensor, looksLikeKernel } from "../kernels/checks.ts";
import type { TensorData } from "../kernels/data.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import type { Dense } from "./dense.ts";
import { disposeAll, StackPasses } from "./stack_passes.ts";
import { formatSummary } from "./summary.ts";
import { convertWeights } from "./weights.ts";

/** How many stacks there are already, for their names. */
let count = 0;

/**
 * A stack of layers on one kernel. It owns its layers: disposing of it frees
 * them.
 *
 * @example Layers, one step of gradient descent
 * ```ts
 * import { createKernel, Dense, readAll, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([
 *   new Dense(kernel, { units: 4, activation: "tanh", seed: 1 }),
 *   new Dense(kernel, { units: 1, seed: 2 }),
 * ]);
 * using x = kernel.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
 * const loss = async () => {
 *   using y = model.predict(x); // the loss is the sum of y²/2, whose gradient by y is y
 *   return (await y.read()).reduce((sum, value) => sum + value * value / 2, 0);
 * };
 * const before = await loss();
 * using y = model.forward(x);
 * using _dx = model.backward(y);
 * const weights = await model.getWeights();
 * const gradients = await readAll(model.gradients);
 * model.setWeights(weights.map((w, i) => w.map((value, at) => value - 0.01 * gradients[i]![at]!)));
 * if (await loss() >= before) throw new Error("the loss did not fall");
 * ```
 */
export class Sequential implements Disposable {
  /** What messages call the stack: `sequential`, `sequential_1`, and so on. */
  readonly name: string = count++ === 0 ? "sequential" : `sequential_${count - 1}`;
  readonly #layers: Dense[] = [];
  #kernel: Kernel | null = null;
  /** The shape of the input that the stack was built for, its rows null. */
  #inputShape: readonly (number | null)[] | null = null;
  readonly #passes = new StackPasses(this.name);
  #disposed = false;

  /**
   * A stack of these layers, to which {@linkcode add} adds more.
   *
   * @param layers From the first to the last; all on one kernel.
   * @throws {ArgumentError} where something else is in the place of a layer, or two have one name.
   * @throws {OwnershipError} where a layer is of another kernel.
   */
  constructor(layers?: readonly Dense[]);
  /**
   * The same, with the kernel that all of the layers compute on.
   *
   * @param kernel What the layers must be of.
   */
  constructor(kernel: Kernel, layers?: readonly Dense[]);
  constructor(...given: readonly unknown[]) {
    const [first] = given;
    if (given.length > 1) checkKernel("a Sequential", first);
    if (looksLikeKernel(first)) this.#kernel = first;
    // A kernel alone, or nothing, has no layers yet.
    const layers = given.length > 1 ? given[1] : given.length === 0 || this.#kernel ? [] : first;
    if (!Array.isArray(layers)) {
      throw new ArgumentError(`a Sequential takes an array of layers; got ${describe(layers)}`);
    }
    for (const layer of layers) this.add(layer as Dense);
  }

  /** The layers, from the first to the last. */
  get layers(): readonly Dense[] {
    return [...this.#layers];
  }

  /**
   * What all of the layers compute on.
   *
   * @throws {OwnershipError} while there is no layer, and none was given.
   */
  get kernel(): Kernel {
    if (!this.#kernel) {
      throw new OwnershipError(`'${this.name}' has no kernel before its first layer`);
    }
    return this.#kernel;
  }

  /** Whether the weights of all layers exist. */
  get built(): boolean {
    return this.#layers.length > 0 && this.#layers.every(({ built }) => built);
  }

  /**
   * Adds a layer behind the others, which the stack owns from now on.
   *
   * @returns The stack, so that calls can be chained.
   * @throws {ArgumentError} where it is no layer, or is in the stack already, or has the name of one that is.
   * @throws {OwnershipError} where the layer is of another kernel.
   *
   * @example One after the other
   * ```ts
   * import { createKernel, Dense, Sequential } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using model = new Sequential();
   * model.add(new Dense(kernel, { units: 8, activation: "relu" }));
   * model.add(new Dense(kernel, { units: 2 }));
   * model.build([null, 3]);
   * if (model.countParams() !== 3 * 8 + 8 + 8 * 2 + 2) throw new Error(model.summary());
   * ```
   */
  add(layer: Dense): this {
    this.#expectAlive();
    if (typeof layer?.backward !== "function" || !Number.isInteger(layer.units)) {
      throw new ArgumentError(
        `layer ${this.#layers.length} of a Sequential must be a layer such as Dense; got ${
          describe(layer)
        }`,
      );
    }
    const { name, kernel } = layer;
    const own = this.#kernel ?? kernel;
    if (kernel !== own) {
      throw new OwnershipError(
        `layer ${quote(name)} is on the kernel "${kernel.name}", the Sequential on "${own.name}"`,
      );
    }
    if (this.#layers.some((other) => other.name === name)) {
      throw new ArgumentError(
        `all layers of a Sequential need names of their own; ${quote(name)} is there already`,
      );
    }
    const before = this.#layers.at(-1);
    if (layer.built && before && layer.weight.shape[0] !== before.units) {
      throw new ShapeError(
        `layer ${quote(name)} has ${layer.weight.shape[0]} inputs, and layer ${
          quote(before.name)
        } before it ${before.units} units; they must be equal`,
      );
    }
    if (this.#inputShape && !layer.built) {
      layer.build([...this.#inputShape.slice(0, -1), before!.units]);
    }
    this.#kernel = own;
    this.#layers.push(layer);
    return this;
  }

  /**
   * Makes the weights of all layers for inputs of this shape, whose last axis
   * counts the inputs of the first layer; see {@linkcode Dense.build}.
   *
   * @throws {ShapeError} where the last axis is not a whole number >= 0.
   * @throws {ArgumentError} where there is no layer.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.#expectLayers();
    let shape = inputShape;
    for (const layer of this.#layers) {
      layer.build(shape);
      shape = [...shape.slice(0, -1), layer.units];
    }
    this.#inputShape ??= [null, ...inputShape.slice(1)];
  }

  /**
   * The stack's result for x [rows, inputs], a new tensor [rows, units of the
   * last layer] that belongs to the caller; x may have more axes before the last.
   * The first call builds the layers. x and what lies between the layers are kept
   * for {@linkcode backward}: until then neither x, nor the result, nor a weight
   * must be changed or disposed. Where no gradients are wanted, {@linkcode predict}
   * keeps nothing.
   *
   * @throws {ShapeError} where x does not fit the first layer, or a layer the one before it.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   * @throws {ArgumentError} where x is no tensor, or there is no layer.
   */
  forward(x: Tensor): Tensor {
    this.#expectLayers();
    this.#passes.prepare();
    const results: Tensor[] = [];
    try {
      for (const layer of this.#layers) results.push(layer.forward(results.at(-1) ?? x));
    } catch (error) {
      disposeAll(results);
      throw error;
    }
    this.#noteShape(x);
    this.#passes.add(x, results);
    return results.at(-1)!;
  }

  /**
   * What `forward` gives, for calls whose gradients are not needed. What lies
   * between is freed, and nothing is kept for `backward`.
   *
   * @throws {ShapeError} where x does not fit the first layer, or a layer the one before it.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   * @throws {ArgumentError} where x is no tensor, or there is no layer.
   */
  predict(x: Tensor): Tensor {
    this.#expectLayers();
    let current = x;
    for (const layer of this.#layers) {
      try {
        const next = layer.predict(current);
        if (current !== x) current[Symbol.dispose]();
        current = next;
      } catch (error) {
        if (current !== x) current[Symbol.dispose]();
        throw error;
      }
    }
    this.#noteShape(x);
    return current;
  }

  /**
   * The gradients of a loss, given its gradient dy by the result y of a
   * `forward`, through all layers from the last to the first: returns the one by
   * x, a new tensor of x's shape, and sets {@linkcode gradients}, which hold until
   * the next call. y may be left out where only one `forward` waits for its
   * gradients; see {@linkcode Dense.backward}.
   *
   * @param dy Of the result's shape.
   * @param y The result that dy belongs to, where there were several.
   * @throws {OwnershipError} without a `forward` before it, or where its input, its result or a weight was disposed or changed since.
   * @throws {ArgumentError} where there were several and y is missing, or dy is no tensor.
   * @throws {ShapeError} where dy is not of the result's shape.
   */
  backward(dy: Tensor, y?: Tensor): Tensor {
    this.#expectLayers();
    checkTensor(`dy of '${this.name}'`, dy);
    const pass = this.#passes.find(y);
    if (pass.results.length !== this.#layers.length) {
      throw new OwnershipError(
        `'${this.name}' got another layer between forward() and backward(); call forward() again`,
      );
    }
    let current = dy;
    for (const [i, layer] of [...this.#layers.entries()].reverse()) {
      try {
        const next = layer.backward(current, pass.results[i]);
        if (current !== dy) current[Symbol.dispose]();
        current = next;
      } catch (error) {
        if (current !== dy) current[Symbol.dispose]();
        throw error;
      }
    }
    this.#passes.markUsed(pass);
    return current;
  }

  /** The weights of all layers in Keras's order, from the first layer's weight to the last one's bias; those of layers that are built. */
  get weights(): Tensor[] {
    return this.#layers.flatMap((layer) => layer.weights);
  }

  /** What the {@linkcode weights} are called: `dense/weight`, `dense/bias`, and so on. */
  get weightNames(): string[] {
    return this.#layers.flatMap(({ name, weights }) =>
      weights.map((_, i) => `${name}/${i === 0 ? "weight" : "bias"}`)
    );
  }

  /**
   * The gradients of the loss by the {@linkcode weights}, in their order, from the
   * last `backward`.
   *
   * @throws {OwnershipError} before the first `backward`.
   */
  get gradients(): Tensor[] {
    return this.#layers.flatMap(({ weightGradient, biasGradient }) =>
      biasGradient ? [weightGradient, biasGradient] : [weightGradient]
    );
  }

  /** Copies of the weights' values, row-major, in the order of {@linkcode weights}; read in one wait. */
  async getWeights(): Promise<Float32Array[]> {
    return await readAll(this.weights);
  }

  /**
   * Sets the weights of all layers. All values are checked before the first is
   * written.
   *
   * @param values As many as `weights`, each as long as its tensor, and of the kinds that a tensor takes.
   * @throws {ShapeError} where their number or their sizes do not fit.
   * @throws {ArgumentError} where they are no numbers.
   * @throws {OwnershipError} before the layers are built.
   */
  setWeights(values: readonly TensorData[]): void {
    this.#expectLayers();
    if (!this.built) {
      throw new OwnershipError(
        `You must build the model before accessing \`setWeights()\`: call build([null, inputs]) on '${this.name}'.`,
      );
    }
    const { weights } = this;
    if (!Array.isArray(values) || values.length !== weights.length) {
      convertWeights(this.name, weights, values);
    }
    let from = 0;
    const converted = this.#layers.flatMap((layer) => {
      const own = layer.weights;
      return convertWeights(layer.name, own, values.slice(from, from += own.length));
    });
    for (const [i, weight] of weights.entries()) weight.write(converted[i]!);
  }

  /** How many numbers the weights of all layers are; 0 before they are built. */
  countParams(): number {
    return this.weights.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * A table of the layers, as Keras prints it: their names and kinds, what they
   * give, how many parameters they have, and how many all of them. The text is
   * returned, to be printed.
   *
   * @example
   * ```ts
   * import { createKernel, Dense, Sequential } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using model = new Sequential([
   *   new Dense(kernel, { name: "hidden", units: 4, activation: "relu" }),
   *   new Dense(kernel, { name: "digits", units: 10, activation: "softmax" }),
   * ]);
   * model.build([null, 784]);
   * const [, , head, , hidden, digits] = model.summary().split("\n");
   * const lines = [
   *   "Layer (type)    Output shape  Activation  Params",
   *   "hidden (Dense)  [null, 4]     relu         3,140",
   *   "digits (Dense)  [null, 10]    softmax         50",
   * ];
   * if ([head, hidden, digits].join("\n") !== lines.join("\n")) throw new Error(model.summary());
   * ```
   */
  summary(): string {
    return formatSummary(this.name, this.#layers, this.#inputShape);
  }

  static {
    showAs(
      this.prototype,
      "Sequential",
      (model) => model.#disposed ? `Sequential ${quote(model.name)}, disposed` : model.summary(),
    );
  }

  /** Frees all layers, and what is kept for `backward`. */
  [Symbol.dispose](): void {
    this.#passes.clear();
    for (const layer of this.#layers) layer[Symbol.dispose]();
    this.#disposed = true;
  }

  #noteShape({ shape }: Tensor): void {
    this.#inputShape ??= [null, ...shape.slice(1)];
  }

  #expectAlive(): void {
    if (this.#disposed) throw new OwnershipError(`'${this.name}' was disposed`);
  }

  #expectLayers(): void {
    this.#expectAlive();
    if (this.#layers.length === 0) {
      throw new ArgumentError(`'${this.name}' needs at least one layer; add() adds one`);
    }
  }
}
