/**
 * When a warm-up may end, and whether a cell lost its speed afterwards: tests on
 * the times alone. Pure functions.
 *
 * @module
 */
import { isSettled, median } from "./estimators.ts";

/** Calls of more seconds than this are never repeated to warm them up. */
const longestRepeated = 2;
// Seconds of the shortest and the longest warm-up of short calls, and of the longest of slow ones.
const least = 0.05;
const most = 0.2;
const mostOfSlow = 0.8;
/** Of calls longer than this many seconds, a test of 16 samples would take too long. */
export const slowCall: number = most / 16;
// Slow calls are settled where the last two differ by less than this.
const agreement = 0.1;
// How many times its own best a cell's time must be to have lost its speed.
const order = 10;

/** What a warm-up does next: go on, or end, with or without having settled. */
export type WarmupState = "go on" | "settled" | "not settled";

/**
 * What a warm-up does next, from the seconds of its very first call, those of one
 * call in each sample since, and all that it has spent. Two samples of slow calls
 * settle it only where they agree; otherwise it ends when its time is spent.
 *
 * @example
 * ```ts
 * import { warmupState } from "./warmup.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(warmupState(15, [], 15), "not settled"); // never repeated
 * assertEquals(warmupState(0.3, [0.2], 0.5), "go on");
 * assertEquals(warmupState(0.3, [0.2, 0.201], 0.7), "settled");
 * ```
 */
export function warmupState(first: number, times: readonly number[], spent: number): WarmupState {
  const last = times.at(-1) ?? first;
  if (last > longestRepeated) return "not settled";
  if (last < slowCall) {
    if (spent >= least && isSettled(times)) return "settled";
    return spent >= most ? "not settled" : "go on";
  }
  const before = times.at(-2);
  if (before !== undefined && Math.abs(Math.log(last / before)) < agreement) return "settled";
  return spent + last > mostOfSlow ? "not settled" : "go on";
}

/**
 * How many times its own best a cell's time has become, from the seconds of one
 * call in warm-up and in each round; null where it kept its speed. V8 drops
 * optimised code now and then, and a call is then interpreted for all its length.
 *
 * @example
 * ```ts
 * import { lostSpeed } from "./warmup.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(lostSpeed([0.3, 0.15], [15, 14.9]), 99.66666666666667);
 * assertEquals(lostSpeed([0.3, 0.15], [0.16, 0.15]), null);
 * ```
 */
export function lostSpeed(trace: readonly number[], rounds: readonly number[]): number | null {
  // Differences of samples are never below a nanosecond, and at it say nothing.
  const best = Math.min(...[...trace, ...rounds].filter((time) => time > 1e-9));
  const slowest = rounds.length > 0 ? median(rounds) : (trace.at(-1) ?? NaN);
  return slowest / best > order ? slowest / best : null;
}
