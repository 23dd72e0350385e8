/**
 * What a regularizer is: a penalty and its gradient, computed on a kernel.
 *
 * @module
 */
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { KerasConfig } from "./keras_objects.ts";

/** A penalty that is added to the loss. */
export interface Regularizer {
  /** Its name: `l1`, `l2`, `l1l2`, `orthogonal_regularizer`, or that of a function. */
  readonly name: string;
  /**
   * Checks whether a kernel can compute it.
   *
   * @throws {ArgumentError} where it cannot.
   */
  check(kernel: Kernel): void;
  /**
   * Checks whether it can be of a variable of this shape, when that is made; absent where it can be of all.
   *
   * @throws {ShapeError} where it cannot.
   */
  checkShape?(shape: readonly number[]): void;
  /** out [1] = factor · the penalty of these values; the factor is 1 by default. */
  penalty(kernel: Kernel, values: Tensor, out: Tensor, factor?: number): void;
  /** out = gradient + factor · the penalty's gradient by these values; out may be the gradient. */
  addGradient(
    kernel: Kernel,
    values: Tensor,
    gradient: Tensor,
    out: Tensor,
    factor?: number,
  ): void;
  /** The object that Keras 3 writes into a configuration. */
  getConfig(): KerasConfig;
}
