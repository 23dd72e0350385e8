/**
 * Calls that an operation must refuse: a DensemarkError before anything is
 * written, with the output and its version as they were.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import type { Tensor } from "../kernels/kernel.ts";
import type { Workspace } from "./check.ts";
import { compareExact, type Outcome, outcomeOf } from "./compare.ts";

/** Calls that do not fit, with an output of [2, 3]. */
export type Attempts = Readonly<Record<string, (out: Tensor) => void>>;

/** Whether every attempt throws a DensemarkError and writes nothing. */
export async function refuses(space: Workspace, attempts: Attempts): Promise<Outcome> {
  const before = new Float32Array(6).fill(7);
  for (const [what, attempt] of Object.entries(attempts)) {
    const out = space.tensor([2, 3], before);
    const { version } = out;
    let thrown: unknown = null;
    try {
      attempt(out);
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof DensemarkError)) {
      return outcomeOf(`${what} must throw a DensemarkError; got ${thrown ?? "no error"}`);
    }
    if (out.version !== version) {
      return outcomeOf(`${what} was refused, but the version of its output rose`);
    }
    const outcome = compareExact(`an output after ${what}`, await out.read(), before, 3);
    if (outcome.problem !== null) return outcome;
  }
  return { worst: 0, problem: null };
}
