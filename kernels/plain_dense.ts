/**
 * The one test that most calls of `dense` and `activate` pass: tensors of this kernel
 * that are matrices and fit, and no z. What does not pass is looked at part by part by
 * `checks.ts`, which says what is wrong, or that nothing is. It reads rows and
 * columns as numbers, since V8 takes 3 ns for each element of a frozen shape.
 *
 * @module
 */
import { isActivation } from "./activation.ts";
import { isOwn } from "./checks.ts";
import type { Kernel, Tensor } from "./kernel.ts";

/** A tensor that keeps what its shape comes to as a matrix. */
export interface SizedTensor extends Tensor {
  /** The product of all axes but the last. */
  readonly rows: number;
  /** The last axis. */
  readonly columns: number;
}

/** Whether all arguments of `activate` are in order. Where not, they may be all the same. */
export function isPlainActivate(
  kernel: Kernel,
  activation: unknown,
  z: SizedTensor,
  y: SizedTensor,
): boolean {
  return isOwn(kernel, z) && isOwn(kernel, y) && y !== z && y.rows === z.rows &&
    y.columns === z.columns && isActivation(activation);
}

/** Whether all arguments of `dense` are in order. Where not, they may be all the same. */
export function isPlainDense(
  kernel: Kernel,
  x: SizedTensor,
  weight: SizedTensor,
  bias: SizedTensor | null,
  activation: unknown,
  y: SizedTensor,
): boolean {
  return isOwn(kernel, x) && isOwn(kernel, weight) && isOwn(kernel, y) &&
    y !== x && y !== weight && weight.shape.length === 2 &&
    x.columns === weight.rows && y.rows === x.rows && y.columns === weight.columns &&
    (bias === null ||
      isOwn(kernel, bias) && y !== bias && bias.shape.length === 1 &&
        bias.columns === weight.columns) &&
    isActivation(activation);
}
