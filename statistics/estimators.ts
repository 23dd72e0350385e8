/**
 * The statistics of the bench, as pure functions: median, the exact
 * order-statistic interval for it (Le Boudec, Performance Evaluation, 2010,
 * §2.2), and the test for a trend that ends warm-up (Mann 1945, Kendall 1975).
 *
 * @module
 */

/** The middle of the values, or the mean of the two middle ones; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const high = sorted[upper] ?? NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[upper - 1] ?? NaN)) / 2;
}

/** An interval that covers the median with probability `confidence`; 0 where there are too few values for 0.95 and the interval is their range. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/**
 * The narrowest symmetric pair of ranks [j, n + 1 − j] (from 1) of n sorted
 * values that covers the median of their distribution with probability 0.95 or
 * more, whatever that distribution is; null for n < 6, where none does.
 *
 * @example
 * ```ts
 * import { medianRanks } from "./estimators.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(medianRanks(12)?.low, 3);
 * ```
 */
export function medianRanks(
  n: number,
): { readonly low: number; readonly high: number; readonly confidence: number } | null {
  // The chance that fewer than j of n values lie below the median: Σ C(n,i)/2ⁿ for i < j.
  let tail = 0;
  let chance = 0.5 ** n;
  let best = null;
  for (let j = 1; 2 * j <= n; j++) {
    tail += chance;
    chance *= (n - j + 1) / j;
    const confidence = 1 - 2 * tail;
    if (confidence < 0.95) break;
    best = { low: j, high: n + 1 - j, confidence };
  }
  return best;
}

/** The interval of {@linkcode medianRanks} for these values. */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = medianRanks(sorted.length);
  return {
    low: sorted[(ranks?.low ?? 1) - 1] ?? NaN,
    high: sorted[(ranks?.high ?? sorted.length) - 1] ?? NaN,
    confidence: ranks?.confidence ?? 0,
  };
}

/**
 * The two-sided p-value of the Mann-Kendall test for a trend, by the normal
 * approximation with continuity correction, ties taken into account: small
 * where the values rise or fall.
 */
export function trendPValue(values: readonly number[]): number {
  const n = values.length;
  let s = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] ?? 0) - (values[i] ?? 0));
  }
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const t of ties.values()) variance -= t * (t - 1) * (2 * t + 5);
  if (variance <= 0) return 1;
  const z = (Math.abs(s) - (s === 0 ? 0 : 1)) / Math.sqrt(variance / 18);
  return twoSidedNormal(z);
}

/** P(|Z| > z) for a standard normal Z (Abramowitz & Stegun 26.2.17; error below 2e-7, far more than a decision at 0.05 needs). */
function twoSidedNormal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.min(1, 2 * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum);
}

/**
 * Whether times show no change any more: the median of the last 8 is within 2 %
 * of that of the 8 before, and the last 16 have no trend at the 5 % level.
 */
export function isSettled(times: readonly number[]): boolean {
  if (times.length < 16) return false;
  const last = times.slice(-8);
  const before = times.slice(-16, -8);
  return Math.abs(Math.log(median(last) / median(before))) < 0.02 &&
    trendPValue(times.slice(-16)) > 0.05;
}
