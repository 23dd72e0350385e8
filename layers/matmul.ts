/**
 * matmul: the product of two matrices as a function that makes its result, for
 * those who need no layer and no output tensor of their own. It takes tensors of
 * a kernel, or plain arrays, which `array_matmul.ts` multiplies.
 *
 * @module
 */
import { checkKernel, checkTensor, looksLikeKernel, matrixOf } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import {
  checkTransposes,
  looksLikeMatrix,
  type Matrix,
  type MatrixData,
  multiplyArrays,
  type Transposes,
} from "./array_matmul.ts";

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
  options?: Transposes,
): Tensor;
/**
 * a · b of plain arrays, in float32: a is [m, k] and b is [k, n], or is stored
 * transposed and the options say so. The kernel is the fastest of the processor,
 * as {@linkcode createKernel} chooses it; it is made at the first call, kept for
 * the next ones, and holds no process. For many products of one matrix, tensors
 * of a kernel of your own are faster: nothing is copied for each of them.
 *
 * @throws {ShapeError} where the inner dimensions differ, rows have different lengths, or it is no matrix.
 * @throws {ArgumentError} where there is something else than numbers, or an option is unknown.
 * @throws {MemoryError} where there is no room for it.
 *
 * @example Arrays of rows, and a result that goes on
 * ```ts
 * import { matmul } from "@densemark/densemark";
 *
 * const product = await matmul([[1, 2], [3, 4]], [[5], [6]]);
 * if (`${product.toArray()}` !== "17,39") throw new Error(`${product.toArray()}`);
 * const row = { shape: [1, 2], data: new Float32Array([10, 1]) };
 * const { shape, data } = await matmul(row, product);
 * if (`${shape}; ${data}` !== "1,1; 209") throw new Error(`${shape}; ${data}`);
 * ```
 */
export function matmul(
  a: MatrixData,
  b: MatrixData,
  options?: Transposes,
): Promise<Matrix>;
export function matmul(...given: readonly unknown[]): Tensor | Promise<Matrix> {
  const [first, second, third = {}, fourth = {}] = given;
  // With a third argument, what is neither a kernel nor a matrix was meant to be a kernel: a promise of one, for example.
  if (given.length > 2 && !looksLikeMatrix(first)) checkKernel("matmul()", first);
  return looksLikeKernel(first)
    ? multiplyTensors(first, second, third, fourth)
    : multiplyArrays(first, second, third);
}

function multiplyTensors(kernel: Kernel, a: unknown, b: unknown, options: unknown): Tensor {
  checkTensor("a", a);
  checkTensor("b", b);
  const flags = checkTransposes(options);
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
