/**
 * Dense with an int8 weight as the contract defines it, independently of every
 * kernel: rows of x are quantized and quotients taken in float64 and rounded to
 * float32 step by step, which gives float32's own result for each single operation
 * (Figueroa, When is double rounding innocuous?, SIGNUM 1995); sums are exact in
 * float64.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";

const { fround } = Math;
const epsilon = fround(1e-7);

/** The multiplier of a row whose largest magnitude is this. */
export function multiplierOf(largest: number): number {
  return fround(127 / fround(largest + epsilon));
}

/** The nearest whole number, of two that are equally near the even one. */
export function nearestWhole(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  return rest > 0.5 || below % 2 !== 0 ? below + 1 : below;
}

/** A row of x in whole numbers, and its multiplier, which is NaN where a number is not finite. */
function quantizeRow(row: Float32Array, to: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) {
    const magnitude = Math.abs(row[i]!);
    if (!(magnitude < Infinity)) return NaN;
    if (magnitude > largest) largest = magnitude;
  }
  const multiplier = multiplierOf(largest);
  for (let i = 0; i < row.length; i++) {
    to[i] = Math.max(-127, Math.min(nearestWhole(fround(row[i]! * multiplier)), 127));
  }
  return multiplier;
}

/** What a product is made of: x [m, k], a weight [k, n] with a multiplier for each column, a bias [n] or none. */
export interface Int8Operands extends Dimensions {
  readonly x: Float32Array;
  readonly values: Int8Array;
  readonly scale: Float32Array;
  readonly bias: Float32Array | null;
}

/** The results before an activation, and before the bias, [m, n]. */
export interface Int8Results {
  readonly z: Float32Array;
  readonly quotients: Float32Array;
}

/** The results, to the bit. */
export function referenceInt8({ m, n, k, x, values, scale, bias }: Int8Operands): Int8Results {
  const quotients = new Float32Array(m * n);
  const z = new Float32Array(m * n);
  const whole = new Float64Array(k);
  const sums = new Float64Array(n);
  for (let row = 0; row < m; row++) {
    const multiplier = quantizeRow(x.subarray(row * k, (row + 1) * k), whole);
    sums.fill(0);
    if (!Number.isNaN(multiplier)) {
      for (let p = 0; p < k; p++) {
        const factor = whole[p]!;
        const from = p * n;
        for (let j = 0; j < n; j++) sums[j]! += factor * values[from + j]!;
      }
    }
    for (let j = 0; j < n; j++) {
      const quotient = fround(fround(sums[j]!) / fround(multiplier * scale[j]!));
      quotients[row * n + j] = quotient;
      z[row * n + j] = bias ? fround(quotient + bias[j]!) : quotient;
    }
  }
  return { z, quotients };
}
