/**
 * What is concluded from estimates: verdicts with a band of equivalence and an
 * "inconclusive", what a number of rounds can see, and corrections for many
 * comparisons. Pure functions; differences are logarithms of ratios of times,
 * of which 0.01 is about 1 %. A test of significance alone would call every
 * difference real that enough rounds can see, and on a noisy machine none.
 *
 * @module
 */
import type { Verdict } from "../common/verdicts.ts";
import {
  type Estimate,
  hodgesLehmann,
  meanAndDeviation,
  normalQuantile,
  signedRankPValue,
  twoSidedNormal,
} from "./estimators.ts";

/** A verdict, and how many more rounds would about settle it where it is inconclusive. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly moreRounds: number | null;
}

/** The relative difference that matters, by default. */
export const relevantDifference = 0.03;

/** The relative difference beyond which times are called different: the one that matters, or twice the noise floor of the run where that is more. */
export function thresholdOf(noiseFloor: number, relevant: number = relevantDifference): number {
  return Math.max(relevant, 2 * noiseFloor);
}

/**
 * The verdict on ln(new time / old time) with its interval [L, U], where
 * θ = ln(1 + relevant) and Θ, not less, is that of {@linkcode thresholdOf}:
 *
 * - L > Θ: slower; U < −Θ: faster.
 * - −θ < L and U < θ: the same, as far as it matters (the test of equivalence
 *   by an interval; Schuirmann 1987). Noise makes nothing more equivalent, so that
 *   it widens Θ alone.
 * - The interval excludes 0, and the estimate is at most θ: small but real.
 * - Else inconclusive, as where there are too few rounds for an interval.
 *
 * The rounds needed follow from the width of an interval falling as 1/√n: until
 * half of it is the distance of the estimate from Θ, or θ/2 where that is more.
 *
 * @example
 * ```ts
 * import { judge } from "./verdicts.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const clear = { estimate: 0.1, low: 0.08, high: 0.12, confidence: 0.96, rounds: 12 };
 * assertEquals(judge(clear).verdict, "slower");
 * assertEquals(judge(clear, { floor: 0.05 }).verdict, "inconclusive");
 * const vague = { ...clear, estimate: 0, low: -0.06, high: 0.06 };
 * assertEquals(judge(vague), { verdict: "inconclusive", moreRounds: 198 });
 * ```
 */
export function judge(
  { estimate, low, high, confidence, rounds }: Omit<Comparison, "p">,
  { floor = 0, relevant = relevantDifference }: {
    /** The noise floor of the run; see `noiseOf()`. */
    readonly floor?: number;
    readonly relevant?: number;
  } = {},
): Judgement {
  const small = Math.log1p(relevant);
  const large = Math.log1p(thresholdOf(floor, relevant));
  const decided = (verdict: Verdict): Judgement => ({ verdict, moreRounds: null });
  // Six is the least number of rounds that has an interval.
  if (confidence === 0) return { verdict: "inconclusive", moreRounds: Math.max(1, 6 - rounds) };
  if (low > large) return decided("slower");
  if (high < -large) return decided("faster");
  if (-small < low && high < small) return decided("same");
  const size = Math.abs(estimate);
  if ((low > 0 || high < 0) && size <= small) return decided("small but real");
  const needed = (high - low) / 2 / Math.max(size - large, small / 2);
  const more = Math.ceil(rounds * needed ** 2);
  return { verdict: "inconclusive", moreRounds: Number.isSafeInteger(more) ? more : null };
}

/** ln(new time / old time) with its interval and the two-sided p-value of no difference. */
export interface Comparison extends Estimate {
  readonly p: number;
  /** The rounds that it rests on. */
  readonly rounds: number;
}

/**
 * ln(after / before) from its differences in rounds, in each of which both
 * contenders met the same interference; see `logRatio()`. The Hodges-Lehmann
 * estimate with its exact signed-rank interval and p-value, and sigma, the
 * standard deviation of the differences.
 *
 * @param differences ln(after / before), one for each round
 *
 * @example
 * ```ts
 * import { compared } from "./verdicts.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const { low, high, rounds, p } = compared([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
 * assertAlmostEquals(low, 0.1);
 * assertAlmostEquals(high, 0.1);
 * assertEquals(rounds, 6);
 * assertEquals(p, 2 / 64);
 * ```
 */
export function compared(
  differences: readonly number[],
): Comparison & { readonly sigma: number } {
  return {
    ...hodgesLehmann(differences),
    p: signedRankPValue(differences),
    rounds: differences.length,
    sigma: meanAndDeviation(differences).deviation,
  };
}

/**
 * ln(after / before) from two separate runs, whose rounds are no pairs: the
 * difference of mean logarithms, ± z·√(s²/n + s²/n + 2σ²), where σ is the
 * standard deviation of one cell between runs on one machine, which no number
 * of rounds lowers (Kalibera & Jones 2013). Where a run has less than 6 rounds,
 * the confidence is 0 and the interval has no end.
 *
 * @param before seconds of each round
 * @param after seconds of each round
 * @param spread σ; see {@linkcode unknownSpread}
 *
 * @example
 * ```ts
 * import { unpaired } from "./verdicts.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const times = [1, 1, 1, 1, 1, 1];
 * const { low, high } = unpaired(times, times, 0.05);
 * assertAlmostEquals(high, 1.96 * 0.05 * Math.SQRT2, 1e-5);
 * assertAlmostEquals(low, -high);
 * ```
 */
export function unpaired(
  before: readonly number[],
  after: readonly number[],
  spread: number,
  confidence = 0.95,
): Comparison {
  const old = meanAndDeviation(before.map(Math.log));
  const now = meanAndDeviation(after.map(Math.log));
  const estimate = now.mean - old.mean;
  const rounds = Math.min(before.length, after.length);
  if (rounds < 6) {
    return { estimate, low: -Infinity, high: Infinity, confidence: 0, p: 1, rounds };
  }
  const error = Math.sqrt(
    old.deviation ** 2 / before.length + now.deviation ** 2 / after.length + 2 * spread ** 2,
  );
  const half = normalQuantile((1 + confidence) / 2) * error;
  const p = estimate === 0 ? 1 : twoSidedNormal(Math.abs(estimate) / error);
  return { estimate, low: estimate - half, high: estimate + half, confidence, p, rounds };
}

/** The standard deviation σ of {@linkcode unpaired} on a machine without known earlier runs. */
export const unknownSpread = 0.05;

/**
 * The difference that `rounds` paired rounds find with probability `power` at
 * level `alpha`, where their differences have the standard deviation `sigma`:
 * n = (z₁₋α/₂ + z_power)²·(σ/δ)² + 2 (Noether 1987), solved for δ. Infinite
 * for n ≤ 2.
 *
 * @example
 * ```ts
 * import { smallestDetectable } from "./verdicts.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(smallestDetectable({ sigma: 0.05, rounds: 10 }), 0.05, 0.001);
 * ```
 */
export function smallestDetectable(
  { sigma, rounds, alpha = 0.05, power = 0.8 }: {
    readonly sigma: number;
    readonly rounds: number;
    readonly alpha?: number;
    readonly power?: number;
  },
): number {
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return rounds <= 2 ? Infinity : z * sigma / Math.sqrt(rounds - 2);
}

/**
 * The p-values of a family, made larger so that those at most α are all right
 * with probability 1 − α (Holm 1979). It decides exit codes. An exact
 * signed-rank p-value of n rounds is 2/2ⁿ or more, so that of many comparisons
 * none can pass where rounds are few; see {@linkcode roundsForFamily}.
 *
 * @example
 * ```ts
 * import { holm } from "./verdicts.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
 * ```
 */
export function holm(p: readonly number[]): number[] {
  const adjusted = p.map(() => 0);
  let most = 0;
  for (const [i, at] of ascending(p).entries()) {
    most = Math.max(most, Math.min(1, (p.length - i) * (p[at] ?? 1)));
    adjusted[at] = most;
  }
  return adjusted;
}

/** The least number of rounds whose smallest signed-rank p-value, 2/2ⁿ, passes Holm's first step among `cells` comparisons. */
export function roundsForFamily(cells: number, alpha = 0.05): number {
  return Math.ceil(Math.log2(2 * Math.max(1, cells) / alpha));
}

/**
 * The p-values of a family, made larger so that of those at most q a share of q
 * is wrong on average (Benjamini & Hochberg 1995). It decides colours.
 *
 * @example
 * ```ts
 * import { benjaminiHochberg } from "./verdicts.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(benjaminiHochberg([0.01, 0.04, 0.03]), [0.03, 0.04, 0.04]);
 * ```
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const adjusted = p.map(() => 0);
  let least = 1;
  for (const [i, at] of [...ascending(p).entries()].toReversed()) {
    least = Math.min(least, p.length / (i + 1) * (p[at] ?? 1));
    adjusted[at] = least;
  }
  return adjusted;
}

/** The indices of values from the smallest to the largest. */
function ascending(values: readonly number[]): number[] {
  return [...values.keys()].toSorted((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
}
