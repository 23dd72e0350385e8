/**
 * How large cases are run: one after the other where a kernel is given many at
 * once, and without a verdict where the machine has no room for them.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Outcome } from "../compare.ts";

/** Cases of more elements wait for each other: 32 of them at once would need gigabytes. */
const mostTogether = 2 ** 16;

/** There must be room for so many, which take 4 MiB. */
const mostExpected = 2 ** 20;

const turns = new WeakMap<Kernel, Promise<unknown>>();

/** Runs a case whose operands have so many elements. */
export async function runSized(
  kernel: Kernel,
  elements: number,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    if (elements <= mostTogether) return await run();
    const before = turns.get(kernel) ?? Promise.resolve();
    const own = before.then(run, run);
    turns.set(kernel, own.catch(() => {}));
    return await own;
  } catch (error) {
    if (!(error instanceof MemoryError) || elements <= mostExpected) throw error;
    return {
      worst: 0,
      problem: null,
      indeterminate: 1,
      warning: `there was no room for ${elements} elements, so that this size was not tried`,
    };
  }
}
