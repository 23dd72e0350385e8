/**
 * The ceilings of a run, confirmed by its results: where a result exceeds one,
 * or more threads seem slower than fewer, it is measured again, and the faster
 * counts; where that does not help, it is not known.
 *
 * @module
 */
import { belowFewer, checkedCeilings, exceeded, fasterOf } from "../../results/ceilings.ts";
import type { Measured } from "../../results/ceilings.ts";
import type { Ceiling } from "../../results/schema.ts";

/** Confirms ceilings; `measure` measures all on these numbers of threads once more, and is called only where one is in doubt. */
export async function confirmCeilings(
  ceilings: readonly Ceiling[],
  measured: Measured,
  measure: (threads: readonly number[]) => Promise<readonly Ceiling[]>,
): Promise<Ceiling[]> {
  const known = ceilings.map(({ unknown: _, ...ceiling }) => ceiling);
  const doubts = [...exceeded(known, measured), ...belowFewer(known)];
  if (doubts.length === 0) return checkedCeilings(known, measured);
  const again = await measure([...new Set(doubts.map(({ ceiling }) => ceiling.threads))]);
  return checkedCeilings(fasterOf(known, again), measured);
}
