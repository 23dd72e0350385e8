/**
 * Sequential: a stack of layers, each of which takes the result of the one
 * before, like Keras's class of that name. Nothing is copied between them: the
 * tensors stay in the kernel's memory.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import { checkOptions } from "../common/options.ts";
import { quote } from "../common/text.ts";
import { checkKernel, checkTensor, looksLikeKernel, nameOfOther } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { layerOptionChecks } from "./layer_options.ts";
import type { KerasConfig } from "./keras_objects.ts";
import type { BackwardOptions, Layer } from "./layer.ts";
import { checkApart, checkFollows, LayerStack } from "./layer_stack.ts";
import { nameOf } from "./names.ts";
import { NetworkRuns, predictNetwork } from "./network_runs.ts";
import {
  checkLayer,
  type ForwardOptions,
  isTraining,
  readBackwardOptions,
} from "./layer_checks.ts";
import { disposeAll, PendingForwards } from "./pending_forwards.ts";
import { formatSummary } from "./summary.ts";
import { sequentialConfig } from "./sequential_config.ts";

/** The options of a {@linkcode Sequential}. */
export interface SequentialOptions {
  /** What messages call the stack; default `sequential`, `sequential_1`, and so on. */
  readonly name?: string;
}

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
export class Sequential<L extends Layer = Layer> extends LayerStack<L> {
  /** Its name in Keras. */
  readonly className = "Sequential";
  #kernel: Kernel | null = null;
  /** The shape of the input that the stack was built for, its rows null. */
  #inputShape: readonly (number | null)[] | null = null;
  readonly #passes: PendingForwards;
  readonly #networks = new NetworkRuns();

  /**
   * A stack of these layers, to which {@linkcode add} adds more.
   *
   * @param layers From the first to the last; all on one kernel.
   * @throws {ArgumentError} where something else is in the place of a layer, or two have one name.
   * @throws {OwnershipError} where a layer is of another kernel.
   */
  constructor(layers?: readonly L[], options?: SequentialOptions);
  /**
   * The same, with the kernel that all of the layers compute on.
   *
   * @param kernel What the layers must be of.
   */
  constructor(kernel: Kernel, layers?: readonly L[], options?: SequentialOptions);
  constructor(...given: readonly unknown[]) {
    const [first, second] = given;
    // Layers alone may have options behind them.
    if (second !== undefined && !Array.isArray(first)) checkKernel("a Sequential", first);
    const kernel = looksLikeKernel(first) ? first : null;
    const [layers, options = {}] = kernel ? given.slice(1) : given;
    const { name } = checkOptions<SequentialOptions>("Sequential", options, {
      name: layerOptionChecks.name,
    });
    super(nameOf("Sequential", name));
    this.#kernel = kernel;
    this.#passes = new PendingForwards(this.label);
    // A kernel alone, or nothing, has no layers yet.
    if (layers === undefined) return;
    if (!Array.isArray(layers)) {
      throw new ArgumentError(`a Sequential takes an array of layers; got ${describe(layers)}`);
    }
    for (const layer of layers) this.add(layer as L);
  }

  /**
   * What all of the layers compute on.
   *
   * @throws {OwnershipError} while there is no layer, and none was given.
   */
  get kernel(): Kernel {
    if (!this.#kernel) {
      throw new OwnershipError(`${this.label} has no kernel before its first layer`);
    }
    return this.#kernel;
  }

  /**
   * Adds a layer behind the others, which the stack owns from now on.
   *
   * @returns The stack, so that calls can be chained.
   * @throws {ArgumentError} where it is no layer, is the stack or contains it, is in the stack already, or has the name of one that is.
   * @throws {OwnershipError} where the layer is of another kernel, and while `fit` runs.
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
  add(layer: L): this {
    this.expectAlive();
    this.expectIdle("add()");
    checkLayer(this.stack.length, layer);
    checkApart(layer, this);
    const { name, kernel } = layer;
    const own = this.#kernel ?? kernel;
    if (kernel !== own) {
      throw new OwnershipError(
        `layer ${quote(name)} is on the kernel ${quote(kernel.name)}, the Sequential on ${
          nameOfOther(own, kernel)
        }`,
      );
    }
    if (this.stack.some((other) => other.name === name)) {
      throw new ArgumentError(
        `all layers of a Sequential need names of their own; ${
          quote(name)
        } is there already: the option name gives another`,
      );
    }
    const before = this.stack.at(-1);
    if (this.#inputShape) {
      const shape = this.stack.length > 0
        ? this.computeOutputShape(this.#inputShape)
        : this.#inputShape;
      checkFollows(layer, before, shape);
      layer.build(shape);
    } else checkFollows(layer, before, null);
    this.#kernel = own;
    this.stack.push(layer);
    // An Input says what the layers behind it are built for.
    const { inputShape = null } = layer as { readonly inputShape?: readonly (number | null)[] };
    if (!before && layer.className === "InputLayer" && typeof inputShape?.at(-1) === "number") {
      this.#noteShape(inputShape);
    }
    return this;
  }

  /**
   * Takes the last layer away, which belongs to the caller from now on: Keras's
   * `pop`. What {@linkcode layers} gives is a copy, by which none is taken away.
   *
   * @throws {ArgumentError} where there is no layer.
   * @throws {OwnershipError} after disposal, and while `fit` runs.
   *
   * @example Another last layer for other classes
   * ```ts
   * import { createKernel, Dense, Sequential } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using model = new Sequential([
   *   new Dense(kernel, { units: 8, activation: "relu" }),
   *   new Dense(kernel, { units: 10, activation: "softmax" }),
   * ]);
   * model.build([null, 4]);
   * model.pop()[Symbol.dispose]();
   * for (const layer of model.layers) layer.trainable = false;
   * model.add(new Dense(kernel, { units: 3, activation: "softmax" }));
   * const { shape } = await model.predict([[1, 2, 3, 4]]);
   * if (`${shape}` !== "1,3") throw new Error(`${shape}`);
   * ```
   */
  pop(): L {
    this.expectLayers();
    this.expectIdle("pop()");
    const layer = this.stack.pop()!;
    // What waits for its gradients went through all of the layers.
    this.#passes.clear();
    if (this.stack.length === 0) this.#inputShape = null;
    return layer;
  }

  /**
   * Makes the weights of all layers for inputs of this shape, whose last axis
   * counts the inputs of the first layer; see {@linkcode Dense.build}.
   *
   * @throws {ShapeError} where the last axis is not a whole number >= 0.
   * @throws {ArgumentError} where there is no layer.
   * @throws {MemoryError} where there is no room for the weights.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.expectLayers();
    let shape = inputShape;
    for (const layer of this.stack) {
      layer.build(shape);
      shape = layer.computeOutputShape(shape);
    }
    this.#noteShape(inputShape);
  }

  /**
   * The stack's result for x [rows, inputs], a new tensor [rows, units of the
   * last layer] that belongs to the caller; x may have more axes before the last.
   * The first call builds the layers. x and what lies between the layers are kept
   * for {@linkcode backward}: until then neither x, nor the result, nor a weight
   * must be changed or disposed. Where no gradients are wanted, {@linkcode predict}
   * keeps nothing; `{ training: false }` means the same.
   *
   * @throws {ShapeError} where x does not fit the first layer, or a layer the one before it.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   * @throws {ArgumentError} where x is no tensor, or there is no layer.
   * @throws {MemoryError} where there is no room for a result.
   */
  forward(x: Tensor, options?: ForwardOptions): Tensor {
    if (!isTraining(options)) return this.apply(x);
    this.expectLayers();
    this.#passes.prepare();
    const results: Tensor[] = [];
    try {
      for (const layer of this.stack) results.push(layer.forward(results.at(-1) ?? x));
    } catch (error) {
      disposeAll(results);
      throw error;
    }
    this.#noteShape(x.shape);
    const y = results.pop()!;
    this.#passes.add(x, null, y, results);
    return y;
  }

  /** What `predict` gives for a tensor. */
  protected override apply(x: Tensor): Tensor {
    this.expectLayers();
    const { kernel } = this;
    let current = x;
    for (let i = 0; i < this.stack.length;) {
      const before = current;
      const network = this.#networks.at(this.stack, i, kernel, before);
      try {
        const result = network && predictNetwork(kernel, before, network);
        current = result ?? this.stack[i]!.predict(before);
        i += result ? network.length : 1;
      } finally {
        if (before !== x) before[Symbol.dispose]();
      }
    }
    this.#noteShape(x.shape);
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
   * @throws {MemoryError} where there is no room for the gradients.
   */
  backward(dy: Tensor, y?: Tensor): Tensor;
  /**
   * The same; with `{ inputGradient: false }` the gradient by x is not computed, and null comes back.
   * With `{ beforeActivation: true }` dy is the gradient by what the last layer's activation is applied to.
   *
   * @throws {ArgumentError} where an option is unknown.
   */
  backward(dy: Tensor, y: Tensor | undefined, options: BackwardOptions): Tensor | null;
  backward(dy: Tensor, y?: Tensor, options?: BackwardOptions): Tensor | null {
    this.expectLayers();
    const { inputGradient, beforeActivation } = readBackwardOptions(options);
    checkTensor(`dy of ${this.label}`, dy);
    const pass = this.#passes.find(y);
    const results = [...pass.kept, pass.y];
    if (results.length !== this.stack.length) {
      throw new OwnershipError(
        `${this.label} got another layer between forward() and backward(); call forward() again`,
      );
    }
    let current: Tensor | null = dy;
    for (const [i, layer] of [...this.stack.entries()].reverse()) {
      const after: Tensor = current!;
      try {
        current = layer.backward(after, results[i], {
          inputGradient: i > 0 || inputGradient,
          beforeActivation: beforeActivation && i === this.stack.length - 1,
        });
      } finally {
        if (after !== dy) after[Symbol.dispose]();
      }
    }
    this.#passes.markUsed(pass);
    return current;
  }

  /** The configuration in Keras 3's form, as `model.get_config()` gives it. */
  getConfig(): KerasConfig {
    this.expectAlive();
    return sequentialConfig(this.name, this.stack, this.#inputShape);
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
    this.expectAlive();
    return formatSummary(this.name, this.stack, this.#inputShape);
  }

  static {
    const show = (model: Sequential) =>
      model.disposed ? `${model.label}, disposed` : model.summary();
    showAs(this.prototype, "Sequential", show);
  }

  /** Frees all layers, and what is kept for `backward`. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#passes.clear();
    disposeAll(this.stack);
    this.disposed = true;
  }

  #noteShape(shape: readonly (number | null)[]): void {
    // One axis alone counts the inputs; the rows are left out.
    this.#inputShape ??= [null, ...(shape.length > 1 ? shape.slice(1) : shape)];
  }
}
