/**
 * ndarray-gemm's product into a Float32Array: within blocks of 32 products it
 * sums in float64, and stores each block's sum in float32. `deno task verify
 * --kernel examples/kernels/ndarray_gemm.ts` finds that it is as exact as its
 * float64 sums up to k = 32 alone.
 *
 * @module
 */
import gemm from "ndarray-gemm";

/** A matrix as ndarray-gemm takes it, row-major. */
function matrix(data: Float32Array, rows: number, columns: number) {
  const [shape, stride, order] = [[rows, columns], [columns, 1], [1, 0]];
  return { data, shape, stride, offset: 0, order, dtype: "float32" };
}

/** a [m, k] · b [k, n]. */
export default function multiply(
  { m, n, k }: { m: number; n: number; k: number },
  a: Float32Array,
  b: Float32Array,
): Float32Array {
  const out = new Float32Array(m * n);
  gemm(matrix(out, m, n), matrix(a, m, k), matrix(b, k, n));
  return out;
}

/** What its sums of few products look like. */
export const claims = { accumulator: "float64" } as const;
