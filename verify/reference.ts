/**
 * The reference product: float64 with compensated sums (Knuth's TwoSum, as in
 * Ogita, Rump & Oishi's Sum2, SISC 2005). Products of two float32 numbers are
 * exact in float64, so only the additions round, and their errors are added
 * back: the error is that of one rounding plus 2^-106 of the gauge or so.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";

/** The exact results, and the sum of the terms' absolute values, which every error bound is a multiple of. */
export interface ReferenceSums {
  readonly value: Float64Array;
  readonly gauge: Float64Array;
}

/** How the operands are stored, and what else is added. */
export interface ReferenceOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [n], added to every row. */
  readonly bias?: ArrayLike<number> | null;
  /** [m, n], added to the product. */
  readonly initial?: ArrayLike<number>;
}

/** a · b [m, n] with a [m, k] and b [k, n], or their transposes. */
export function referenceProduct(
  { m, n, k }: Dimensions,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { transposeA = false, transposeB = false, bias = null, initial }: ReferenceOptions = {},
): ReferenceSums {
  const value = new Float64Array(m * n);
  const gauge = new Float64Array(m * n);
  const stepA = transposeA ? m : 1;
  const stepB = transposeB ? 1 : n;
  const terms = k + (bias ? 1 : 0) + (initial ? 1 : 0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let lost = 0;
      let absolute = 0;
      let atA = transposeA ? i : i * k;
      let atB = transposeB ? j * k : j;
      // Not by a function for each term, which would keep the sums in memory: it took several times as long.
      for (let p = 0; p < terms; p++, atA += stepA, atB += stepB) {
        const term = p < k
          ? (a[atA] as number) * (b[atB] as number)
          : (bias && p === k ? bias[j] : initial![i * n + j]) as number;
        const next = sum + term;
        const back = next - sum;
        lost += (sum - (next - back)) + (term - back);
        sum = next;
        absolute += Math.abs(term);
      }
      value[i * n + j] = sum + lost;
      gauge[i * n + j] = absolute;
    }
  }
  return { value, gauge };
}

/**
 * a · b where every product and partial sum is exact in float64 in any order, as
 * of whole numbers: the same results as {@linkcode referenceProduct}'s, sooner.
 */
export function exactProduct(
  { m, n, k }: Dimensions,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { transposeA = false, transposeB = false, bias = null, initial }: ReferenceOptions = {},
): Float64Array {
  const value = new Float64Array(m * n);
  const stepA = transposeA ? m : 1;
  for (let i = 0; i < m; i++) {
    const start = i * n;
    for (let j = 0; j < n; j++) {
      value[start + j] = ((initial?.[start + j] ?? 0) as number) + ((bias?.[j] ?? 0) as number);
    }
    let atA = transposeA ? i : i * k;
    if (transposeB) {
      for (let j = 0, atB = 0; j < n; j++) {
        let sum = value[start + j] as number;
        for (let p = 0, at = atA; p < k; p++, at += stepA) {
          sum += (a[at] as number) * (b[atB++] as number);
        }
        value[start + j] = sum;
      }
    } else {
      for (let p = 0, atB = 0; p < k; p++, atA += stepA) {
        const factor = a[atA] as number;
        for (let j = start; j < start + n; j++) {
          value[j] = (value[j] as number) + factor * (b[atB++] as number);
        }
      }
    }
  }
  return value;
}

/** The sums of the columns of a [m, n]: ones[1, m] · a. */
export function referenceColumnSums(
  m: number,
  n: number,
  a: ArrayLike<number>,
  initial?: ArrayLike<number>,
): ReferenceSums {
  const ones = new Float64Array(m).fill(1);
  return referenceProduct({ m: 1, n, k: m }, ones, a, initial ? { initial } : {});
}
