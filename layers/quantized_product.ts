/**
 * What a Dense layer knows of its weight in whole numbers, whichever they are.
 *
 * @module
 */
import type { Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction, DenseOperands } from "./activation_function.ts";
import type { Quantization } from "./quantization.ts";

/** The weight of a layer in whole numbers, and products with it. */
export interface QuantizedProduct extends Disposable {
  /** How it is quantized. */
  readonly settings: Quantization;
  /** The variables besides the weight that gradients need as they were. */
  readonly others: readonly Tensor[];
  /** The whole numbers [k, n], Keras's `kernel`; the tensor belongs to this object. */
  numbers(): Tensor;
  /** Sets the numbers, and their scales, to those of a weight [k, n]. */
  encode(weight: Tensor): void;
  /** out = the weight that the numbers stand for. */
  decode(out: Tensor): void;
  /** y = f(x · weight + bias); z, where it is given, is what f is applied to. */
  dense(f: ActivationFunction, operands: Omit<DenseOperands, "weight">): void;
  /** dx = dz · weightᵀ, with the weight that the numbers stand for. */
  multiplyBack(dz: Tensor, dx: Tensor): void;
}
