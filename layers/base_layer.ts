/**
 * What all layers have in common: names, variables with their gradients, the
 * checks of inputs, passes that wait for their gradients, penalties, and an end.
 * A layer adds how its variables are made, its result and its gradients.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import { quote } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import { checkKernel, checkOwner, checkTensor } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import { ActivityPenalty } from "./activity_penalty.ts";
import { type KerasConfig, kerasObject } from "./keras_objects.ts";
import type { BackwardOptions, Layer, Variable } from "./layer.ts";
import {
  checkGradient,
  type ForwardOptions,
  isTraining,
  readBackwardOptions,
} from "./layer_checks.ts";
import type { Computed, CreateTensor, GradientRequest, LayerOptions } from "./layer_options.ts";
import { formatLayer } from "./layer_text.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import { defaultName } from "./names.ts";
import { disposeAll, PendingForwards } from "./pending_forwards.ts";
import type { Regularizer } from "./regularizers.ts";
import { VariableList } from "./variable_list.ts";
import { parametersOf, type WeightValues } from "./weights.ts";

/** A base of layers, which another layer can extend too. */
export abstract class BaseLayer implements Layer {
  /** What messages call the layer. */
  readonly name: string;
  /** How messages begin: `layer "dense"`. */
  protected readonly label: string;
  readonly #passes: PendingForwards;
  readonly #penalty: ActivityPenalty;
  readonly #variables: VariableList;
  #trainable = true;
  #built = false;
  #disposed = false;
  #inputShape: readonly (number | null)[] | null = null;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its variables.
   * @param className Its name in Keras, as configurations have it.
   */
  constructor(readonly kernel: Kernel, readonly className: string, options: LayerOptions) {
    checkKernel(className, kernel);
    this.name = options.name ?? defaultName(className);
    this.label = `layer ${quote(this.name)}`;
    this.trainable = options.trainable ?? true;
    this.#penalty = new ActivityPenalty(kernel, options.activityRegularizer ?? null);
    this.#passes = new PendingForwards(this.label);
    this.#variables = new VariableList(kernel, this.name);
  }

  static {
    showAs(
      this.prototype,
      "Layer",
      (layer) => formatLayer(layer.className, layer.name, layer.#disposed ? null : layer.details()),
    );
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

  /** The penalty of the results; null without one. */
  get activityRegularizer(): Regularizer | null {
    return this.#penalty.regularizer;
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

  /** The kernel's activation, of rows, that results come from; null where `backward` takes no gradient before it. */
  get outputActivation(): Activation | null {
    return null;
  }

  /**
   * The penalties of the last `forward`'s result and of the weights that training
   * changes, each a new tensor [1] that belongs to the caller.
   *
   * @throws {OwnershipError} after disposal.
   */
  losses(): Tensor[] {
    this.expectAlive();
    const losses: Tensor[] = [];
    try {
      this.#penalty.addLoss(losses);
      if (this.#trainable) this.#variables.addLosses(losses);
      return losses;
    } catch (error) {
      disposeAll(losses);
      throw error;
    }
  }

  /**
   * Makes the variables for inputs of this shape; all axes but the last may be
   * null. A layer that is built stays as it is.
   *
   * @throws {ShapeError} where the shape does not fit.
   * @throws {MemoryError} where there is no room for the variables.
   * @throws {OwnershipError} after disposal.
   */
  build(inputShape: readonly (number | null)[]): void {
    this.expectAlive();
    if (this.#built) return;
    this.checkShape(inputShape);
    this.#variables.addAll(() => this.createVariables(inputShape));
    this.#built = true;
    this.#inputShape = Object.freeze([...inputShape]);
  }

  /**
   * The shape of the result for inputs of this shape.
   *
   * @throws {ShapeError} where it does not fit.
   */
  computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[] {
    this.checkShape(inputShape);
    return [...inputShape];
  }

  /**
   * The result for x, a new tensor that belongs to the caller. x and the result
   * are kept for `backward`, not copied: until then neither they nor the weight
   * must be changed or disposed. Where no gradients are wanted,
   * {@linkcode predict} keeps nothing; `{ training: false }` means the same.
   *
   * @throws {ShapeError} where x does not fit.
   * @throws {OwnershipError} where x is disposed or of another kernel, or the layer is disposed.
   * @throws {ArgumentError} where x is no tensor, or an option is unknown.
   * @throws {MemoryError} where there is no room for the result.
   */
  forward(x: Tensor, options?: ForwardOptions): Tensor {
    const training = isTraining(options);
    this.#prepare(x);
    const { y, kept = [], weight = null, others } = this.compute(x, training);
    // As in Keras the penalty is that of the last call, of training or not.
    try {
      this.#penalty.note(y);
    } catch (error) {
      disposeAll([y, ...kept]);
      throw error;
    }
    if (training) this.#passes.add(x, weight, y, kept, others);
    return y;
  }

  /**
   * What `forward` gives in use, for calls whose gradients are not needed:
   * dropout is off, statistics stay as they are, nothing is kept, and the next
   * `backward` is still of the last `forward`. It throws what `forward` throws.
   */
  predict(x: Tensor): Tensor {
    return this.forward(x, { training: false });
  }

  /**
   * The gradients of a loss, given its gradient dy by the result y of a
   * `forward`: returns the one by x, a new tensor of x's shape, and sets those of
   * the variables, which hold until the next call. y may be left out where only
   * one `forward` waits for its gradients, not counting those whose result was
   * disposed before the next one. A second call gives those of the last `forward`
   * once more, for another dy.
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
   * With `{ beforeActivation: true }` dy is the gradient by what the {@linkcode outputActivation} is applied to.
   *
   * @throws {ArgumentError} where an option is unknown.
   */
  backward(dy: Tensor, y: Tensor | undefined, options: BackwardOptions): Tensor | null;
  backward(dy: Tensor, y?: Tensor, options?: BackwardOptions): Tensor | null {
    this.expectAlive();
    const request = readBackwardOptions(options);
    if (request.beforeActivation && this.outputActivation === null) {
      throw new ArgumentError(`${this.label} takes no gradient before an activation`);
    }
    const what = `dy of ${this.label}`;
    checkTensor(what, dy);
    const pass = this.#passes.find(y);
    checkGradient(what, dy, pass.y);
    if (this.#variables.hasGradient(dy)) {
      throw new OwnershipError(
        `${what} must be a tensor other than the gradients it would overwrite`,
      );
    }
    const made: Tensor[] = [];
    const create: CreateTensor = (shape) => {
      const tensor = this.kernel.tensor(shape);
      made.push(tensor);
      return tensor;
    };
    try {
      const dx = this.#penalty.addGradient(
        pass.y,
        dy,
        (dy) => this.computeGradients({ ...request, pass, dy, create }),
      );
      this.#variables.addPenaltyGradients();
      this.#passes.markUsed(pass);
      return dx;
    } catch (error) {
      disposeAll(made);
      throw error;
    }
  }

  /** Frees the variables and gradients; the kernel stays. */
  [Symbol.dispose](): void {
    this.#passes.clear();
    this.#variables[Symbol.dispose]();
    this.#penalty[Symbol.dispose]();
    this.#built = false;
    this.#disposed = true;
  }

  /** The layer's configuration in Keras 3's form: null for an initializer that is values or a function; a function as regularizer, which no file can hold either, is an {@linkcode ArgumentError}. */
  getConfig(): KerasConfig {
    const penalty = this.activityRegularizer;
    return {
      name: this.name,
      trainable: this.#trainable,
      dtype: kerasObject("keras", "DTypePolicy", { name: "float32" }),
      ...(penalty ? { activity_regularizer: penalty.getConfig() } : {}),
      ...this.ownConfig(),
    };
  }

  /** The part of the configuration that is the layer's own. */
  protected abstract ownConfig(): KerasConfig;

  /** Checks whether inputs may have this shape. */
  protected checkShape(inputShape: readonly (number | null)[]): void {
    if (Array.isArray(inputShape) && inputShape.length > 0) return;
    throw new ShapeError(
      `the shape of the input of ${this.label} is an array such as [null, 3]`,
    );
  }

  /** Makes the variables by {@linkcode addVariable}; none by default. */
  protected createVariables(_inputShape: readonly (number | null)[]): void {}

  /** Checks the shape of an input before the layer is built for it. */
  protected checkInput(_x: Tensor): void {}

  /** Checks the shape of an input against what the layer was built for. */
  protected checkBuiltInput(_x: Tensor): void {}

  /** The result for an input that was checked. */
  protected abstract compute(x: Tensor, training: boolean): Computed;

  /** The gradient by the input, null where it is not asked for; sets those of the variables by {@linkcode LayerVariable.setGradient}. */
  protected abstract computeGradients(request: GradientRequest): Tensor | null;

  /** What is shown of the layer besides its name. */
  protected details(): readonly string[] {
    return [];
  }

  /** Makes a variable with its first values. */
  protected addVariable(options: VariableOptions): LayerVariable {
    if (this.#built) this.#passes.outdate();
    return this.#variables.add(options);
  }

  /** Frees a variable and takes it out. */
  protected removeVariable(variable: LayerVariable): void {
    this.#passes.outdate();
    this.#variables.remove(variable);
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

  #prepare(x: Tensor): void {
    this.expectAlive();
    const what = `Input 0 of ${this.label}`;
    checkTensor(what, x);
    this.checkInput(x);
    // A kernel may pass its work on to another one, to which its tensors then belong.
    checkOwner(what, x, this.#variables.first?.tensor.kernel ?? this.kernel);
    this.build(x.shape);
    this.checkBuiltInput(x);
  }
}
