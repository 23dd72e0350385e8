/**
 * Estimates from values of several launches. What differs from one fresh process
 * to the next, such as what its compiler chose and where its data lie, is the
 * same in all rounds of a launch, so that rounds cannot show it: the launch is
 * the unit of inference, and the rounds beneath it only make its value exact
 * (Georges, Buytaert & Eeckhout 2007; Kalibera & Jones 2013). Pure functions.
 *
 * @module
 */
import {
  type Estimate,
  hodgesLehmann,
  type Interval,
  meanAndDeviation,
  median,
  medianInterval,
  signedRankPValue,
} from "./estimators.ts";
import { studentQuantile, twoSidedStudent } from "./student.ts";

/** Values of each launch, one for each of its rounds; launches without any are left out. */
export type Launches = readonly (readonly number[])[];

/** An estimate of ln(new time / old time) with its interval and the two-sided p-value of no difference. */
export interface Comparison extends Estimate {
  readonly p: number;
  /** The rounds that it rests on, of all launches together. */
  readonly rounds: number;
  /** The launches that it rests on; with one, what differs between launches is not in the interval. */
  readonly launches: number;
}

/** A comparison, and the standard deviation of its units: of launches, or of the rounds of a single one. */
export interface PairedComparison extends Comparison {
  readonly sigma: number;
}

/** The least number of values that has a distribution-free interval at 95 %. */
export const leastForRanks = 6;

/** How far from an estimate an end is told, as a ratio: an interval that is wider says nothing, and two launches under load can make it wider than numbers are. */
export const widest = 1e6;

/** The mean of a few values with Student's interval; that of two or three is wide, as it must be. */
function byStudent(values: readonly number[]): Estimate & { readonly p: number } {
  const { mean, deviation } = meanAndDeviation(values);
  const error = deviation / Math.sqrt(values.length);
  const half = studentQuantile(values.length - 1) * error;
  const p = mean === 0 ? 1 : twoSidedStudent(Math.abs(mean) / error, values.length - 1);
  return { estimate: mean, low: mean - half, high: mean + half, confidence: 0.95, p };
}

/**
 * ln(after / before) from its paired differences in rounds of launches. A launch
 * counts by the median of its rounds. Of six launches or more, the
 * Hodges-Lehmann estimate with its exact signed-rank interval and p-value, which
 * a launch in another state cannot move far; of two to five, the mean with
 * Student's; of one, Hodges-Lehmann over its rounds. A value that is no finite
 * number makes the comparison undecided, never significant.
 *
 * @param differences ln(after / before) of each round, by launch
 *
 * @example
 * ```ts
 * import { compared } from "./launches.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * // All rounds of a launch agree, and the launches do not.
 * const apart = compared([[0.05, 0.05], [-0.02, -0.02], [0.01, 0.01]]);
 * assertEquals([apart.launches, apart.rounds], [3, 6]);
 * assertAlmostEquals(apart.high - apart.low, 2 * 4.3027 * 0.035119 / Math.sqrt(3), 1e-3);
 * assertEquals(compared([[0.1, 0.1, 0.1, 0.1, 0.1, 0.1]]).p, 2 / 64);
 * ```
 */
export function compared(differences: Launches): PairedComparison {
  const groups = differences.filter((rounds) => rounds.length > 0);
  const rounds = groups.reduce((sum, each) => sum + each.length, 0);
  const [first = [], ...others] = groups;
  const values = others.length === 0 ? first : groups.map(median);
  const counts = { rounds, launches: groups.length };
  if (!values.every(Number.isFinite) || values.length === 0) {
    const [low, high] = [-Infinity, Infinity];
    return { estimate: NaN, low, high, confidence: 0, p: 1, sigma: NaN, ...counts };
  }
  const sigma = meanAndDeviation(values).deviation;
  if (others.length > 0 && values.length < leastForRanks) {
    return { ...byStudent(values), sigma, ...counts };
  }
  return { ...hodgesLehmann(values), p: signedRankPValue(values), sigma, ...counts };
}

/**
 * The interval of a median time from its rounds, by launch: distribution-free
 * over six launches or more, Student's on the logarithms of two to five, over
 * the rounds of a single one. It always holds the median of all rounds, and ends a
 * millionfold from it at the farthest.
 *
 * @param times seconds of each round, by launch
 *
 * @example
 * ```ts
 * import { timeInterval } from "./launches.ts";
 * import { assertEquals, assertLess } from "@std/assert";
 *
 * assertEquals(timeInterval([[1, 2, 3, 4, 5, 6]]).low, 1);
 * assertLess(timeInterval([[1, 1, 1], [2, 2, 2]]).low, 0.5);
 * ```
 */
export function timeInterval(times: Launches): Interval {
  const groups = times.filter((rounds) => rounds.length > 0);
  const medians = groups.map(median);
  if (groups.length <= 1) return medianInterval(groups[0] ?? []);
  const { low, high, confidence } = groups.length >= leastForRanks
    ? medianInterval(medians)
    : inSeconds(byStudent(medians.map(Math.log)));
  const middle = median(groups.flat());
  return {
    low: Math.max(Math.min(low, middle), middle / widest),
    high: Math.min(Math.max(high, middle), middle * widest),
    confidence,
  };
}

function inSeconds({ low, high, confidence }: Interval): Interval {
  return { low: Math.exp(low), high: Math.exp(high), confidence };
}
