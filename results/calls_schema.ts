/**
 * What results.json says of single calls, which the medians of samples hide: their
 * quantiles, and memory that grows with them.
 *
 * @module
 */

/** The times of single calls, after the rounds, interleaved with those of the other contenders. */
export interface CallTimes {
  /** Calls that were timed together: 1, or as many as the clock needs; a tail within them is averaged away. */
  readonly batch: number;
  /** What was found in each launch. */
  readonly launches: readonly LaunchCalls[];
}

/** The times of calls in one launch, in seconds of one call. */
export interface LaunchCalls {
  /** Which launch, counted from 1; absent where there was one. */
  readonly launch?: number;
  readonly n: number;
  readonly mean: number;
  /** The standard deviation, and the median distance from the median. */
  readonly deviation: number;
  readonly mad: number;
  readonly p50: Quantile;
  /** Null for fewer than 20 calls. */
  readonly p95: Quantile | null;
  /** Null for fewer than 100 calls. */
  readonly p99: Quantile | null;
  /** Whether the calls have two speeds, by a test of the valley between them. */
  readonly bimodal: boolean;
  /** The median and p95 of each block of twenty times in a row, in which contenders are compared. */
  readonly blocks: { readonly p50: readonly number[]; readonly p95: readonly number[] };
}

/** A quantile of times with its order-statistic interval of 95 %; an end is null where there are too few calls for one. */
export interface Quantile {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Memory that grew with the calls. */
export interface Leak {
  readonly bytesPerCall: number;
  /** Where it grew: in the kernel's own memory, or in that of JavaScript, typed arrays included. */
  readonly of: "kernel" | "javascript";
}
