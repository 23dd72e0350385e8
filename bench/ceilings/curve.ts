/**
 * The levels of memory, found in a curve of bandwidth against size: a program
 * sees the caches' sizes only with permissions that a bench should not ask for.
 *
 * @module
 */

/** How fast so many bytes were read. */
export interface CurvePoint {
  /** Of all threads together. */
  readonly bytes: number;
  /** GB/s. */
  readonly rate: number;
}

/** Sizes that are read about equally fast. */
export interface Level {
  /** The largest of them. */
  readonly bytes: number;
  /** The one that represents all. */
  readonly at: number;
}

/** The same level reaches down to this share of the speed of its smallest size. */
const same = 0.7;

/**
 * The levels of a curve, from the smallest. That a size is read more slowly than
 * a larger one is interference: the larger one's speed holds for both. The
 * middle size represents a level, the largest the last one, which is memory
 * where the curve reaches that far.
 *
 * @example
 * ```ts
 * import { levelsOf } from "./curve.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const curve = [[16, 200], [32, 190], [64, 90], [128, 95], [256, 88], [512, 20], [1024, 19]];
 * assertEquals(levelsOf(curve.map(([bytes = 0, rate = 0]) => ({ bytes, rate }))), [
 *   { bytes: 32, at: 16 },
 *   { bytes: 256, at: 128 },
 *   { bytes: 1024, at: 1024 },
 * ]);
 * ```
 */
export function levelsOf(curve: readonly CurvePoint[]): Level[] {
  const points = curve.toSorted((a, b) => a.bytes - b.bytes);
  let fastest = 0;
  const smooth = points.toReversed().map(({ bytes, rate }) => {
    fastest = Math.max(fastest, rate);
    return { bytes, rate: fastest };
  }).toReversed();
  const groups: CurvePoint[][] = [];
  for (const point of smooth) {
    const first = groups.at(-1)?.[0];
    if (first && point.rate >= same * first.rate) groups.at(-1)?.push(point);
    else groups.push([point]);
  }
  return groups.map((group, i) => {
    const last = group.at(-1)!.bytes;
    const middle = group[Math.floor((group.length - 1) / 2)]!.bytes;
    return { bytes: last, at: i === groups.length - 1 ? last : middle };
  });
}
