/**
 * Makes a failing case small: tries smaller shapes, one dimension at a time,
 * and keeps each that still fails, until none does. Nothing is assumed of the
 * fault; each step is a run of the case.
 * Method: Zeller & Hildebrandt's minimising delta debugging (TSE 2002), on three
 * numbers.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { type Case, runCase } from "./check.ts";

/** Runs of the case before it is left as it is. */
const mostRuns = 80;

/** A smaller shape in each dimension: 1, a half, a quarter less, a sixteenth less, one less. */
function* smaller(shape: Dimensions): Generator<Dimensions> {
  for (const axis of ["k", "n", "m"] as const) {
    const size = shape[axis];
    const less = [2, 4, 16].map((part) => size - Math.ceil(size / part));
    for (const next of new Set([1, ...less, size - 1])) {
      if (next >= 1 && next < size) yield { ...shape, [axis]: next };
    }
  }
}

/** The smallest case like `one` that still fails, and in how many steps it was found; null where none is smaller. */
export async function shrink(
  one: Case,
  kernel: Kernel,
  seed: number,
): Promise<{ readonly id: string; readonly steps: number } | null> {
  let best = one;
  let steps = 0;
  let runs = 0;
  search: while (best.shape && best.resize) {
    for (const shape of smaller(best.shape)) {
      if (runs++ >= mostRuns) break search;
      const candidate = best.resize(shape);
      const { problem } = await runCase(candidate, kernel, seed);
      if (problem === null) continue;
      best = candidate;
      steps++;
      continue search;
    }
    break;
  }
  return steps === 0 ? null : { id: best.id, steps };
}
