/**
 * What every layer offers, and all that stacks, training and model files know of
 * one. A layer computes on one kernel, where its variables lie.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { KerasConfig } from "./keras_objects.ts";

/** A weight of a layer, or a statistic that it keeps. */
export interface Variable {
  /** Its name within the layer, in Keras's words: `kernel`, `bias`, `gamma`, `moving_mean`. */
  readonly name: string;
  /** Its values. */
  readonly tensor: Tensor;
  /** Whether training changes it; never for statistics, and not where the layer is not trainable. */
  readonly trainable: boolean;
  /** The gradient of the loss by it, from the last `backward`; null before that, and where it is not trainable. */
  readonly gradient: Tensor | null;
  /** Brings the values to what the variable's constraint allows; absent where there is none. An optimizer calls it after each update. */
  readonly constrain?: () => void;
}

/** How a forward pass may be asked for. */
export interface ForwardOptions {
  /** Whether what gradients need is kept; default true. */
  readonly training?: boolean;
}

/** How a backward pass may be asked for. */
export interface BackwardOptions {
  /** Whether the gradient by the input is wanted; default true. It saves a product where it is not needed, as of a network's first layer. */
  readonly inputGradient?: boolean;
  /** Whether dy is the gradient by what {@linkcode Layer.outputActivation} was applied to, as losses of logits give it; default false. */
  readonly beforeActivation?: boolean;
}

/** A layer, or a stack of layers. */
export interface Layer extends Disposable {
  /** What computes it and holds its variables. */
  readonly kernel: Kernel;
  /** Its name, in messages and files. */
  readonly name: string;
  /** Whether its variables exist. */
  readonly built: boolean;
  /** Whether training changes its variables; may be set. */
  trainable: boolean;
  /** All variables in Keras's order; none before it is built. */
  readonly variables: readonly Variable[];

  /** Its class in Keras, as `Dense`, where it has one. */
  readonly className?: string;
  /** The kernel's activation that the result comes from, last of all; absent or null where it is another function, whatever its name, and where `beforeActivation` is not known. */
  readonly outputActivation?: Activation | null;

  /**
   * What is added to the loss, beside what the results are compared with: the penalties of
   * the last `forward`'s result and of the weights, each a new tensor [1] that belongs to the
   * caller. `backward` includes their gradients. Absent where there are none.
   */
  losses?(): Tensor[];

  /** The arguments that Keras 3 would write into a configuration; absent where the layer has no such form. */
  getConfig?(): KerasConfig;

  /** Makes the variables for inputs of this shape, of which all axes but the last may be null. */
  build(inputShape: readonly (number | null)[]): void;
  /** The shape of the result for inputs of this shape. */
  computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[];
  /** The result, and what gradients need is kept. */
  forward(x: Tensor, options?: ForwardOptions): Tensor;
  /** The result as in use: dropout is off, statistics stay. Nothing is kept. */
  predict(x: Tensor): Tensor;
  /** The gradient by the input, a new tensor, and sets those of the variables. */
  backward(dy: Tensor, y?: Tensor): Tensor;
  /** The same; null where the gradient by the input is not wanted. */
  backward(dy: Tensor, y: Tensor | undefined, options: BackwardOptions): Tensor | null;
}
