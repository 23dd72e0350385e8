/**
 * The reference loop: always the same few milliseconds of whole-number
 * arithmetic, in one chain of dependent steps that touches no memory. Its time
 * tells of the machine alone, its clock rate and its other programs, so that a
 * round can be judged by it without a look at the contenders' times.
 *
 * @module
 */

/** Steps of one reading, about 5 ms at 3 GHz. */
export const steps = 3_000_000;

/** The state of the generator x → 1664525·x + 1013904223 mod 2³² (Knuth, TAOCP 2, §3.3.4) after so many steps from 1. */
export function spin(steps: number): number {
  let state = 1;
  for (let i = 0; i < steps; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state >>> 0;
}

// The outcome of a reading is checked: a compiler may leave out a loop whose outcome is not used.
const outcome = 3_644_761_281;

/** Seconds of one reading. */
export function readReferenceLoop(): number {
  const start = performance.now();
  const state = spin(steps);
  const seconds = (performance.now() - start) / 1e3;
  if (state !== outcome) throw new Error(`the reference loop gave ${state} instead of ${outcome}`);
  return seconds;
}
