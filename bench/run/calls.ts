/**
 * Times single calls after the rounds: blocks of twenty, interleaved with those
 * of the other contenders on the workload in a fresh random order each. Calls
 * that are shorter than a hundred steps of the clock are timed in the smallest
 * batches that are not. Where a wait takes longer than a call, as on a GPU that
 * is asked every 10 ms whether it is done, no single call can be timed.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import type { CallTimes } from "../../results/schema.ts";
import { median } from "../../statistics/estimators.ts";
import { slotsOf } from "../../statistics/slots.ts";
import { leastForP95, quantileOf, tailOf } from "../../statistics/tails.ts";
import type { TimedCell } from "../contender.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { type Entry, guard, isTimed } from "./entry.ts";
import { timeSample, waitsLong } from "./slots.ts";

/** Times in a block: the fewest of which the 95th percentile is not the slowest. */
export const blockLength = leastForP95;
// Of three launches, so many find every tail of the simulation in statistics/tail_verdicts_test.ts.
const mostBlocks = 9;
// The event loop runs once in so many milliseconds.
const yieldEvery = 100;
// Seconds of an entry's calls, and of those of slow ones, of which a block is worth more.
const budget = 0.03;
const mostBudget = 0.1;
// A time must be so many steps of the clock.
const stepsOfTime = 100;

/** How long the clock stands still between two of its values: the median of a few, in seconds. */
export function clockStep(now: () => number = () => performance.now()): number {
  const steps = Array.from({ length: 31 }, () => {
    const start = now();
    let end = start;
    // A clock that does not move is no reason to hang.
    for (let i = 0; end === start && i < 1e6; i++) end = now();
    return (end - start) / 1e3;
  });
  return median(steps);
}

/** Calls that are timed together, and blocks of such times, for calls of so many seconds; null where even one block takes too long. */
export function planCalls(
  perCall: number,
  step: number,
): { readonly batch: number; readonly blocks: number } | null {
  const batch = Math.max(1, Math.ceil(stepsOfTime * step / Math.max(perCall, 1e-9)));
  const each = blockLength * batch * perCall;
  if (each > mostBudget) return null;
  return { batch, blocks: Math.max(1, Math.min(mostBlocks, Math.floor(budget / each))) };
}

/** The times of an entry's calls as the result file has them, from those of its blocks. */
export function callTimesOf(
  batch: number,
  blocks: readonly (readonly number[])[],
  launch?: number,
): CallTimes {
  const sorted = blocks.map((times) => times.toSorted((a, b) => a - b));
  const at = (share: number) =>
    sorted.map((times) => Number(quantileOf(times, share).value.toPrecision(6)));
  return {
    batch,
    launches: [{
      ...(launch !== undefined && { launch }),
      ...tailOf(blocks.flat()),
      blocks: { p50: at(0.5), p95: at(0.95) },
    }],
  };
}

/** What the timing of calls needs of a session. */
export interface CallsOptions {
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Which launch of the run this is; absent where it is the only one. */
  readonly launch?: number;
  /** Called now and then with the entry that is timed. */
  readonly onBlock: (entry: Entry) => void;
  /** Seconds; measured unless given. */
  readonly step?: number;
}

/** Times the calls of all entries on one workload, and notes them there. */
export async function measureCalls(
  entries: readonly Entry[],
  { random, signal, launch, onBlock, step = clockStep() }: CallsOptions,
): Promise<void> {
  const participants = entries.filter((entry) => isTimed(entry) && !waitsLong(entry))
    .flatMap((entry) => {
      const plan = planCalls(entry.sampleSeconds / entry.calls, step);
      return plan ? [{ entry, ...plan, found: [] as number[][] }] : [];
    });
  const most = Math.max(0, ...participants.map(({ blocks }) => blocks));
  const places = new Map(
    participants.map((one) => [one, new Set(slotsOf(one.blocks, most))] as const),
  );
  let yielded = -Infinity;
  for (let place = 0; place < most; place++) {
    const due = participants.filter((one) => places.get(one)!.has(place) && isTimed(one.entry));
    for (const { entry, batch, found } of shuffle(due, random)) {
      if (performance.now() - yielded > yieldEvery) {
        onBlock(entry);
        await yieldToEventLoop();
        yielded = performance.now();
      }
      if (signal.aborted) return;
      await guard(entry, async () => void found.push(await measureBlock(entry, batch)));
    }
  }
  for (const { entry, batch, found } of participants) {
    if (found.length > 0 && isTimed(entry)) entry.callTimes = callTimesOf(batch, found, launch);
  }
}

// Calls before a block, to bring code and data back into the caches, and their seconds.
const mostBefore = 20;
const secondsBefore = 0.001;

async function measureBlock({ cell, wait, calls, sampleSeconds }: Entry, batch: number) {
  const timed = cell as TimedCell;
  const perCall = sampleSeconds / calls;
  const before = Math.max(2, Math.min(mostBefore * batch, Math.round(secondsBefore / perCall)));
  await timeSample(timed, before, wait);
  const times: number[] = [];
  for (let i = 0; i < blockLength; i++) {
    times.push((await timeSample(timed, batch, wait)).perCall);
  }
  // A batch that was faster than the clock's step.
  return times.map((time) => Math.max(time, 1e-12));
}
