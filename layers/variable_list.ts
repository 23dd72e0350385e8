/**
 * The variables of one layer: they are made one after the other, seen from
 * outside, set, penalized and freed together.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { Variable } from "./layer.ts";
import { LayerVariable, type VariableOptions } from "./layer_variable.ts";
import { disposeAll } from "./pending_forwards.ts";
import type { WeightValues } from "./shaped_data.ts";
import { convertWeights, createWeight } from "./weights.ts";

/** The variables of a layer. */
export class VariableList implements Disposable {
  #all: LayerVariable[] = [];

  /** @param layer The layer's name, for messages. */
  constructor(readonly kernel: Kernel, readonly layer: string) {}

  /** The first of them, which says of which kernel they are. */
  get first(): LayerVariable | undefined {
    return this.#all[0];
  }

  /** Their values. */
  get tensors(): Tensor[] {
    return this.#all.map(({ tensor }) => tensor);
  }

  /** They as those outside see them. */
  views(trainable: boolean): Variable[] {
    return this.#all.map((variable) => variable.view(this.kernel, trainable));
  }

  /** Calls `make`, which adds variables; where it fails, those are freed. */
  addAll(make: () => void): void {
    const before = this.#all.length;
    try {
      make();
    } catch (error) {
      disposeAll(this.#all.splice(before));
      throw error;
    }
  }

  /** Makes a variable with its first values. */
  add(options: VariableOptions): LayerVariable {
    const variable = this.create(options);
    this.#all.push(variable);
    return variable;
  }

  /** Makes a variable that is none of them yet. */
  create(options: VariableOptions): LayerVariable {
    const { name, part = name, shape, initializer, seed } = options;
    const { kernel, layer } = this;
    // What an optimizer or a backward pass would find out after weights have changed.
    options.regularizer?.checkShape?.(shape);
    options.constraint?.checkShape?.(shape);
    const tensor = createWeight(kernel, { layer, part }, shape, initializer, seed);
    return new LayerVariable(tensor, options);
  }

  /** Makes variables in the place of one, which is freed, and behind all; where that or `fill` fails, nothing has changed. */
  exchange(
    old: LayerVariable,
    place: VariableOptions,
    behind: readonly VariableOptions[],
    fill: (place: LayerVariable, behind: readonly LayerVariable[]) => void,
  ): void {
    const made: LayerVariable[] = [];
    try {
      for (const options of [place, ...behind]) made.push(this.create(options));
      const [first, ...others] = made;
      fill(first!, others);
      this.#all = [...this.#all.map((each) => each === old ? first! : each), ...others];
    } catch (error) {
      disposeAll(made);
      throw error;
    }
    old[Symbol.dispose]();
  }

  /** Frees a variable and takes it out. */
  remove(variable: LayerVariable): void {
    this.#all = this.#all.filter((each) => each !== variable);
    variable[Symbol.dispose]();
  }

  /** Sets all values, of which all are checked before the first is written. */
  set(label: string, values: readonly WeightValues[]): void {
    const { tensors } = this;
    const converted = convertWeights(label, tensors, values);
    for (const [i, { name, problem }] of this.#all.entries()) {
      const found = problem?.(converted[i]!);
      if (found) throw new ArgumentError(`the ${name} of ${label} ${found}`);
    }
    for (const [i, tensor] of tensors.entries()) tensor.write(converted[i]!);
  }

  /** Whether a tensor is one of the gradients. */
  hasGradient(tensor: Tensor): boolean {
    return this.#all.some(({ gradient }) => gradient === tensor);
  }

  /** Adds the penalties of those that training changes to `losses`, each a new tensor [1]. */
  addLosses(losses: Tensor[]): void {
    for (const { tensor, regularizer, learns } of this.#all) {
      if (!regularizer || !learns) continue;
      const loss = this.kernel.tensor([1]);
      losses.push(loss);
      regularizer.penalty(this.kernel, tensor, loss);
    }
  }

  /** Adds the gradients of the penalties to those that have come anew. */
  addPenaltyGradients(): void {
    for (const variable of this.#all) {
      const { regularizer, gradient, tensor, fresh } = variable;
      if (regularizer && gradient && fresh) {
        regularizer.addGradient(this.kernel, tensor, gradient, gradient);
      }
      variable.fresh = false;
    }
  }

  [Symbol.dispose](): void {
    disposeAll(this.#all);
    this.#all = [];
  }
}
