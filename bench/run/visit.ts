/**
 * A visit: an entry's turn in a round, a few blocks, with what the machine did
 * meanwhile.
 *
 * @module
 */
import type { TimedCell } from "../contestant.ts";
import { timeBlock } from "./block.ts";
import { between, readCounters } from "./covariates.ts";
import { countingVisits, type Entry, isTimed } from "./entry.ts";

/** A cell gets at most so many seconds of rounds, so that one slow kernel does not hold up the run. */
export const cellBudget = 40;
const blocksPerVisit = 3;

/** How many blocks a visit takes: the median of several where they are short. */
export function blocksOf(entry: Pick<Entry, "blockSeconds">): number {
  return entry.blockSeconds > 0.2 ? 1 : blocksPerVisit;
}

/** Whether another visit of this entry is within its budget. */
export function isDue(entry: Entry): boolean {
  const next = entry.blockSeconds * blocksOf(entry);
  return isTimed(entry) &&
    (countingVisits(entry).length === 0 || entry.spent + next <= cellBudget);
}

/** Times a few blocks; `start` is the run's, of `performance.now()`. */
export async function visit(entry: Entry, round: number, start: number): Promise<void> {
  const cell = entry.cell as TimedCell;
  const begin = performance.now();
  const blocks = blocksOf(entry);
  // One block to bring code and data back into the caches after the others' turns.
  if (blocks > 1) await timeBlock(cell, Math.ceil(entry.calls / 4));
  const times: number[] = [];
  const before = readCounters();
  for (let block = 0; block < blocks; block++) {
    times.push((await timeBlock(cell, entry.calls)).perCall);
  }
  const { cpu, switches, pressure } = between(before, readCounters());
  entry.visits.push({
    round,
    at: (begin - start) / 1e3,
    calls: entry.calls,
    blocks: times,
    cpu,
    switches,
    pressure,
  });
  entry.spent += (performance.now() - begin) / 1e3;
}
