/**
 * What results.json says of comparisons: of times, of tails and of starts, each a
 * ratio to the baseline with its interval, and a verdict.
 *
 * @module
 */
import type { TailVerdict, Verdict } from "../common/verdicts.ts";
import type { Pass } from "./pass.ts";

/** A kernel against the baseline on one workload and pass. */
export interface RatioReport {
  readonly kernel: string;
  readonly baseline: string;
  readonly workload: string;
  readonly pass: Pass;
  /** What is compared, as a multiple of the baseline's, and the ends of its interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** The probability with which the interval covers the ratio; 0 where there is too little for 0.95. */
  readonly confidence: number;
}

/** The kernel's time: by Hodges and Lehmann with signed ranks, of six launches or more, or of the rounds of one; by Student of two to five launches. */
export interface VerdictReport extends RatioReport {
  /** The two-sided p of no difference, by the same method. */
  readonly p: number;
  /** Rounds that both have. */
  readonly rounds: number;
  /** Launches that both have; absent for one, in which case what differs between launches is not in the interval. */
  readonly launches?: number;
  readonly verdict: Verdict;
  /** About how many more launches, or rounds of the only one, would decide; absent where it is decided. */
  readonly moreNeeded?: number;
}

/** The kernel's tail: p95/p50. */
export interface TailVerdictReport extends RatioReport {
  readonly blocks: number;
  readonly verdict: TailVerdict;
  /** Whether the medians of the same blocks differ by less than 5 %, by their interval. */
  readonly medianEquivalent: boolean;
}

/** The kernel's start, over launches, of which six are the fewest with an interval. */
export interface StartVerdictReport extends RatioReport {
  /** The seconds of the first call, or the calls until times had settled. */
  readonly of: "first call" | "calls until settled";
  readonly launches: number;
  readonly verdict: Verdict;
}
