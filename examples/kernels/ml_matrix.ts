/**
 * ml-matrix's product, which sums in float64 and rounds once: more exact than
 * any sum in float32, and verified to the bit with this claim. Without it the
 * verifier refuses the product as other than what is claimed of it. Run `deno
 * task verify --kernel examples/kernels/ml_matrix.ts`.
 *
 * @module
 */
import { Matrix } from "ml-matrix";

/** a [m, k] · b [k, n]. */
export default function multiply(
  { m, n, k }: { m: number; n: number; k: number },
  a: Float32Array,
  b: Float32Array,
): number[] {
  const left = Matrix.from1DArray(m, k, Array.from(a));
  const right = Matrix.from1DArray(k, n, Array.from(b));
  return left.mmul(right).to1DArray();
}

/** What it is held to. */
export const claims = { accumulator: "float64", summation: { order: "sequential" } } as const;
