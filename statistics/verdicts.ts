/**
 * What is concluded from estimates: verdicts with a band of equivalence and an
 * "inconclusive", what a number of launches can see, and corrections for many
 * comparisons. Pure functions; differences are logarithms of ratios of times,
 * of which 0.01 is about 1 %. A test of significance alone would call every
 * difference real that enough rounds can see, and on a noisy machine none.
 *
 * @module
 */
import type { Verdict } from "../common/verdicts.ts";
import { createRandom, normal } from "../common/random.ts";
import { meanAndDeviation, median, normalQuantile, twoSidedNormal } from "./estimators.ts";
import { compared, type Comparison, type Launches, leastForRanks } from "./launches.ts";
import { studentQuantile, twoSidedStudent } from "./student.ts";

/** A verdict, and how many more launches, or rounds of a single one, would about settle it where it is inconclusive. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly more: number | null;
}

/** The relative difference that matters, by default. */
export const relevantDifference = 0.03;

/** The relative difference beyond which times are called different: the one that matters, or twice the noise floor of the run where that is more. */
export function thresholdOf(noiseFloor: number, relevant: number = relevantDifference): number {
  return Math.max(relevant, 2 * noiseFloor);
}

/**
 * The verdict on ln(new time / old time) = d with its interval [L, U], where
 * θ = ln(1 + relevant) and Θ, not less, is that of {@linkcode thresholdOf}:
 *
 * - L > 0 and d > Θ: slower; U < 0 and d < −Θ: faster. There is a difference,
 *   and by all that is known it is one that matters.
 * - −θ < L and U < θ: equivalent, as far as it matters (the test of equivalence
 *   by an interval; Schuirmann 1987). Noise makes nothing more equivalent, so that
 *   it widens Θ alone.
 * - Else inconclusive, as where there are too few rounds for an interval.
 *
 * How many more are needed follows from the width of an interval falling as 1/√n:
 * until half of it is less than d where d is beyond Θ, else than the distance of d from θ.
 *
 * @example
 * ```ts
 * import { judge } from "./verdicts.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const clear = { estimate: 0.1, low: 0.02, high: 0.18, confidence: 0.96, launches: 1, rounds: 12 };
 * assertEquals(judge(clear).verdict, "slower");
 * assertEquals(judge(clear, { floor: 0.06 }).verdict, "inconclusive");
 * const vague = { ...clear, estimate: 0, low: -0.06, high: 0.06 };
 * assertEquals(judge(vague), { verdict: "inconclusive", more: 38 });
 * ```
 */
export function judge(
  { estimate, low, high, confidence, launches, rounds }: Omit<Comparison, "p">,
  { floor = 0, relevant = relevantDifference }: {
    /** The noise floor of the run; see `noiseOf()`. */
    readonly floor?: number;
    readonly relevant?: number;
  } = {},
): Judgement {
  const small = Math.log1p(relevant);
  const large = Math.log1p(thresholdOf(floor, relevant));
  const decided = (verdict: Verdict): Judgement => ({ verdict, more: null });
  const units = launches > 1 ? launches : rounds;
  if (!Number.isFinite(estimate) || confidence === 0) {
    return { verdict: "inconclusive", more: Math.max(1, leastForRanks - units) };
  }
  if (low > 0 && estimate > large) return decided("slower");
  if (high < 0 && estimate < -large) return decided("faster");
  if (-small < low && high < small) return decided("equivalent");
  const size = Math.abs(estimate);
  const distance = size > large ? size : Math.abs(small - size);
  const needed = units * ((high - low) / 2 / distance) ** 2;
  const more = Math.max(1, Math.ceil(needed - units));
  return { verdict: "inconclusive", more: Number.isSafeInteger(more) ? more : null };
}

/**
 * ln(after / before) from two separate runs, whose rounds are no pairs: the
 * difference of mean logarithms, ± t·√(s²/n + s²/n + 2σ²), where σ is the
 * standard deviation of one cell between runs on one machine, which no number
 * of rounds lowers (Kalibera & Jones 2013). The units are the launches, by their
 * medians, or the rounds of single ones; where there are too few of them, fewer
 * than 2 launches and 6 rounds, the confidence is 0 and the interval has no end.
 *
 * @param before seconds of each round, by launch
 * @param after seconds of each round, by launch
 * @param spread σ; see {@linkcode unknownSpread}
 *
 * @example
 * ```ts
 * import { unpaired } from "./verdicts.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const times = [[1, 1, 1, 1, 1, 1]];
 * const { low, high } = unpaired(times, times, 0.05);
 * assertAlmostEquals(high, 1.96 * 0.05 * Math.SQRT2, 1e-5);
 * assertAlmostEquals(low, -high);
 * ```
 */
export function unpaired(
  before: Launches,
  after: Launches,
  spread: number,
  confidence = 0.95,
): Comparison {
  const byLaunch = before.length > 1 && after.length > 1;
  const valuesOf = (launches: Launches) =>
    (byLaunch ? launches.map(median) : launches.flat()).map(Math.log);
  const [x, y] = [valuesOf(before), valuesOf(after)];
  const [old, now] = [meanAndDeviation(x), meanAndDeviation(y)];
  const estimate = now.mean - old.mean;
  const counts = {
    rounds: Math.min(before.flat().length, after.flat().length),
    launches: Math.min(before.length, after.length),
  };
  const units = Math.min(x.length, y.length);
  if (units < (byLaunch ? 2 : leastForRanks) || !Number.isFinite(estimate)) {
    return { estimate, low: -Infinity, high: Infinity, confidence: 0, p: 1, ...counts };
  }
  const error = Math.sqrt(
    old.deviation ** 2 / x.length + now.deviation ** 2 / y.length + 2 * spread ** 2,
  );
  // Of launches there are few; of rounds enough, and σ is most of their error.
  const freedom = x.length + y.length - 2;
  const quantile = byLaunch
    ? studentQuantile(freedom, confidence)
    : normalQuantile((1 + confidence) / 2);
  const size = Math.abs(estimate) / error;
  const p = estimate === 0 ? 1 : byLaunch ? twoSidedStudent(size, freedom) : twoSidedNormal(size);
  const half = quantile * error;
  return { estimate, low: estimate - half, high: estimate + half, confidence, p, ...counts };
}

/** The standard deviation σ of {@linkcode unpaired} on a machine without known earlier runs. */
export const unknownSpread = 0.05;

/** The design of a comparison: its units, launches or the rounds of a single one, and their standard deviation. */
export interface Design {
  readonly units: number;
  /** Whether the units are launches. */
  readonly byLaunch: boolean;
  readonly sigma: number;
  /** The noise floor of the run. */
  readonly floor: number;
}

// Enough for a probability to ±0.03, which moves the difference by a few hundredths of itself.
const simulations = 300;

/**
 * The relative difference that {@linkcode judge} calls slower with probability
 * 0.8: found by simulating comparisons of normal differences, the same ones
 * every time, and halving. Infinite where the units are too few for any verdict.
 *
 * @example
 * ```ts
 * import { smallestCalled } from "./verdicts.ts";
 * import { assertAlmostEquals, assertGreater } from "@std/assert";
 *
 * const quiet = { units: 8, byLaunch: true, sigma: 0.002, floor: 0 };
 * assertAlmostEquals(smallestCalled(quiet), 0.03, 0.002);
 * assertGreater(smallestCalled({ ...quiet, sigma: 0.05 }), 0.05);
 * ```
 */
export function smallestCalled({ units, byLaunch, sigma, floor }: Design): number {
  if (!Number.isFinite(sigma) || units < (byLaunch ? 2 : leastForRanks)) return Infinity;
  const random = createRandom(1);
  const noise = Array.from(
    { length: simulations },
    () => Array.from({ length: units }, () => sigma * normal(random)),
  );
  const called = (difference: number) =>
    noise.filter((values) => {
      const shifted = values.map((value) => value + difference);
      const comparison = compared(byLaunch ? shifted.map((value) => [value]) : [shifted]);
      return judge(comparison, { floor }).verdict === "slower";
    }).length / simulations;
  let [low, high] = [0, Math.log1p(thresholdOf(floor)) + 20 * sigma];
  for (let i = 0; i < 12; i++) {
    const middle = (low + high) / 2;
    if (called(middle) < 0.8) low = middle;
    else high = middle;
  }
  return Math.expm1(high);
}

/**
 * The p-values of a family, made larger so that those at most α are all right
 * with probability 1 − α (Holm 1979). It decides exit codes of comparisons with files.
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
