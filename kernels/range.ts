/**
 * Whole numbers in order, for code generators that unroll loops.
 *
 * @module
 */

/** 0, 1, … count − 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
