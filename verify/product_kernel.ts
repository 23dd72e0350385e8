/**
 * A kernel made of a matrix product that was written elsewhere: bias,
 * activations and tensors are Densemark's own, on the JavaScript heap. The
 * shortest way to have such a product verified.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";
import { HeapKernel, type View } from "../kernels/heap.ts";
import type { Kernel, KernelTraits } from "../kernels/kernel.ts";
import { formatDimensions } from "./dimensions.ts";

/** A product a [m, k] · b [k, n], both row-major without gaps; returns [m, n] likewise. */
export type Multiply = (
  shape: Dimensions,
  a: Float32Array,
  b: Float32Array,
) => ArrayLike<number>;

/** The elements of a view, row-major without gaps: the array itself where that is its layout. */
function rowMajor(
  { data, rowStride, columnStride }: View,
  rows: number,
  columns: number,
): Float32Array {
  if (columnStride === 1 && rowStride === columns) return data;
  const copy = new Float32Array(rows * columns);
  for (let i = 0, to = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) copy[to++] = data[i * rowStride + j * columnStride]!;
  }
  return copy;
}

/**
 * A kernel that multiplies by `multiply` and makes these claims: the verifier
 * derives its shapes from the tile and its bounds from the order of summation,
 * by default an unspecified one.
 *
 * @param multiply a [m, k] · b [k, n]; not called where m, n or k is 0.
 *
 * @example
 * ```ts
 * import { kernelOfProduct } from "./product_kernel.ts";
 * import { verifyKernel } from "./verify.ts";
 * import { assert } from "@std/assert";
 *
 * const kernel = kernelOfProduct("forgetful", ({ m, n, k }, a, b) =>
 *   Float32Array.from({ length: m * n }, (_, at) => {
 *     let sum = 0;
 *     for (let p = 1; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
 *     return sum;
 *   }));
 * const { passed } = await verifyKernel(kernel, { effort: "smoke", firstFailure: true });
 * assert(!passed, "the first product of every sum is left out");
 * ```
 */
export function kernelOfProduct(
  name: string,
  multiply: Multiply,
  claims: Partial<KernelTraits> = {},
): Kernel {
  const own = {
    tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
    accumulator: "float32",
    summation: { order: "unspecified" },
  } as const;
  const kernel = new HeapKernel(name, own, ({ m, n, k }, a, b, out, accumulate) => {
    if (m === 0 || n === 0) return;
    const sums = k === 0
      ? new Float32Array(m * n)
      : multiply({ m, n, k }, rowMajor(a, m, k), rowMajor(b, k, n));
    if (sums.length !== m * n) {
      throw new RangeError(
        `the product must have ${m * n} elements for ${
          formatDimensions({ m, n, k })
        }; it has ${sums.length}`,
      );
    }
    if (!accumulate) out.set(sums);
    else for (let i = 0; i < out.length; i++) out[i] = out[i]! + sums[i]!;
  });
  return Object.assign(kernel, { traits: { ...kernel.traits, ...claims } });
}
