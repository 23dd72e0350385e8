/**
 * A variable of a layer as the layer itself keeps it: its values, its gradient,
 * its penalty and its constraint.
 *
 * @module
 */
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import type { Constraint } from "./constraints.ts";
import type { Initializer } from "./initializers.ts";
import type { Variable } from "./layer.ts";
import type { Regularizer } from "./regularizers.ts";

/** How a variable is made. */
export interface VariableOptions {
  /** Its name within the layer, in Keras's words. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its first values. */
  readonly initializer: Initializer;
  /** The seed of first values that are random. */
  readonly seed: number;
  /** What messages call it; default its name. */
  readonly part?: string;
  /** Whether training changes it where the layer is trainable; default true. */
  readonly learns?: boolean;
  /** Its penalty. */
  readonly regularizer?: Regularizer | null;
  /** What an optimizer brings it to after each update. */
  readonly constraint?: Constraint | null;
  /** What is wrong with values that are to be set, as the end of a message; default nothing. */
  readonly problem?: (values: Float32Array) => string | null;
}

/** A variable. */
export class LayerVariable implements Disposable {
  /** Its name within the layer. */
  readonly name: string;
  /** Whether training changes it where the layer is trainable. */
  learns: boolean;
  /** Its penalty. */
  readonly regularizer: Regularizer | null;
  /** What an optimizer brings it to. */
  readonly constraint: Constraint | null;
  /** What is wrong with values that are to be set. */
  readonly problem: VariableOptions["problem"];
  /** The gradient by it, from the last backward pass. */
  gradient: Tensor | null = null;
  /** Whether the gradient is without its penalty yet. */
  fresh = false;

  /**
   * Makes it.
   *
   * @param tensor Its values.
   */
  constructor(readonly tensor: Tensor, options: VariableOptions) {
    this.name = options.name;
    this.learns = options.learns ?? true;
    this.regularizer = options.regularizer ?? null;
    this.constraint = options.constraint ?? null;
    this.problem = options.problem;
  }

  /** It as those outside see it. */
  view(kernel: Kernel, trainable: boolean): Variable {
    const { name, tensor, gradient, constraint } = this;
    const learns = this.learns && trainable;
    return {
      name,
      tensor,
      trainable: learns,
      gradient: learns && gradient && !gradient.disposed ? gradient : null,
      ...(constraint ? { constrain: () => constraint.apply(kernel, tensor) } : {}),
    };
  }

  /** A tensor for the gradient: that of the last time, unless its caller has disposed it. */
  gradientTensor(create: (shape: readonly number[]) => Tensor): Tensor {
    const { gradient, tensor } = this;
    return gradient && !gradient.disposed ? gradient : create(tensor.shape);
  }

  /** Notes that this tensor is the gradient now, without the penalty's. */
  setGradient(gradient: Tensor): void {
    this.gradient = keep(gradient);
    this.fresh = true;
  }

  /** Frees values and gradient. */
  [Symbol.dispose](): void {
    this.tensor[Symbol.dispose]();
    this.gradient?.[Symbol.dispose]();
    this.gradient = null;
  }
}
