/**
 * Whether x · w + b = z exactly, for products too large to compute again (thin
 * ones are): both sides times a random vector, on whole numbers so small that float64 is exact
 * throughout. No tolerance, no false alarm; a wrong row is missed with a
 * probability below 2^-26. Cost: O(mk + kn + mn).
 * Method: Freivalds, "Fast probabilistic algorithms", MFCS 1979.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";
import { createRandom } from "../common/random.ts";
import { showFloat } from "./float32.ts";
import { scratchDoubles } from "./scratch.ts";

/** Where a product takes so many multiply-adds for each element of a matrix, or fewer, it is computed again, which is sooner done. */
const mostForEach = 4;

/** Whole numbers times a power of two each, of which k products and a bias add up exactly in float32. */
export interface ExactOperands {
  /** [m, k], multiples of unitX. */
  readonly x: Float32Array;
  /** [k, n], multiples of unitWeight. */
  readonly weight: Float32Array;
  /** [n], multiples of both units' product; null for none. */
  readonly bias: Float32Array | null;
  readonly unitX: number;
  readonly unitWeight: number;
}

/**
 * What is wrong with z [m, n], or null.
 *
 * @example
 * ```ts
 * import { findWrongRow } from "./freivalds.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [x, weight] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
 * const operands = { x, weight, bias: null, unitX: 1, unitWeight: 1 };
 * assertEquals(findWrongRow({ m: 1, n: 1, k: 2 }, operands, Float32Array.of(11), 1), null);
 * ```
 */
export function findWrongRow(
  { m, n, k }: Dimensions,
  { x, weight, bias, unitX, unitWeight }: ExactOperands,
  z: Float32Array,
  seed: number,
): string | null {
  if (z.length !== m * n) return `${z.length} outputs where there should be ${m * n}`;
  // Of powers of two the reciprocals are exact, and to multiply takes a fraction of a division's time.
  const [perUnitX, perUnitWeight] = [1 / unitX, 1 / unitWeight];
  const perUnit = perUnitX * perUnitWeight;
  for (let i = 0; i < z.length; i++) {
    const whole = z[i]! * perUnit;
    // Also false for NaN; beyond 2^24 no right result lies.
    if (!(Math.abs(whole) <= 2 ** 24) || Math.floor(whole) !== whole) {
      return `x·w + b at [${Math.floor(i / n)}, ${i % n}] is ${z[i]}, which no exact sum can be`;
    }
  }
  /** The first element of a row that is wrong, and what it is; null where none is. */
  const faultOfRow = (i: number): string | null => {
    for (let j = 0; j < n; j++) {
      let want = bias ? bias[j]! : 0;
      for (let atX = i * k, at = j; at < k * n; atX++, at += n) want += x[atX]! * weight[at]!;
      const got = z[i * n + j]!;
      if (got !== want) {
        return `, first at [${i}, ${j}]: got ${showFloat(got)}, want ${showFloat(want)}`;
      }
    }
    return null;
  };
  const wrongRow = (i: number, fault: string | null) =>
    `x·w + b is wrong in row ${i} of ${m}${fault ?? ""}`;
  if (m * n * k <= mostForEach * (m * k + k * n + m * n)) {
    for (let i = 0; i < m; i++) {
      const fault = faultOfRow(i);
      if (fault !== null) return wrongRow(i, fault);
    }
    return null;
  }
  const random = createRandom(seed);
  // Two rounds with factors of 13 bits or more miss a wrong row with a probability below 2^-26.
  // |Σ z·r| <= n · 2^24 · |r| must stay below 2^53.
  const most = Math.min(2 ** 20, Math.floor(2 ** 29 / Math.max(1, n)));
  // Both rounds in one pass, which reads each operand once and has two sums under way.
  const [first, second] = [scratchDoubles(n), scratchDoubles(n)];
  let biasFirst = 0;
  let biasSecond = 0;
  for (let j = 0; j < n; j++) {
    first[j] = random.between(-most, most);
    if (bias) biasFirst += bias[j]! * perUnit * first[j]!;
  }
  for (let j = 0; j < n; j++) {
    second[j] = random.between(-most, most);
    if (bias) biasSecond += bias[j]! * perUnit * second[j]!;
  }
  const [weightFirst, weightSecond] = [scratchDoubles(k), scratchDoubles(k)];
  for (let p = 0, at = 0; p < k; p++) {
    let sumFirst = 0;
    let sumSecond = 0;
    for (let j = 0; j < n; j++) {
      const value = weight[at++]! * perUnitWeight;
      sumFirst += value * first[j]!;
      sumSecond += value * second[j]!;
    }
    weightFirst[p] = sumFirst;
    weightSecond[p] = sumSecond;
  }
  for (let i = 0, atX = 0, at = 0; i < m; i++) {
    let wantFirst = biasFirst;
    let wantSecond = biasSecond;
    for (let p = 0; p < k; p++) {
      const value = x[atX++]! * perUnitX;
      wantFirst += value * weightFirst[p]!;
      wantSecond += value * weightSecond[p]!;
    }
    let gotFirst = 0;
    let gotSecond = 0;
    for (let j = 0; j < n; j++) {
      const value = z[at++]! * perUnit;
      gotFirst += value * first[j]!;
      gotSecond += value * second[j]!;
    }
    if (gotFirst !== wantFirst || gotSecond !== wantSecond) {
      return wrongRow(i, faultOfRow(i));
    }
  }
  return null;
}
