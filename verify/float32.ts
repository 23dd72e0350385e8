/**
 * Float32 numbers as messages show them, and how far they are apart: the order
 * of their bits is their own, so that distances are differences of whole numbers.
 *
 * @module
 */
import { bitsOf, floatOf, hexBits } from "../common/float_bits.ts";

/** The smallest number that is not subnormal. */
export const smallestNormal: number = 2 ** -126;
/** The largest finite number. */
export const largestFloat: number = floatOf(0x7f7fffff);

/**
 * A number with its float32 bits, where the last digit matters; one that float32
 * has only as 0 or as infinite, with that.
 *
 * @example
 * ```ts
 * import { showFloat } from "./float32.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showFloat(-0.5), "-0.5 (0xbf000000)");
 * assertEquals(showFloat(-1e39), "-1e+39, in float32 -Infinity (0xff800000)");
 * ```
 */
export function showFloat(value: number): string {
  const rounded = Math.fround(value);
  const isLost = value !== 0 && rounded === 0 ||
    Number.isFinite(value) && !Number.isFinite(rounded);
  const shown = Object.is(rounded, -0) ? "-0" : `${rounded}`;
  return `${value}${isLost ? `, in float32 ${shown}` : ""} (${hexBits(value)})`;
}

/** The adjacent float32 number of larger (1) or smaller (−1) magnitude. */
export function adjacentFloat(value: number, step: 1 | -1): number {
  return floatOf(bitsOf(value) + step);
}

/** A float32 number's place in their order from the smallest to the largest; zeros of either sign have one. */
function rankOf(value: number): number {
  const bits = bitsOf(value);
  return bits < 2 ** 31 ? bits : 2 ** 31 - bits;
}

/**
 * How many float32 numbers `got` is away from the one nearest to `want`.
 *
 * @example
 * ```ts
 * import { ulpDistance } from "./float32.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ulpDistance(1 + 2 ** -23, 1), 1);
 * assertEquals(ulpDistance(-(2 ** -149), 2 ** -149), 2);
 * ```
 */
export function ulpDistance(got: number, want: number): number {
  return Math.abs(rankOf(got) - rankOf(want));
}
