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
import { checkOptions } from "../common/options.ts";
import { quote } from "../common/text.ts";
import { checkKernel, checkTensor, looksLikeKernel, nameOfOther } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import { layerOptionChecks } from "./layer_options.ts";
import type { KerasConfig } from "./keras_objects.ts";
import type { BackwardOptions, Layer, Variable } from "./layer.ts";
import { defaultName } from "./names.ts";
import {
  checkLayer,
  type ForwardOptions,
  isTraining,
  readBackwardOptions,
} from "./layer_checks.ts";
import { disposeAll, PendingForwards } from "./pending_forwards.ts";
import { formatSummary } from "./summary.ts";
import { sequentialConfig } from "./sequential_config.ts";
import { Trainable } from "./training/trainable.ts";
import { convertWeights, parametersOf, type WeightValues } from "./weights.ts";

/** The options of a {@linkcode Sequential}. */
export interface SequentialOptions {
  /** What messages call the stack; default `sequential`, `sequential_1`, and so on. */
  readonly name?: string;
}

/** The shape that a layer gives for what it was built for. */
function lastOutput(layer: Layer): readonly (number | null)[] | null {
  const { inputShape } = layer as { readonly inputShape?: readonly (number | null)[] | null };
  return inputShape ? layer.computeOutputShape(inputShape) : null;
}

const weightsOf = (layer: Layer): Tensor[] => layer.variables.map(({ tensor }) => tensor);

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
export class Sequential<L extends Layer = Layer> extends Trainable {
  /** Its name in Keras. */
  readonly className = "Sequential";
  /** What messages call the stack: `sequential`, `sequential_1`, and so on. */
  readonly name: string;
  /** How messages begin. */
  readonly #label: string;
  readonly #layers: L[] = [];
  #kernel: Kernel | null = null;
  /** The shape of the input that the stack was built for, its rows null. */
  #inputShape: readonly (number | null)[] | null = null;
  readonly #passes: PendingForwards;
  #disposed = false;

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
    super();
    const [first, second] = given;
    // Layers alone may have options behind them.
    if (second !== undefined && !Array.isArray(first)) checkKernel("a Sequential", first);
    if (looksLikeKernel(first)) this.#kernel = first;
    const [layers, options = {}] = this.#kernel ? given.slice(1) : given;
    const { name } = checkOptions<SequentialOptions>("Sequential", options, {
      name: layerOptionChecks.name,
    });
    this.name = name ?? defaultName("Sequential");
    this.#label = `Sequential ${quote(this.name)}`;
    this.#passes = new PendingForwards(this.#label);
    // A kernel alone, or nothing, has no layers yet.
    if (layers === undefined) return;
    if (!Array.isArray(layers)) {
      throw new ArgumentError(`a Sequential takes an array of layers; got ${describe(layers)}`);
    }
    for (const layer of layers) this.add(layer as L);
  }

  /** The layers, from the first to the last. */
  get layers(): readonly L[] {
    return [...this.#layers];
  }

  /**
   * What all of the layers compute on.
   *
   * @throws {OwnershipError} while there is no layer, and none was given.
   */
  get kernel(): Kernel {
    if (!this.#kernel) {
      throw new OwnershipError(`${this.#label} has no kernel before its first layer`);
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
  add(layer: L): this {
    this.#expectAlive();
    checkLayer(this.#layers.length, layer);
    const { name, kernel } = layer;
    const own = this.#kernel ?? kernel;
    if (kernel !== own) {
      throw new OwnershipError(
        `layer ${quote(name)} is on the kernel ${quote(kernel.name)}, the Sequential on ${
          nameOfOther(own, kernel)
        }`,
      );
    }
    if (this.#layers.some((other) => other.name === name)) {
      throw new ArgumentError(
        `all layers of a Sequential need names of their own; ${quote(name)} is there already`,
      );
    }
    if (this.#inputShape) {
      const shape = this.#layers.length > 0
        ? this.computeOutputShape(this.#inputShape)
        : this.#inputShape;
      this.#checkFollows(layer, shape);
      layer.build(shape);
    } else this.#checkFollows(layer, null);
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
   * @throws {MemoryError} where there is no room for the weights.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.#expectLayers();
    let shape = inputShape;
    for (const layer of this.#layers) {
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
    this.#expectLayers();
    this.#passes.prepare();
    const results: Tensor[] = [];
    try {
      for (const layer of this.#layers) results.push(layer.forward(results.at(-1) ?? x));
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
    this.#expectLayers();
    let current = x;
    for (const layer of this.#layers) {
      const before = current;
      try {
        current = layer.predict(before);
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
    this.#expectLayers();
    const { inputGradient, beforeActivation } = readBackwardOptions(options);
    checkTensor(`dy of ${this.#label}`, dy);
    const pass = this.#passes.find(y);
    const results = [...pass.kept, pass.y];
    if (results.length !== this.#layers.length) {
      throw new OwnershipError(
        `${this.#label} got another layer between forward() and backward(); call forward() again`,
      );
    }
    let current: Tensor | null = dy;
    for (const [i, layer] of [...this.#layers.entries()].reverse()) {
      const after: Tensor = current!;
      try {
        current = layer.backward(after, results[i], {
          inputGradient: i > 0 || inputGradient,
          beforeActivation: beforeActivation && i === this.#layers.length - 1,
        });
      } finally {
        if (after !== dy) after[Symbol.dispose]();
      }
    }
    this.#passes.markUsed(pass);
    return current;
  }

  /**
   * The weights of all layers in Keras's order, from the first layer's weight to the last one's bias; those of layers that are built.
   *
   * @throws {OwnershipError} after disposal, as do all that follow.
   */
  get weights(): Tensor[] {
    this.#expectAlive();
    return this.#layers.flatMap(weightsOf);
  }

  /** What the {@linkcode weights} are called: `dense/weight`, `dense/bias`, and so on; those of layers within layers as in {@linkcode variables}. */
  get weightNames(): string[] {
    return this.variables.map(({ name }) => name.replace(/\/kernel$/, "/weight"));
  }

  /**
   * The variables of all layers, each named `layer/variable`, as `dense/kernel`; those of layers that are built.
   *
   * @throws {OwnershipError} after disposal.
   */
  get variables(): Variable[] {
    this.#expectAlive();
    return this.#layers.flatMap((layer) =>
      layer.variables.map((variable) => ({ ...variable, name: `${layer.name}/${variable.name}` }))
    );
  }

  /** Whether training changes a layer of it. Setting it sets that of all layers, as in Keras. */
  get trainable(): boolean {
    return this.#layers.some(({ trainable }) => trainable);
  }

  set trainable(trainable: boolean) {
    // Before any of them is set.
    if (typeof trainable !== "boolean") {
      throw new ArgumentError(
        `Expected \`trainable\` to be a boolean. Received: ${describe(trainable)}`,
      );
    }
    for (const layer of this.#layers) layer.trainable = trainable;
  }

  /** The activation of the last layer; null without layers. */
  get outputActivation(): string | null {
    return this.#layers.at(-1)?.outputActivation ?? null;
  }

  /**
   * The shape of the result for inputs of this shape.
   *
   * @throws {ShapeError} where it does not fit.
   */
  computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    this.#expectLayers();
    return this.#layers.reduce<(number | null)[]>(
      (shape, layer) => layer.computeOutputShape(shape),
      [...inputShape],
    );
  }

  /**
   * The gradients of the loss by the {@linkcode weights} that training changes, in
   * their order, from the last `backward` of each layer: of one in two stacks it
   * may be that of the other.
   *
   * @throws {OwnershipError} before the first `backward`, and after disposal.
   */
  get gradients(): Tensor[] {
    return this.variables.filter(({ trainable }) => trainable).map(({ name, gradient }) => {
      if (gradient) return gradient;
      throw new OwnershipError(`${this.#label} has no gradient of ${name} before backward()`);
    });
  }

  /**
   * The penalties of all layers, each a new tensor [1] that belongs to the caller.
   *
   * @throws {OwnershipError} after disposal.
   */
  losses(): Tensor[] {
    this.#expectAlive();
    return this.#layers.flatMap((layer) => layer.losses?.() ?? []);
  }

  /** The configuration in Keras 3's form, as `model.get_config()` gives it. */
  getConfig(): KerasConfig {
    this.#expectAlive();
    return sequentialConfig(this.name, this.#layers, this.#inputShape);
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
   * @throws {OwnershipError} before the layers are built, and after disposal.
   * @throws {MemoryError} where there is no room for a copy as float32.
   */
  setWeights(values: readonly WeightValues[]): void {
    this.#expectLayers();
    if (!this.built) {
      throw new OwnershipError(
        `You must build the model before accessing \`setWeights()\`: call build([null, inputs]) on ${this.#label}.`,
      );
    }
    const { weights } = this;
    if (!Array.isArray(values) || values.length !== weights.length) {
      convertWeights(this.#label, weights, values);
    }
    let from = 0;
    const converted = this.#layers.flatMap((layer) => {
      const own = weightsOf(layer);
      return convertWeights(
        `layer ${quote(layer.name)}`,
        own,
        values.slice(from, from += own.length),
      );
    });
    for (const [i, weight] of weights.entries()) weight.write(converted[i]!);
  }

  /** How many numbers the weights of all layers are; 0 before they are built. */
  countParams(): number {
    return parametersOf(this.weights);
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
    this.#expectAlive();
    return formatSummary(this.name, this.#layers, this.#inputShape);
  }

  static {
    const show = (model: Sequential) =>
      model.#disposed ? `${model.#label}, disposed` : model.summary();
    showAs(this.prototype, "Sequential", show);
  }

  /** Frees all layers, and what is kept for `backward`. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#passes.clear();
    disposeAll(this.#layers);
    this.#disposed = true;
  }

  /** @throws {ShapeError} where a layer that is built takes other inputs than the one before it gives. */
  #checkFollows(layer: L, shape: readonly (number | null)[] | null): void {
    const before = this.#layers.at(-1);
    const { inputShape } = layer as { readonly inputShape?: readonly (number | null)[] | null };
    const given = shape ?? (before?.built ? lastOutput(before) : null);
    const [wanted, got] = [inputShape?.at(-1), given?.at(-1)];
    if (!before || typeof wanted !== "number" || typeof got !== "number" || wanted === got) return;
    throw new ShapeError(
      `layer ${quote(layer.name)} has ${wanted} inputs, and layer ${
        quote(before.name)
      } before it gives ${got}; they must be equal`,
    );
  }

  #noteShape(shape: readonly (number | null)[]): void {
    // One axis alone counts the inputs; the rows are left out.
    this.#inputShape ??= [null, ...(shape.length > 1 ? shape.slice(1) : shape)];
  }

  #expectAlive(): void {
    if (this.#disposed) throw new OwnershipError(`${this.#label} was disposed`);
  }

  #expectLayers(): void {
    this.#expectAlive();
    if (this.#layers.length === 0) {
      throw new ArgumentError(`${this.#label} needs at least one layer; add() adds one`);
    }
  }
}
