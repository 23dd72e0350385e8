/**
 * Student's t distribution, for the means of a few launches, by the incomplete
 * beta function (Abramowitz & Stegun 26.7.1). Pure functions.
 *
 * @module
 */

import { incompleteBeta } from "./beta.ts";

/**
 * P(|T| > t) of Student's t with so many degrees of freedom; 1 for a t that is
 * no number, since what is not known is no evidence.
 *
 * @example
 * ```ts
 * import { twoSidedStudent } from "./student.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(twoSidedStudent(4.302653, 2), 0.05, 1e-6);
 * ```
 */
export function twoSidedStudent(t: number, freedom: number): number {
  if (Number.isNaN(t)) return 1;
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

const quantiles = new Map<string, number>();

/**
 * The t beyond which, on either side, Student's t lies with probability 1 − confidence.
 *
 * @example
 * ```ts
 * import { studentQuantile } from "./student.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(studentQuantile(2), 4.302653, 1e-6);
 * ```
 */
export function studentQuantile(freedom: number, confidence = 0.95): number {
  const key = `${freedom} ${confidence}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  let [low, high] = [0, 1];
  while (twoSidedStudent(high, freedom) > 1 - confidence) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (twoSidedStudent(middle, freedom) > 1 - confidence) low = middle;
    else high = middle;
  }
  quantiles.set(key, high);
  return high;
}
