/**
 * Whether memory grows with calls. A leak grows at every checkpoint and by about
 * as much each time; a buffer that is enlarged, a cache that fills and code that
 * is compiled are steps, after which nothing grows. A pure function.
 *
 * @module
 */
import { median } from "./estimators.ts";

/** A leak: how many bytes each call leaves behind. */
export interface LeakFound {
  readonly bytesPerCall: number;
}

// One of the intervals may be odd: a step in it, or garbage that went late.
const oddIntervals = 1;
const leastIntervals = 6;

/**
 * The leak in `bytes`, read at equal distances of `calls` calls; null where
 * there is none. All intervals but one must have grown by at least half of their
 * median growth, and that by `least` bytes.
 *
 * @example
 * ```ts
 * import { leakIn } from "./leaks.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(leakIn([0, 800, 1600, 2400, 3200, 4000, 4800], 100), { bytesPerCall: 8 });
 * assertEquals(leakIn([0, 0, 4000, 4000, 4000, 4000, 9000], 100), null);
 * ```
 */
export function leakIn(bytes: readonly number[], calls: number, least = 1): LeakFound | null {
  const growth = bytes.slice(1).map((now, i) => now - bytes[i]!);
  if (growth.length < leastIntervals) return null;
  const middle = median(growth);
  const steady = growth.filter((each) => each >= middle / 2).length;
  if (middle < least || steady < growth.length - oddIntervals) return null;
  return { bytesPerCall: middle / calls };
}
