/**
 * A block: calls back to back, timed once; so many that it lasts about 20 ms,
 * long enough to average the timer's step and short disturbances, short enough
 * to stay clean between long ones.
 *
 * @module
 */
import type { TimedCell } from "../contestant.ts";

/** The seconds that a block is to last, about. */
export const blockSeconds = 0.02;

/** How many calls of so many seconds make a block of `seconds`. */
export function callsFor(perCall: number, seconds: number): number {
  return Math.max(1, Math.min(1e6, Math.round(seconds / Math.max(perCall, 1e-9))));
}

/** Lets the event loop run: promises alone never give a signal such as Ctrl-C its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A block's time of one call, and whether any call had to be waited for. */
export interface Block {
  readonly perCall: number;
  readonly waited: boolean;
}

/** Seconds of one call, from a block of them. */
export async function timeBlock(cell: TimedCell, calls: number): Promise<Block> {
  if (cell.before) return await timeOneByOne(cell, cell.before, calls);
  let waited = false;
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = cell.run();
    // Not awaited where there is nothing to wait for: a turn of the event loop costs more than a small product.
    if (pending) {
      waited = true;
      await pending;
    }
  }
  await cell.finished();
  return { perCall: (performance.now() - start) / 1e3 / calls, waited };
}

/** The same where something that is not timed comes before each call: each costs two readings of the clock, some 0.1 µs. */
async function timeOneByOne(cell: TimedCell, before: () => void, calls: number): Promise<Block> {
  let total = 0;
  let waited = false;
  for (let i = 0; i < calls; i++) {
    before();
    await cell.finished();
    const start = performance.now();
    const pending = cell.run();
    if (pending) {
      waited = true;
      await pending;
    }
    await cell.finished();
    total += performance.now() - start;
  }
  return { perCall: total / 1e3 / calls, waited };
}
