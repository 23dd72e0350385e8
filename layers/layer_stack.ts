/**
 * What a stack of layers says and sets of all of them: variables, gradients,
 * penalties, values.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import type { Layer, Variable } from "./layer.ts";
import type { QuantizationMode, QuantizeOptions } from "./quantization.ts";
import { Trainable } from "./training/trainable.ts";
import type { WeightValues } from "./shaped_data.ts";
import { convertWeights, parametersOf } from "./weights.ts";

/** The shape that a layer gives for what it was built for. */
function lastOutput(layer: Layer): readonly (number | null)[] | null {
  const { inputShape } = layer as { readonly inputShape?: readonly (number | null)[] | null };
  return inputShape ? layer.computeOutputShape(inputShape) : null;
}

const weightsOf = (layer: Layer): Tensor[] => layer.variables.map(({ tensor }) => tensor);

/** @throws {ShapeError} where a layer that is built takes other inputs than the one before it gives. */
export function checkFollows(
  layer: Layer,
  before: Layer | undefined,
  shape: readonly (number | null)[] | null,
): void {
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

/** A layer that can be quantized. */
interface Quantizable extends Layer {
  readonly quantizationMode?: QuantizationMode | null;
  quantize(mode: QuantizationMode, options?: QuantizeOptions): void;
}

function isQuantizable(layer: Layer): layer is Quantizable {
  return typeof (layer as Partial<Quantizable>).quantize === "function";
}

/** Whether a layer is the stack, or has it among its layers at any depth; not by calling itself, since stacks may be nested as deep as one likes. */
function contains(layer: Layer, stack: Layer): boolean {
  const found = new Set<unknown>([layer]);
  for (const each of found) {
    const { layers } = (each ?? {}) as { readonly layers?: unknown };
    if (Array.isArray(layers)) { for (const inner of layers) found.add(inner); }
  }
  return found.has(stack);
}

/** @throws {ArgumentError} where a layer is the stack that it is added to, or has it among its layers. */
export function checkApart(layer: Layer, stack: Layer): void {
  if (!contains(layer, stack)) return;
  throw new ArgumentError(
    layer === stack
      ? `a Sequential cannot be a layer of its own; got ${quote(stack.name)} itself`
      : `a Sequential cannot contain itself; ${quote(layer.name)} has ${
        quote(stack.name)
      } among its layers`,
  );
}

/** A stack of layers, without what computes. */
export abstract class LayerStack<L extends Layer> extends Trainable {
  /** The layers, from the first to the last. */
  protected readonly stack: L[] = [];
  /** How messages begin. */
  protected readonly label: string;
  /** Whether it was disposed. */
  protected disposed = false;

  /**
   * Makes it.
   *
   * @param name What messages call it.
   */
  constructor(readonly name: string) {
    super();
    this.label = `Sequential ${quote(name)}`;
  }

  /** The layers, from the first to the last. */
  get layers(): readonly L[] {
    return [...this.stack];
  }

  /**
   * The layer of this name: Keras's `get_layer`.
   *
   * @throws {ArgumentError} where there is none.
   *
   * @example The weights of one layer for that of another network
   * ```ts
   * import { createKernel, Dense, Sequential } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * const networkOf = (units: number) =>
   *   new Sequential([
   *     new Dense(kernel, { name: "features", units: 4, activation: "relu" }),
   *     new Dense(kernel, { name: "head", units }),
   *   ]);
   * using trained = networkOf(10);
   * using other = networkOf(2);
   * for (const model of [trained, other]) model.build([null, 3]);
   * const features = other.getLayer("features") as Dense;
   * features.setWeights(await (trained.getLayer("features") as Dense).getWeights());
   * const [ours, theirs] = [await other.getWeights(), await trained.getWeights()];
   * if (`${ours[0]}` !== `${theirs[0]}`) throw new Error(`${ours[0]}`);
   * ```
   */
  getLayer(name: string): L {
    const found = this.stack.find((layer) => layer.name === name);
    if (found) return found;
    throw new ArgumentError(
      `${this.label} has no layer ${typeof name === "string" ? quote(name) : describe(name)}; ${
        this.stack.length > 0
          ? `there are ${formatList(this.stack.map((layer) => quote(layer.name)), { most: 12 })}`
          : "it has none"
      }`,
    );
  }

  /** Whether the weights of all layers exist. */
  get built(): boolean {
    return this.stack.length > 0 && this.stack.every(({ built }) => built);
  }

  /**
   * The weights of all layers in Keras's order, from the first layer's weight to the last one's bias; those of layers that are built.
   *
   * @throws {OwnershipError} after disposal, as do all that follow.
   */
  get weights(): Tensor[] {
    this.expectAlive();
    return this.stack.flatMap(weightsOf);
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
    this.expectAlive();
    return this.stack.flatMap((layer) =>
      layer.variables.map((variable) => ({ ...variable, name: `${layer.name}/${variable.name}` }))
    );
  }

  /** Whether training changes a layer of it. Setting it sets that of all layers, as in Keras. */
  get trainable(): boolean {
    return this.stack.length === 0 || this.stack.some(({ trainable }) => trainable);
  }

  set trainable(trainable: boolean) {
    // Before any of them is set.
    if (typeof trainable !== "boolean") {
      throw new ArgumentError(
        `Expected \`trainable\` to be a boolean. Received: ${describe(trainable)}`,
      );
    }
    for (const layer of this.stack) layer.trainable = trainable;
  }

  /**
   * Quantizes all layers that can be, which are `Dense` ones, also of stacks within
   * it, as Keras's `Model.quantize`; nothing is changed where one of them refuses.
   *
   * @throws {OwnershipError} where one is not built, or quantized already, and while `fit` runs.
   * @throws {ArgumentError} as {@linkcode Dense.quantize}.
   *
   * @example Bytes in place of the weights
   * ```ts
   * import { createKernel, Dense, Sequential } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using model = new Sequential([
   *   new Dense(kernel, { units: 8, activation: "relu", seed: 1 }),
   *   new Dense(kernel, { units: 2, seed: 2 }),
   * ]);
   * const before = (await model.predict([[1, -2, 0.5]])).toArray();
   * model.quantize("int8");
   * const after = (await model.predict([[1, -2, 0.5]])).toArray();
   * if (Math.abs(before[0]![0]! - after[0]![0]!) > 0.05) throw new Error(`${before} ${after}`);
   * ```
   */
  quantize(mode: QuantizationMode, options?: QuantizeOptions): void {
    this.expectLayers();
    this.expectIdle("quantize()");
    const layers = this.#quantizable();
    const refusing = layers.find(({ built, quantizationMode }) => !built || quantizationMode);
    for (const layer of refusing ? [refusing] : layers) layer.quantize(mode, options);
  }

  #quantizable(): Quantizable[] {
    return this.stack.flatMap((layer) =>
      layer instanceof LayerStack ? layer.#quantizable() : isQuantizable(layer) ? [layer] : []
    );
  }

  /** The activation of the last layer; null without layers. */
  get outputActivation(): Activation | null {
    return this.stack.at(-1)?.outputActivation ?? null;
  }

  /**
   * The shape of the result for inputs of this shape.
   *
   * @throws {ShapeError} where it does not fit.
   */
  computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    this.expectLayers();
    return this.stack.reduce<(number | null)[]>(
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
      throw new OwnershipError(`${this.label} has no gradient of ${name} before backward()`);
    });
  }

  /**
   * The penalties of all layers, each a new tensor [1] that belongs to the caller.
   *
   * @throws {OwnershipError} after disposal.
   */
  losses(): Tensor[] {
    this.expectAlive();
    return this.stack.flatMap((layer) => layer.losses?.() ?? []);
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
    this.expectLayers();
    if (!this.built) {
      throw new OwnershipError(
        `You must build the model before accessing \`setWeights()\`: call build([null, inputs]) on ${this.label}.`,
      );
    }
    const { weights } = this;
    if (!Array.isArray(values) || values.length !== weights.length) {
      convertWeights(this.label, weights, values);
    }
    let from = 0;
    const converted = this.stack.flatMap((layer) => {
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
   * Checks that it was not disposed.
   *
   * @throws {OwnershipError} after disposal.
   */
  protected expectAlive(): void {
    if (this.disposed) throw new OwnershipError(`${this.label} was disposed`);
  }

  /**
   * Checks that there is a layer.
   *
   * @throws {ArgumentError} where there is none.
   */
  protected expectLayers(): void {
    this.expectAlive();
    if (this.stack.length === 0) {
      throw new ArgumentError(`${this.label} needs at least one layer; add() adds one`);
    }
  }
}
