/**
 * The shortest part of a list that still fails: delta debugging, which tries
 * parts and complements of ever finer partitions, until no single item can be
 * left out or the budget is spent.
 * Method: ddmin of Zeller & Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input" (TSE 2002), without the step to single parts, which
 * the complements reach too.
 *
 * @module
 */

/**
 * A sublist of `items`, in order, that still fails.
 *
 * @param fails Whether a sublist fails; `items` does.
 * @param budget How often `fails` may be asked at most.
 *
 * @example
 * ```ts
 * import { minimise } from "./delta_debugging.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fails = (list: readonly number[]) => Promise.resolve(list.includes(3) && list.includes(8));
 * const items = [1, 2, 3, 4, 5, 6, 7, 8, 9];
 * assertEquals(await minimise(items, fails, 100), [3, 8]);
 * ```
 */
export async function minimise<T>(
  items: readonly T[],
  fails: (list: readonly T[]) => Promise<boolean>,
  budget: number,
): Promise<readonly T[]> {
  let best = items;
  let parts = 2;
  let left = budget;
  search: while (best.length > 1 && left > 0) {
    const size = Math.ceil(best.length / parts);
    // From the end: what comes after a failure matters least.
    for (let end = best.length; end > 0 && left > 0; end -= size) {
      const rest = [...best.slice(0, Math.max(0, end - size)), ...best.slice(end)];
      left--;
      if (await fails(rest)) {
        best = rest;
        parts = Math.max(2, parts - 1);
        continue search;
      }
    }
    if (size === 1) break;
    parts = Math.min(best.length, 2 * parts);
  }
  return best;
}
