/**
 * What a median hides: quantiles of single calls with order-statistic intervals
 * (Le Boudec, Performance Evaluation, 2010, §2.2), mean and spread, and whether
 * calls have two speeds. Pure functions.
 *
 * @module
 */
import { binomialTail } from "./beta.ts";
import { meanAndDeviation, median } from "./estimators.ts";

/** A quantile, and the ends of an interval that covers the distribution's own with probability 0.95; null where so few values have no such end. */
export interface Quantile {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What single calls say; times in seconds of one call. */
export interface Tail {
  readonly n: number;
  readonly mean: number;
  /** The standard deviation. */
  readonly deviation: number;
  /** The median distance from the median. */
  readonly mad: number;
  readonly p50: Quantile;
  /** Null for fewer than 20 values. */
  readonly p95: Quantile | null;
  /** Null for fewer than 100 values. */
  readonly p99: Quantile | null;
  /** Whether the calls have two speeds; see {@linkcode twoModes}. */
  readonly bimodal: boolean;
}

/**
 * The `share` quantile: the smallest value that this share of the values does
 * not exceed, with the pair of order statistics that leaves at most 2.5 % on
 * either side, whatever the distribution.
 *
 * @example
 * ```ts
 * import { quantileOf } from "./tails.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
 * assertEquals(quantileOf(sorted, 0.95), { value: 95, low: 90, high: 100 });
 * ```
 */
export function quantileOf(sorted: readonly number[], share: number): Quantile {
  const n = sorted.length;
  // The rank is a whole number where share · n is one but for rounding.
  const rank = Math.max(1, Math.ceil(share * n - 1e-9));
  // B values lie below the quantile: P(B < low) and P(B >= high) are at most 0.025.
  let [low, high] = [rank, rank];
  while (low > 0 && binomialTail(low - 1, n, share) > 0.025) low--;
  while (high <= n && 1 - binomialTail(high - 1, n, share) > 0.025) high++;
  return {
    value: sorted[rank - 1] ?? NaN,
    low: sorted[low - 1] ?? null,
    high: sorted[high - 1] ?? null,
  };
}

/** Fewer values than this have no p95, and no p99. */
export const leastForP95 = 20;
const leastForP99 = 100;

/** What the times of calls say of their distribution; not to be called without any. */
export function tailOf(times: readonly number[]): Tail {
  const sorted = times.toSorted((a, b) => a - b);
  const n = sorted.length;
  const { mean, deviation } = meanAndDeviation(sorted);
  const centre = median(sorted);
  return {
    n,
    mean,
    deviation: n < 2 ? 0 : deviation,
    mad: median(sorted.map((time) => Math.abs(time - centre))),
    p50: quantileOf(sorted, 0.5),
    p95: n < leastForP95 ? null : quantileOf(sorted, 0.95),
    p99: n < leastForP99 ? null : quantileOf(sorted, 0.99),
    bimodal: twoModes(sorted) !== null,
  };
}

// Closer speeds than these make no difference to a user, and are finer than the clock's step can tell.
const leastDistance = Math.log(1.1);
// Of the smaller of two groups.
const leastShare = 0.05;
const leastMembers = 8;
const modesAlpha = 0.001;

/**
 * The two speeds of calls, or null where one explains them. The logarithms are
 * cut into two groups with the least squares within (Fisher 1958). A density with
 * one mode is nowhere between two points lower than at both. So the stretch from
 * one group's median to the other's is cut into thirds, and counted: in the
 * middle third, and as far to either side of each median as makes a third around
 * it. With one mode the middle has, on average, no fewer values than the emptier
 * of the other two, and the sign test says how sure it is (p < 0.001, since the
 * groups were chosen by looking). Speeds less than 10 % apart, and groups of less
 * than 5 % or 8 calls, are not told.
 */
export function twoModes(
  times: readonly number[],
): { readonly fast: number; readonly slow: number; readonly share: number } | null {
  const logs = times.map((time) => Math.log(Math.max(time, 1e-12))).toSorted((a, b) => a - b);
  const n = logs.length;
  const members = Math.max(leastMembers, Math.ceil(leastShare * n));
  if (n < 2 * members) return null;
  const sums = [0];
  for (const log of logs) sums.push(sums.at(-1)! + log);
  const total = sums[n]!;
  let [cut, best] = [0, -Infinity];
  for (let i = members; i <= n - members; i++) {
    // The least squares within are the greatest between.
    const between = sums[i]! ** 2 / i + (total - sums[i]!) ** 2 / (n - i);
    if (between > best) [cut, best] = [i, between];
  }
  const [fast, slow] = [median(logs.slice(0, cut)), median(logs.slice(cut))];
  if (slow - fast < leastDistance) return null;
  const half = (slow - fast) / 6;
  const near = (centre: number) => logs.filter((log) => Math.abs(log - centre) <= half).length;
  const middle = near((fast + slow) / 2);
  const beside = Math.min(near(fast), near(slow));
  const unlikely = binomialTail(middle, middle + beside, 0.5) < modesAlpha;
  return unlikely ? { fast: Math.exp(fast), slow: Math.exp(slow), share: (n - cut) / n } : null;
}
