/**
 * The results that a kernel's claims imply, to the last bit: the claimed
 * order of summation carried out in JavaScript, with or without fused
 * multiply-add. Kernels that make the same claims must all agree with it, and
 * so with each other.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { blocksOf } from "./tree.ts";

const { fround } = Math;

const double = new Float64Array(1);
const halves = new BigInt64Array(double.buffer);

/** The float64 next to `value` in the direction of `direction`. */
function next(value: number, direction: number): number {
  if (value === 0) return Math.sign(direction) * Number.MIN_VALUE;
  double[0] = value;
  halves[0] = halves[0]! + (value > 0 === direction > 0 ? 1n : -1n);
  return double[0];
}

/**
 * a·b + c rounded once to float32. The product is exact in float64; their sum
 * is rounded to odd there, so that rounding it again to float32 rounds as if
 * once (Boldo & Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 *
 * @example
 * ```ts
 * import { fusedMultiplyAdd } from "./emulate.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fusedMultiplyAdd(1 + 2 ** -13, 1 - 2 ** -13, -1), -(2 ** -26));
 * ```
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const back = sum - product;
  const error = (product - (sum - back)) + (c - back);
  if (error === 0 || !Number.isFinite(sum)) return fround(sum);
  double[0] = sum;
  return fround((halves[0]! & 1n) === 0n ? next(sum, error) : sum);
}

/**
 * x · w + bias as the claims have it; null where the order is not claimed.
 *
 * @param x [m, k]
 * @param weight [k, n]
 * @param bias [n], added after the sum.
 */
export function emulate(
  { summation, accumulator, fused }: Pick<KernelTraits, "summation" | "accumulator" | "fused">,
  { m, n, k }: Dimensions,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
): Float32Array | null {
  if (summation.order === "unspecified") return null;
  const blocks = blocksOf(summation, k);
  const out = new Float32Array(m * n);
  // Products are exact in float64, where it is the same to fuse them or not.
  const wide = accumulator === "float64";
  const round = wide ? (value: number) => value : fround;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total = 0;
      let p = 0;
      for (const [b, length] of blocks.entries()) {
        let sum = 0;
        for (const end = p + length; p < end; p++) {
          const [left, right] = [x[i * k + p]!, weight[p * n + j]!];
          sum = fused && !wide
            ? fusedMultiplyAdd(left, right, sum)
            : round(sum + round(left * right));
        }
        total = b === 0 ? sum : round(total + sum);
      }
      out[i * n + j] = bias ? fround(fround(total) + bias[j]!) : total;
    }
  }
  return out;
}
