/**
 * Packing of a matrix B that is used more than once: panel by panel, in the
 * order in which the loops of a product read it.
 *
 * @module
 */
import type { Core, CoreOptions } from "./core.ts";
import { panelsOf } from "./geometry.ts";
import { layoutOfB, type TaskOf } from "./tasks.ts";

/** How many bytes {@linkcode packB} writes for a B of n columns and k rows. */
export function packedBytes(
  { n, k }: { readonly n: number; readonly k: number },
  { lanes, threads }: Pick<CoreOptions, "lanes" | "threads">,
): number {
  const last = panelsOf(n, lanes, threads).at(-1);
  // A transposition may write up to 3 rows too many.
  return last ? 4 * ((last.start + last.length) * k + 3 * last.length) : 0;
}

/** Packs B [k, n], or [n, k] where it is transposed. */
export function packB(
  { copy, options }: Core,
  { n, k, b, layoutB, threads, to }: Omit<TaskOf<"pack">, "kind">,
): void {
  for (const { start, length } of panelsOf(n, options.lanes, threads)) {
    const at = to + 4 * k * start;
    if (layoutB === layoutOfB.rows) copy.gather(b + 4 * start, 4 * n, k, 4 * length, at);
    else copy.transpose(b + 4 * start * k, 4 * k, Math.min(length, n - start), k, at, 4 * length);
  }
}
