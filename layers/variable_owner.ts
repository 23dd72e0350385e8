/**
 * What a layer is as the owner of variables: its name, whether it is built and
 * learns, and the variables' values, read, set, counted, and saved and loaded by
 * their places, as Keras's `save_own_variables` has it.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import { checkKernel, formatShape } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import type { Variable } from "./layer.ts";
import type { LayerOptions } from "./layer_options.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import { nameOf } from "./names.ts";
import { VariableList } from "./variable_list.ts";
import type { ShapedData, WeightValues } from "./shaped_data.ts";
import { parametersOf } from "./weights.ts";

/** Values of variables by their places: `0`, `1`, and so on. */
export type VariableStore = Readonly<Record<string, WeightValues>>;

let listOf: (owner: VariableOwner) => VariableList;

/** The variables of a layer, for its own base alone. */
export function variablesOf(owner: VariableOwner): VariableList {
  return listOf(owner);
}

/** Values with their shapes, by their places. */
export async function storeOf(tensors: readonly Tensor[]): Promise<Record<string, ShapedData>> {
  const values = await readAll(tensors);
  return Object.fromEntries(
    tensors.map(({ shape }, i) => [`${i}`, { shape: [...shape], data: values[i]! }]),
  );
}

/** The owner of a layer's variables. */
export abstract class VariableOwner implements Disposable {
  /** What messages call the layer. */
  readonly name: string;
  /** How messages begin: `layer "dense"`. */
  protected readonly label: string;
  readonly #variables: VariableList;
  #trainable = true;
  #built = false;
  #disposed = false;
  #inputShape: readonly (number | null)[] | null = null;

  static {
    listOf = (owner) => owner.#variables;
  }

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its variables.
   * @param className Its name in Keras, as configurations have it.
   */
  constructor(readonly kernel: Kernel, readonly className: string, options: LayerOptions) {
    checkKernel(className, kernel);
    this.name = nameOf(className, options.name);
    this.label = `layer ${quote(this.name)}`;
    this.trainable = options.trainable ?? true;
    this.#variables = new VariableList(kernel, this.name);
  }

  /** Whether the variables exist. */
  get built(): boolean {
    return this.#built;
  }

  /** The shape of input that the layer was built for; null before. */
  get inputShape(): readonly (number | null)[] | null {
    return this.#inputShape;
  }

  /** Whether training changes the variables. Where not, `backward` computes no gradients of them. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    if (typeof trainable !== "boolean") {
      throw new ArgumentError(
        `Expected \`trainable\` to be a boolean. Received: ${describe(trainable)}`,
      );
    }
    this.#trainable = trainable;
  }

  /**
   * All variables in Keras's order, with their gradients; none before the layer is built.
   *
   * @throws {OwnershipError} after disposal.
   */
  get variables(): Variable[] {
    this.expectAlive();
    return this.#variables.views(this.#trainable);
  }

  /** The values of the variables; none before the layer is built. */
  get weights(): Tensor[] {
    this.expectAlive();
    return this.#variables.tensors;
  }

  /**
   * Copies of the variables' values, row-major, in Keras's order; none before the layer is built.
   */
  async getWeights(): Promise<Float32Array[]> {
    return await readAll(this.weights);
  }

  /**
   * Sets the values of all variables, row-major. All are checked before the first is written.
   *
   * @param values As many as `weights`, each as long as its tensor of the kinds that a tensor takes; with a shape, or as rows, it is compared.
   * @throws {ShapeError} where their number or their sizes do not fit.
   * @throws {ArgumentError} where they are no numbers.
   * @throws {OwnershipError} before the layer is built, and after disposal of it or of a variable.
   * @throws {MemoryError} where there is no room for a copy as float32.
   */
  setWeights(values: readonly WeightValues[]): void {
    this.expectBuilt("setWeights()");
    this.#variables.set(this.label, values);
  }

  /**
   * Copies of the values with their shapes, by their places as Keras's files have
   * them: `0`, `1`, and so on; none before the layer is built.
   *
   * @throws {OwnershipError} after disposal.
   *
   * @example From one layer to another
   * ```ts
   * import { createKernel, Dense } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using one = new Dense(kernel, { units: 2 });
   * using other = new Dense(kernel, { units: 2 });
   * for (const layer of [one, other]) layer.build([null, 3]);
   * const store = await one.saveOwnVariables();
   * if (`${store["0"]?.shape}; ${store["1"]?.shape}` !== "3,2; 2") throw new Error("[3, 2], [2]");
   * other.loadOwnVariables(store);
   * if (`${await one.getWeights()}` !== `${await other.getWeights()}`) throw new Error("they differ");
   * ```
   */
  async saveOwnVariables(): Promise<Record<string, ShapedData>> {
    return await storeOf(this.weights);
  }

  /**
   * Sets the values by their places, as {@linkcode saveOwnVariables} gives them.
   *
   * @throws {ShapeError} where they are more or fewer, a place is missing, or a shape does not fit.
   * @throws {OwnershipError} where there are values but the layer is not built, and after disposal.
   * @throws {ArgumentError} where they are no numbers.
   */
  loadOwnVariables(store: VariableStore): void {
    this.setWeights(this.listOf(store, this.weights));
  }

  /** The values of a store in order, as many as variables. */
  protected listOf(store: VariableStore, expected: readonly Tensor[]): WeightValues[] {
    this.expectAlive();
    if (typeof store !== "object" || store === null) {
      throw new ArgumentError(
        `loadOwnVariables() takes an object with the values by their places; got ${
          describe(store)
        }`,
      );
    }
    const count = Object.keys(store).length;
    if (!this.#built && count > 0) {
      throw new OwnershipError(
        `${this.label} was never built and thus it doesn't have any variables, but there are ${count} to be loaded; build([null, inputs]) makes them`,
      );
    }
    const places = expected.map((_, i) => `${i}`);
    if (count !== places.length || !places.every((place) => Object.hasOwn(store, place))) {
      throw new ShapeError(
        `${this.label} expected ${places.length} variables, but received ${count} variables during loading. Expected: ${
          formatList(expected.map(({ shape }, i) => `"${i}" of ${formatShape(shape)}`)) || "none"
        }`,
      );
    }
    return places.map((place) => store[place]!);
  }

  /**
   * How many numbers the variables are.
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  countParams(): number {
    this.expectAlive();
    if (!this.#built) {
      throw new OwnershipError(
        `You tried to call \`count_params\` on ${this.label}, but the layer isn't built. You can build it manually via: \`build([null, inputs])\`.`,
      );
    }
    return parametersOf(this.weights);
  }

  /** Frees the variables and gradients; the kernel stays. */
  [Symbol.dispose](): void {
    this.#variables[Symbol.dispose]();
    this.#built = false;
    this.#disposed = true;
  }

  /** Whether it was disposed. */
  protected get disposed(): boolean {
    return this.#disposed;
  }

  /** Notes that the variables exist, for inputs of this shape. */
  protected noteBuilt(inputShape: readonly (number | null)[]): void {
    this.#built = true;
    this.#inputShape = Object.freeze([...inputShape]);
  }

  /** Called where a layer that is built gets other variables; nothing by default. */
  protected variablesChanged(): void {}

  /** Makes a variable with its first values. */
  protected addVariable(options: VariableOptions): LayerVariable {
    if (this.#built) this.variablesChanged();
    return this.#variables.add(options);
  }

  /** Frees a variable and takes it out. */
  protected removeVariable(variable: LayerVariable): void {
    this.variablesChanged();
    this.#variables.remove(variable);
  }

  /** Makes variables in the place of one, which is freed, and behind all; where that or `fill` fails, nothing has changed. */
  protected exchangeVariable(
    old: LayerVariable,
    place: VariableOptions,
    behind: readonly VariableOptions[],
    fill: (place: LayerVariable, behind: readonly LayerVariable[]) => void,
  ): void {
    this.variablesChanged();
    this.#variables.exchange(old, place, behind, fill);
  }

  /** Makes a variable that is none of the layer's, and belongs to the caller. */
  protected createVariable(options: VariableOptions): LayerVariable {
    return this.#variables.create(options);
  }

  /** Whether the gradient by a variable is computed. */
  protected learns({ learns }: LayerVariable): boolean {
    return learns && this.#trainable;
  }

  /**
   * Checks that the layer was not disposed.
   *
   * @throws {OwnershipError} after disposal.
   */
  protected expectAlive(): void {
    if (this.#disposed) throw new OwnershipError(`${this.label} was disposed`);
  }

  /**
   * Checks that the layer is built.
   *
   * @throws {OwnershipError} before the layer is built, and after disposal.
   */
  protected expectBuilt(what: string): void {
    this.expectAlive();
    if (this.#built) return;
    throw new OwnershipError(
      `You must build the layer before accessing \`${what}\`: call build([null, inputs]) on ${this.label}.`,
    );
  }
}
