/**
 * A change of the tail, judged apart from that of the median. In blocks of calls
 * that were measured side by side, the weight of the tail is ln(p95 / p50); what
 * is compared is its difference between two contenders, block by block, so that
 * what the machine does to both is in neither. Median and tail have the
 * Hodges-Lehmann estimate with its signed-rank interval. Pure functions.
 *
 * @module
 */
import type { TailVerdict } from "../common/verdicts.ts";
import { type Estimate, hodgesLehmann, median } from "./estimators.ts";

/** Seconds of one call in each block of a launch. */
export interface TailBlocks {
  readonly p50: readonly number[];
  readonly p95: readonly number[];
}

/** A tail compared with another. */
export interface TailComparison {
  /** ln of the ratio of p95/p50. */
  readonly weight: Estimate;
  /** ln of the ratio of p50 in the same blocks. */
  readonly middle: Estimate;
  readonly blocks: number;
  readonly verdict: TailVerdict;
  /** Whether the medians differ by less than 5 %, by their interval. */
  readonly medianEquivalent: boolean;
}

/** Changes of p95/p50 within this factor are called none. */
const tailMargin = Math.log(1.25);
const medianMargin = Math.log(1.05);
// That blocks are not independent costs no false alarms on recorded noise: see tail_simulation_test.ts in bench/experiments.
const confidence = 0.95;

/** Pairs the values of each launch by their place in it, which is the place in time. */
function paired(before: readonly number[], after: readonly number[]): [number, number][] {
  const count = Math.min(before.length, after.length);
  const at = (values: readonly number[], i: number) =>
    values[Math.floor((i + 0.5) * values.length / count)]!;
  return Array.from({ length: count }, (_, i) => [at(before, i), at(after, i)]);
}

function weights({ p50, p95 }: TailBlocks): number[] {
  return p50.map((middle, i) => Math.log((p95[i] ?? NaN) / middle));
}

/**
 * Compares the tails of two contenders over launches that both were in. The tail
 * is slower, or faster, where the 95 % interval lies wholly beyond a quarter and
 * every launch by itself is on that side; the same where it lies within a quarter.
 */
export function compareTails(
  before: readonly TailBlocks[],
  after: readonly TailBlocks[],
): TailComparison | null {
  const launches = after.slice(0, before.length).map((now, i) => ({
    weight: paired(weights(before[i]!), weights(now)).map(([old, one]) => one - old),
    middle: paired(before[i]!.p50, now.p50).map(([old, one]) => Math.log(one / old)),
  })).filter(({ weight }) => weight.length > 0);
  if (launches.length === 0) return null;
  const differences = launches.flatMap(({ weight }) => weight);
  const weight = hodgesLehmann(differences, confidence);
  const middle = hodgesLehmann(launches.flatMap(({ middle }) => middle));
  const all = (side: number) => launches.every(({ weight }) => side * median(weight) > 0);
  const verdict = weight.confidence === 0
    ? "inconclusive"
    : weight.low > tailMargin && all(1)
    ? "tail slower"
    : weight.high < -tailMargin && all(-1)
    ? "tail faster"
    : weight.low > -tailMargin && weight.high < tailMargin
    ? "same tail"
    : "inconclusive";
  const medianEquivalent = middle.confidence > 0 && middle.low > -medianMargin &&
    middle.high < medianMargin;
  return { weight, middle, blocks: differences.length, verdict, medianEquivalent };
}
