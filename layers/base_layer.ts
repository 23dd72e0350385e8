/**
 * What all layers have in common besides their variables: the checks of inputs,
 * passes that wait for their gradients, penalties, and an end. A layer adds how
 * its variables are made, its result and its gradients.
 *
 * @module
 */
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import type { Activation } from "../kernels/activation.ts";
import { checkOwner, checkTensor } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { ActivityPenalty } from "./activity_penalty.ts";
import { type KerasConfig, kerasObject } from "./keras_objects.ts";
import type { BackwardOptions, Layer } from "./layer.ts";
import {
  checkGradient,
  type ForwardOptions,
  isTraining,
  readBackwardOptions,
} from "./layer_checks.ts";
import type { Computed, CreateTensor, GradientRequest, LayerOptions } from "./layer_options.ts";
import { formatLayer } from "./layer_text.ts";
import { disposeAll, PendingForwards } from "./pending_forwards.ts";
import { predictData } from "./predict_data.ts";
import type { Regularizer } from "./regularizers.ts";
import { type ExampleData, looksLikeData } from "./training/examples.ts";
import type { NumberArray } from "./training/number_array.ts";
import { VariableOwner, variablesOf } from "./variable_owner.ts";

/** A base of layers, which another layer can extend too. */
export abstract class BaseLayer extends VariableOwner implements Layer {
  readonly #passes: PendingForwards;
  readonly #penalty: ActivityPenalty;

  /**
   * Makes it.
   *
   * @param kernel What computes the layer and holds its variables.
   * @param className Its name in Keras, as configurations have it.
   */
  constructor(kernel: Kernel, className: string, options: LayerOptions) {
    super(kernel, className, options);
    this.#penalty = new ActivityPenalty(kernel, options.activityRegularizer ?? null);
    this.#passes = new PendingForwards(this.label);
  }

  static {
    showAs(
      this.prototype,
      "Layer",
      (layer) => formatLayer(layer.className, layer.name, layer.disposed ? null : layer.details()),
    );
  }

  /** The penalty of the results; null without one. */
  get activityRegularizer(): Regularizer | null {
    return this.#penalty.regularizer;
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
      if (this.trainable) variablesOf(this).addLosses(losses);
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
    if (this.built) return;
    this.checkShape(inputShape);
    variablesOf(this).addAll(() => this.createVariables(inputShape));
    this.noteBuilt(inputShape);
  }

  /** What the layer was built for, in Keras's form; null before. */
  getBuildConfig(): { readonly input_shape: readonly (number | null)[] } | null {
    return this.inputShape ? { input_shape: this.inputShape } : null;
  }

  /**
   * Builds the layer as {@linkcode getBuildConfig} says; null, or without a shape, it stays as it is.
   *
   * @throws {ShapeError} where the shape does not fit.
   */
  buildFromConfig(config: KerasConfig | null): void {
    const shape = config?.input_shape ?? null;
    if (shape !== null) this.build(shape as (number | null)[]);
  }

  /** Whether it takes a mask of steps that count, which none of the layers here makes. */
  get supportsMasking(): boolean {
    return true;
  }

  /** The mask of the results: that of the inputs, unchanged. */
  computeMask<Mask>(_x: unknown, mask: Mask): Mask {
    return mask;
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
  predict(x: Tensor): Tensor;
  /**
   * The results for plain data, read: nested arrays or `{ shape, data }`.
   *
   * @throws {ShapeError} where they do not fit, or rows differ in length.
   * @throws {ArgumentError} where they are no numbers.
   *
   * @example
   * ```ts
   * import { createKernel, Dense } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using layer = new Dense(kernel, { units: 1, kernelInitializer: "ones" });
   * const sums = await layer.predict([[1, 2], [3, 4]]);
   * if (`${sums.shape}: ${sums.data}` !== "2,1: 3,7") throw new Error(`${sums.data}`);
   * ```
   */
  predict(x: ExampleData): Promise<NumberArray>;
  predict(x: ExampleData): Tensor | Promise<NumberArray> {
    return looksLikeData(x) ? predictData(this, x) : this.forward(x as Tensor, { training: false });
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
    if (variablesOf(this).hasGradient(dy)) {
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
      variablesOf(this).addPenaltyGradients();
      this.#passes.markUsed(pass);
      return dx;
    } catch (error) {
      disposeAll(made);
      throw error;
    }
  }

  /** Frees the variables and gradients; the kernel stays. */
  override [Symbol.dispose](): void {
    this.#passes.clear();
    super[Symbol.dispose]();
    this.#penalty[Symbol.dispose]();
  }

  /** The layer's configuration in Keras 3's form: null for an initializer that is values or a function; a function as regularizer, which no file can hold either, is an {@linkcode ArgumentError}. */
  getConfig(): KerasConfig {
    const penalty = this.activityRegularizer;
    return {
      name: this.name,
      trainable: this.trainable,
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

  /** Notes that no pass so far has gradients any more. */
  protected override variablesChanged(): void {
    this.#passes.outdate();
  }

  #prepare(x: Tensor): void {
    this.expectAlive();
    const what = `Input 0 of ${this.label}`;
    checkTensor(what, x);
    this.checkInput(x);
    // A kernel may pass its work on to another one, to which its tensors then belong.
    checkOwner(what, x, variablesOf(this).first?.tensor.kernel ?? this.kernel);
    this.build(x.shape);
    this.checkBuiltInput(x);
  }
}
