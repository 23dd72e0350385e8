/**
 * Whether the order of values matters: a permutation test (Fisher 1935) of the
 * largest change of mean, from some value on or in a stretch within (an epidemic
 * change; Levin & Kline 1985). It holds for independent values of any distribution,
 * also of two states or of few digits, where a test that estimates a spread takes
 * each return of a state for a step.
 *
 * @module
 */
import { createRandom, shuffle } from "../common/random.ts";
import { meanAndDeviation } from "./estimators.ts";

/** The fewest values that are tested: of less, no order is so rare. */
export const leastExchangeable = 8;

const permutations = 199;
const mostByChance = 0.05;
// The fewest values of a level, as of a stretch.
const shortest = 2;

/** The values less their mean, in units of their standard deviation. */
function standardised(values: readonly number[]): number[] {
  const { mean } = meanAndDeviation(values);
  const size = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
  );
  return values.map((value) => size > 0 ? (value - mean) / size : 0);
}

/** The largest change of mean, and one of its places. */
function largestChange(scores: readonly number[]): { readonly size: number; readonly at: number } {
  const n = scores.length;
  const sums = [0];
  for (const score of scores) sums.push(sums.at(-1)! + score);
  // A stretch within has two steps, and more places to be at (as the penalty of BIC).
  const within = 2 * Math.log(n);
  let [size, at] = [-Infinity, 0];
  for (let start = 0; start <= n - shortest; start++) {
    for (let end = start + shortest; end <= n; end++) {
      const others = n - (end - start);
      if (others < shortest || start === 1 || end === n - 1) continue;
      const sum = sums[end]! - sums[start]!;
      const found = (n - 1) * sum * sum / ((end - start) * others) -
        (start > 0 && end < n ? within : 0);
      if (found > size) [size, at] = [found, start > 0 ? start : end];
    }
  }
  return { size, at };
}

/**
 * Where the largest change of mean is, if the same values in another order
 * have one as large 1 time in 20 at most; else null, as for fewer than
 * {@linkcode leastExchangeable} values.
 *
 * @example
 * ```ts
 * import { orderOf } from "./exchange.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(orderOf([10, 11, 10, 12, 11, 10, 20, 21, 20, 22]), 6);
 * assertEquals(orderOf([10, 20, 20, 10, 10, 20, 10, 20, 20, 10]), null);
 * ```
 */
export function orderOf(values: readonly number[]): number | null {
  if (values.length < leastExchangeable) return null;
  const scores = standardised(values);
  const { size, at } = largestChange(scores);
  const random = createRandom(1);
  // Sums of the same values in another order may differ by rounding.
  const limit = size - 1e-9;
  let asLarge = 1;
  for (let i = 0; i < permutations; i++) {
    if (largestChange(shuffle(scores, random)).size >= limit) asLarge++;
    if (asLarge > mostByChance * (permutations + 1)) return null;
  }
  return at;
}
