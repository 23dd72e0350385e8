/**
 * The estimators of the bench, as pure functions that know nothing of files or
 * kernels: medians and Hodges-Lehmann estimates with exact intervals, exact
 * signed-rank tests, trend and drift, autocorrelation, outlyingness. No normal
 * distribution of times is assumed, which times do not have. What is concluded
 * from them is in `verdicts.ts`. Sources: Le Boudec, Performance
 * Evaluation, 2010; Hollander, Wolfe & Chicken, Nonparametric Statistical
 * Methods, 3rd ed. 2014; else at the function.
 *
 * @module
 */

/** The middle of the values, or the mean of the two middle ones; NaN without values. */
export function median(values: readonly number[]): number {
  return middleOf(values.toSorted((a, b) => a - b));
}

/** The median of values that are sorted. */
function middleOf(sorted: ArrayLike<number>): number {
  const last = sorted.length - 1;
  return ((sorted[Math.floor(last / 2)] ?? NaN) + (sorted[Math.ceil(last / 2)] ?? NaN)) / 2;
}

/** The geometric mean of positive values; NaN of none. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The least and the greatest value; without spreading, since there may be millions. */
export function rangeOf(values: readonly number[]): { readonly min: number; readonly max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
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

/** P(|Z| > z) for a standard normal Z and z >= 0 (Abramowitz & Stegun 26.2.17; error below 2e-7, far more than a decision at 0.05 needs). */
export function twoSidedNormal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.min(1, 2 * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum);
}

/**
 * Whether times have settled: the median of the last 8 is within 2 %
 * of that of the 8 before, and the last 16 have no trend at the 5 % level.
 */
export function isSettled(times: readonly number[]): boolean {
  if (times.length < 16) return false;
  const last = times.slice(-8);
  const before = times.slice(-16, -8);
  return Math.abs(Math.log(median(last) / median(before))) < 0.02 &&
    trendPValue(times.slice(-16)) > 0.05;
}

/** The mean, and the standard deviation with n − 1 in the denominator; NaN where there are too few values. */
export function meanAndDeviation(
  values: readonly number[],
): { readonly mean: number; readonly deviation: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: n < 2 ? NaN : Math.sqrt(squares / (n - 1)) };
}

// Up to so many values the signed-rank distribution is summed exactly; beyond, the normal one is within 1e-4 of it.
const exactMost = 200;

/**
 * The chances of each value of a sum of `weights` (whole numbers), each of which is in it or not
 * with probability 1/2: after Hollander, Wolfe & Chicken, §3.1, by one weight after the other.
 */
function chancesOfSums(weights: readonly number[]): Float64Array {
  const chances = new Float64Array(weights.reduce((sum, weight) => sum + weight, 0) + 1);
  chances[0] = 1;
  let top = 0;
  for (const weight of weights) {
    top += weight;
    for (let sum = top; sum >= 0; sum--) {
      chances[sum] = ((chances[sum] ?? 0) + (chances[sum - weight] ?? 0)) / 2;
    }
  }
  return chances;
}

/**
 * The rank C, from 1, for which the C-th smallest and the C-th largest of the
 * n(n + 1)/2 Walsh averages of n values cover their centre of symmetry with
 * probability `confidence` or more, by the exact distribution of Wilcoxon's
 * signed-rank statistic; null where n is too small for any (n < 6 for 0.95).
 *
 * @example
 * ```ts
 * import { signedRankCut } from "./estimators.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(signedRankCut(12)?.rank, 14); // of 78
 * ```
 */
export function signedRankCut(
  n: number,
  confidence = 0.95,
): { readonly rank: number; readonly confidence: number } | null {
  if (n > exactMost) {
    const deviation = Math.sqrt(n * (n + 1) * (2 * n + 1) / 24);
    // With the continuity correction of 1/2.
    const rank = Math.floor(
      n * (n + 1) / 4 + 0.5 - normalQuantile((1 + confidence) / 2) * deviation,
    );
    return { rank, confidence };
  }
  const key = `${n} ${confidence}`;
  const known = cuts.get(key);
  if (known !== undefined) return known;
  const chances = chancesOfSums(Array.from({ length: n }, (_, i) => i + 1));
  let best = null;
  let tail = 0;
  for (let rank = 1; rank < chances.length / 2; rank++) {
    tail += chances[rank - 1] ?? 0;
    if (1 - 2 * tail < confidence) break;
    best = { rank, confidence: 1 - 2 * tail };
  }
  cuts.set(key, best);
  return best;
}

const cuts = new Map<string, ReturnType<typeof signedRankCut>>();

/** An estimate with its interval; see {@linkcode Interval} for a confidence of 0. */
export interface Estimate extends Interval {
  readonly estimate: number;
}

/**
 * The Hodges-Lehmann estimate of the centre of paired differences, which is the
 * median of their Walsh averages (dᵢ + dⱼ)/2, i ≤ j, with the interval of
 * {@linkcode signedRankCut} (Hodges & Lehmann 1963; Tukey 1949). Exact for
 * continuous differences that are symmetric, as those of an A/A control are; with
 * ties it covers no less often (Hollander, Wolfe & Chicken, §3.3).
 *
 * @example The logarithm of a ratio of times, from six rounds
 * ```ts
 * import { hodgesLehmann } from "./estimators.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const logs = [0.10, 0.09, 0.11, 0.10, 0.12, 0.08];
 * const { estimate, low, high } = hodgesLehmann(logs);
 * assertAlmostEquals(estimate, 0.1);
 * assertEquals([low, high], [0.08, 0.12]);
 * ```
 */
export function hodgesLehmann(differences: readonly number[], confidence = 0.95): Estimate {
  const averages = new Float64Array(differences.length * (differences.length + 1) / 2);
  let at = 0;
  for (const [i, one] of differences.entries()) {
    for (const other of differences.slice(i)) averages[at++] = (one + other) / 2;
  }
  averages.sort();
  const cut = signedRankCut(differences.length, confidence);
  const last = averages.length - 1;
  const first = (cut?.rank ?? 1) - 1;
  return {
    estimate: middleOf(averages),
    low: averages[first] ?? NaN,
    high: averages[last - first] ?? NaN,
    confidence: cut?.confidence ?? 0,
  };
}

/**
 * The exact two-sided p-value of Wilcoxon's signed-rank test (1945) that
 * differences lie symmetrically around 0: the share of all 2ⁿ patterns of signs
 * whose rank sum is as far from its mean as the one found. Equal sizes share
 * their mean rank; zeros are ranked with the others and then left out (Pratt
 * 1959), so that a difference near zero never makes less significant than none.
 * For more than 200 differences, by the normal approximation.
 *
 * @example Six of six positive: two of 64 patterns are as extreme
 * ```ts
 * import { signedRankPValue } from "./estimators.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(signedRankPValue([1, 2, 3, 4, 5, 6]), 2 / 64);
 * ```
 */
export function signedRankPValue(differences: readonly number[]): number {
  // What is not known is no evidence.
  if (differences.some(Number.isNaN)) return 1;
  // Twice the ranks, which are whole numbers for ties too.
  const signed = differences.map((difference) => {
    const size = Math.abs(difference);
    const below = differences.filter((other) => Math.abs(other) < size).length;
    const equal = differences.filter((other) => Math.abs(other) === size).length;
    return Math.sign(difference) * (2 * below + equal + 1);
  }).filter((rank) => rank !== 0);
  const weights = signed.map(Math.abs);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const positive = signed.reduce((sum, rank) => sum + Math.max(0, rank), 0);
  const least = Math.min(positive, total - positive);
  if (signed.length > exactMost) {
    const deviation = Math.sqrt(weights.reduce((sum, weight) => sum + weight ** 2, 0)) / 2;
    // Twice the ranks, hence a continuity correction of twice 1/2.
    return twoSidedNormal(Math.max(0, total / 2 - least - 1) / deviation);
  }
  const tail = chancesOfSums(weights).subarray(0, least + 1).reduce((sum, each) => sum + each, 0);
  return Math.min(1, 2 * tail);
}

/**
 * The change from one value to the next: the median of the slopes of all pairs
 * (Theil 1950, Sen 1968), which up to 29 % of wild values cannot move far.
 *
 * @example
 * ```ts
 * import { theilSen } from "./estimators.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(theilSen([1, 3, 100, 7, 9]), 2);
 * ```
 */
export function theilSen(values: readonly number[]): number {
  return median(
    values.flatMap((value, i) => values.slice(i + 1).map((later, j) => (later - value) / (j + 1))),
  );
}

/**
 * The correlation of each value with the one before, and the bound ±1.96/√n
 * within which that of independent values lies 95 times of 100 (Box, Jenkins &
 * Reinsel, Time Series Analysis, §2.1.6); 0 for values without variation.
 *
 * @example
 * ```ts
 * import { autocorrelation } from "./estimators.ts";
 * import { assertLess } from "@std/assert";
 *
 * const { lag1, bound } = autocorrelation([1, 2, 1, 2, 1, 2, 1, 2]);
 * assertLess(lag1, -bound);
 * ```
 */
export function autocorrelation(
  values: readonly number[],
): { readonly lag1: number; readonly bound: number } {
  const { mean } = meanAndDeviation(values);
  let [products, squares] = [0, 0];
  for (const [i, value] of values.entries()) {
    squares += (value - mean) ** 2;
    if (i > 0) products += (value - mean) * ((values[i - 1] ?? mean) - mean);
  }
  return { lag1: squares === 0 ? 0 : products / squares, bound: 1.96 / Math.sqrt(values.length) };
}

/**
 * How outlying each value is: 0.6745·(x − median)/MAD, where MAD is the median
 * distance from the median (Iglewicz & Hoaglin 1993, who call more than 3.5 an
 * outlier). Where half of the values are equal the others are infinitely so.
 *
 * @example
 * ```ts
 * import { modifiedZ } from "./estimators.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(modifiedZ([1, 2, 3, 4, 20])[4] ?? 0, 0.6745 * 17);
 * ```
 */
export function modifiedZ(values: readonly number[]): number[] {
  const centre = median(values);
  const mad = median(values.map((value) => Math.abs(value - centre)));
  return values.map((value) => value === centre ? 0 : 0.6745 * (value - centre) / mad);
}

/**
 * The z below which a standard normal variable lies with probability p, 0 < p < 1.
 *
 * @example
 * ```ts
 * import { normalQuantile } from "./estimators.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(normalQuantile(0.975), 1.959964, 1e-5);
 * ```
 */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  let [low, high] = [0, 40];
  // Halved until no number is left between the two ends.
  for (let z = 20; z > low && z < high; z = (low + high) / 2) {
    if (1 - twoSidedNormal(z) / 2 < p) low = z;
    else high = z;
  }
  return high;
}
