/**
 * Change points: where a series of times steps from one level to another. The
 * series is divided into stretches of one level each so that the sum of
 * absolute deviations from the stretches' medians, plus a penalty for every
 * step, is the least of all divisions: optimal partitioning (Jackson et al.,
 * IEEE Signal Processing Letters 2005), which PELT (Killick, Fearnhead and
 * Eckley, JASA 2012) only prunes, with the L1 cost that asv, airspeed
 * velocity, uses for its step detection: single outliers do not make a step.
 * Times are taken as logarithms, so that a step is a ratio. The penalty knows
 * noise that is spread about one level; a machine with two states, or a clock of
 * few digits, makes steps for it where there are none, so that each division must
 * also be one that the same times in another order rarely have (`exchange.ts`).
 *
 * @module
 */
import { median } from "./estimators.ts";
import { leastExchangeable, orderOf } from "./exchange.ts";

/** A stretch of one level, of the values from `start` to `end`, which is not included. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** The median of its values. */
  readonly level: number;
}

/** The fewest values of a stretch: two that agree are no outlier. */
const shortest = 2;
// What a clock and a processor at rest vary by; below that a step is not looked for.
const leastSpread = 0.002;
// By simulation of 4 to 100 normal and Laplace values without a step: false steps in 1 of 20 series at most; see the test.
const penaltyFactor = 4;

/**
 * The mean absolute deviation of the noise, from the differences of neighbours,
 * of which steps are few: of normal values it is 0.836 times their median size.
 */
function spreadOf(values: readonly number[]): number {
  const steps = values.slice(1).map((value, i) => Math.abs(value - values[i]!));
  return Math.max(leastSpread, steps.length > 0 ? 0.836 * median(steps) : 0);
}

/** The index of the first of the sorted numbers that is not less. */
function indexIn(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The sum of absolute deviations from the median, of sorted numbers. */
function deviationOf(sorted: readonly number[]): number {
  let sum = 0;
  for (let i = 0, j = sorted.length - 1; i < j; i++, j--) sum += sorted[j]! - sorted[i]!;
  return sum;
}

/**
 * Divides a series of times into stretches of one level.
 *
 * Of independent values without a step, of whatever distribution, about 1 series in
 * 20 is divided, if it has eight values or more; in fewer, two states of a machine may
 * look like a step. A state that lasts for several values is one, as is a drift.
 *
 * @param times positive numbers, in order; at most some thousands
 *
 * @example
 * ```ts
 * import { stretchesOf } from "./change_points.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const times = [10.1, 9.9, 10, 10.2, 9.9, 12, 12.1, 11.9, 30, 12];
 * assertEquals(stretchesOf(times), [
 *   { start: 0, end: 5, level: 10 },
 *   // The outlier makes no stretch.
 *   { start: 5, end: 10, level: 12 },
 * ]);
 * ```
 */
export function stretchesOf(times: readonly number[]): Stretch[] {
  const found = leastCost(times);
  if (found.length <= 1 || times.length < leastExchangeable) return found;
  // Beyond the levels found an outlier would count by its size.
  const [low, high] = [Math.min(...levelsOf(found)), Math.max(...levelsOf(found))];
  const change = orderOf(times.map((time) => Math.log(Math.min(Math.max(time, low), high))));
  if (change === null) return [{ start: 0, end: times.length, level: median(times) }];
  // Of the division's own steps the one that is nearest: medians place it better than means.
  const at = found.slice(1).map(({ start }) => start)
    .reduce((a, b) => Math.abs(b - change) < Math.abs(a - change) ? b : a);
  const later = stretchesOf(times.slice(at));
  return [
    ...stretchesOf(times.slice(0, at)),
    ...later.map(({ start, end, level }) => ({ start: start + at, end: end + at, level })),
  ];
}

const levelsOf = (stretches: readonly Stretch[]) => stretches.map(({ level }) => level);

/** The division of the least cost. */
function leastCost(times: readonly number[]): Stretch[] {
  if (times.length === 0) return [];
  const logs = times.map(Math.log);
  const spread = spreadOf(logs);
  const penalty = penaltyFactor * spread * Math.log(Math.max(2, logs.length));
  // best[t] is the least cost of the first t values; from[t] is where its last stretch starts.
  const best = [-penalty];
  const from = [0];
  for (let t = 1; t <= logs.length; t++) {
    best[t] = Infinity;
    from[t] = 0;
    const sorted: number[] = [];
    for (let s = t - 1; s >= 0; s--) {
      sorted.splice(indexIn(sorted, logs[s]!), 0, logs[s]!);
      if (t - s < shortest && logs.length >= shortest) continue;
      const cost = best[s]! + deviationOf(sorted) + penalty;
      if (cost < best[t]!) [best[t], from[t]] = [cost, s];
    }
  }
  const stretches: Stretch[] = [];
  for (let end = logs.length; end > 0; end = from[end]!) {
    const start = from[end]!;
    stretches.unshift({ start, end, level: median(times.slice(start, end)) });
  }
  return stretches;
}
