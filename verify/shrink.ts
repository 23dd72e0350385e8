/**
 * Makes a failing case small: tries smaller shapes, one dimension at a time,
 * and keeps each that still fails, until no dimension alone can be made smaller
 * by halving, by less, or by one. Nothing is assumed of the fault; each step is a
 * run of the case.
 * Method: Zeller & Hildebrandt's minimising delta debugging (TSE 2002), on three
 * numbers.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { type Case, runCase } from "./check.ts";
import { formatDimensions } from "./dimensions.ts";

/** Milliseconds after which a case is left as it is, where it is not known to be minimal before. */
const mostTime = 5_000;

/** A failing case that is smaller. */
export interface Minimal {
  readonly id: string;
  /** How many smaller and smaller cases led to it. */
  readonly steps: number;
  /** What is wrong in it. */
  readonly problem: string;
}

/** Smaller sizes of one dimension, the smallest first: 1, a half, a quarter less, an eighth less, … and one less. */
function smallerSizes(size: number): number[] {
  const sizes = [1];
  for (let less = size >> 1; less >= 1; less >>= 1) sizes.push(size - less);
  return [...new Set(sizes)].filter((next) => next < size);
}

/**
 * The smallest case like `one` that still fails; null where none is smaller. No
 * dimension of it can be made smaller alone by any of the steps, unless time ran
 * out.
 */
export async function shrink(
  one: Case,
  kernel: Kernel,
  seed: number,
  milliseconds = mostTime,
): Promise<Minimal | null> {
  const end = performance.now() + milliseconds;
  const passed = new Set<string>();
  let best = one;
  let found: Minimal | null = null;
  /** The first smaller size of a dimension at which the case still fails. */
  const smallerAlong = async (axis: keyof Dimensions): Promise<boolean> => {
    const { shape, resize } = best;
    if (!shape || !resize) return false;
    for (const size of smallerSizes(shape[axis])) {
      const next = { ...shape, [axis]: size };
      const key = formatDimensions(next);
      if (passed.has(key) || performance.now() > end) continue;
      const candidate = resize(next);
      const { problem } = await runCase(candidate, kernel, seed);
      if (problem === null) {
        passed.add(key);
        continue;
      }
      best = candidate;
      found = { id: candidate.id, steps: ((found as Minimal | null)?.steps ?? 0) + 1, problem };
      return true;
    }
    return false;
  };
  for (let stuck = 0; stuck < 3;) {
    for (const axis of ["k", "n", "m"] as const) {
      const smaller = await smallerAlong(axis);
      stuck = smaller ? 0 : stuck + 1;
      if (stuck >= 3) break;
    }
  }
  return found;
}
