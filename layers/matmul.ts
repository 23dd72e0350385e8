/**
 * matmul: the product of two matrices, without a layer.
 *
 * @module
 */
import { boolean, checkOptions } from "../common/options.ts";
import { checkKernel, checkTensor, matrixOf } from "../kernels/checks.ts";
import type { Kernel, MatmulOptions, Tensor } from "../kernels/kernel.ts";

const flagChecks = { transposeA: boolean, transposeB: boolean };

/**
 * a · b as a new tensor [m, n], where a is [m, k] and b is [k, n], or is stored
 * transposed and the options say so.
 *
 * @throws {ShapeError} where the inner dimensions differ.
 * @throws {OwnershipError} where a tensor is disposed or of another kernel.
 * @throws {ArgumentError} where an argument is no tensor, or an option is unknown.
 * @throws {MemoryError} where there is no room for the result.
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
  checkKernel("matmul()", kernel);
  checkTensor("a", a);
  checkTensor("b", b);
  const flags = checkOptions<typeof options>("matmul()", options, flagChecks);
  const matrixA = matrixOf(a.shape);
  const matrixB = matrixOf(b.shape);
  const out = kernel.tensor([
    flags.transposeA ? matrixA.columns : matrixA.rows,
    flags.transposeB ? matrixB.rows : matrixB.columns,
  ]);
  try {
    kernel.matmul(a, b, out, flags);
  } catch (error) {
    out[Symbol.dispose]();
    throw error;
  }
  return out;
}
