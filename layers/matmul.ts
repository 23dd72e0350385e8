/**
 * matmul: the product of two matrices, without a layer.
 *
 * @module
 */
import { matrixOf } from "../kernels/checks.ts";
import type { Kernel, MatmulOptions, Tensor } from "../kernels/kernel.ts";

/**
 * a · b as a new tensor [m, n], where a is [m, k] and b is [k, n], or is stored
 * transposed and the options say so.
 *
 * @throws {ShapeError} where the inner dimensions differ.
 * @throws {OwnershipError} where a tensor is disposed or of another kernel.
 *
 * @example A column times itself as a row
 * ```ts
 * import { createKernel, matmul } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * using a = kernel.tensor([2, 1], new Float32Array([1, 2]));
 * using c = matmul(kernel, a, a, { transposeB: true });
 * const product = await c.read();
 * if (`${product}` !== "1,2,2,4") throw new Error(`${product}`);
 * ```
 */
export function matmul(
  kernel: Kernel,
  a: Tensor,
  b: Tensor,
  options: Omit<MatmulOptions, "accumulate"> = {},
): Tensor {
  const matrixA = matrixOf(a.shape);
  const matrixB = matrixOf(b.shape);
  const out = kernel.tensor([
    options.transposeA ? matrixA.columns : matrixA.rows,
    options.transposeB ? matrixB.rows : matrixB.columns,
  ]);
  try {
    kernel.matmul(a, b, out, options);
  } catch (error) {
    out[Symbol.dispose]();
    throw error;
  }
  return out;
}
