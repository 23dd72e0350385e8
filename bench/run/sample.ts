/**
 * A block: calls back to back, timed once; so many that it lasts about half a
 * millisecond, long enough for the timer's step of 0.1 µs not to count, short
 * enough that contenders in turn meet the same machine. Where waiting takes long, a
 * block is long too.
 *
 * @module
 */
import { median } from "../../statistics/estimators.ts";
import type { TimedCell } from "../contender.ts";

/** The seconds that a block is to last, about. */
const blockSeconds = 0.0005;
// Where it must not count how long one waits.
const waitingSeconds = 0.02;

/** How many calls of so many seconds make a block of `seconds`. */
export function callsFor(perCall: number, seconds: number): number {
  return Math.max(1, Math.min(1e6, Math.round(seconds / Math.max(perCall, 1e-9))));
}

/** Lets the event loop run: promises alone never give a signal such as Ctrl-C its turn. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// A wait that takes longer than this is no part of a call, and calls are timed by the difference of two blocks.
const longestWait = 1e-3;
// Such blocks last so many waits: the end of each is seen up to one too late.
const waitsPerBlock = 20;

/** Whether waiting for nothing takes so long that it must not be counted: in Deno a GPU is asked every 10 ms whether it is done. */
export function waitsLong({ wait }: { readonly wait: number }): boolean {
  return wait > longestWait;
}

/** How many seconds a block should last where waiting for nothing takes `wait` seconds. */
export function lengthOf({ wait }: { readonly wait: number }): number {
  return waitsLong({ wait }) ? Math.max(waitingSeconds, waitsPerBlock * wait) : blockSeconds;
}

/** A block's time of one call, and whether any call had to be waited for. */
export interface Sample {
  readonly perCall: number;
  readonly waited: boolean;
}

/** Seconds of so many calls of `run` and of the wait for them. */
async function elapsed(
  run: TimedCell["run"],
  finished: TimedCell["finished"],
  calls: number,
): Promise<{ readonly seconds: number; readonly waited: boolean }> {
  let waited = false;
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = run();
    // Not awaited where there is nothing to wait for: a turn of the event loop costs more than a small product.
    if (pending) {
      waited = true;
      await pending;
    }
  }
  await finished();
  return { seconds: (performance.now() - start) / 1e3, waited };
}

/** Seconds of waiting for nothing, the middle one of three. */
export async function timeWait(cell: TimedCell): Promise<number> {
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    waits.push((await elapsed(() => {}, () => cell.finished(), 0)).seconds);
  }
  return median(waits);
}

/**
 * Seconds that a block of a queue takes beyond its calls: from one and from
 * three calls. Waiting for nothing does not always tell, since some libraries
 * wait for nothing where nothing is queued.
 */
export async function timeLatency(cell: TimedCell): Promise<number> {
  const times: Record<1 | 3, number[]> = { 1: [], 3: [] };
  for (let i = 0; i < 3; i++) {
    for (const calls of [1, 3] as const) {
      const { seconds } = await elapsed(() => cell.run(), () => cell.finished(), calls);
      times[calls].push(seconds);
    }
  }
  const [one, three] = [median(times[1]), median(times[3])];
  return Math.max(0, one - Math.max(0, three - one) / 2);
}

/**
 * Seconds of one call, where `seconds(n)` are those of n and of one wait: the
 * mean, or, so that a long wait does not count, the slope from n to 2n.
 */
export async function secondsOfCall(
  seconds: (calls: number) => Promise<number>,
  calls: number,
  slope: boolean,
): Promise<number> {
  const block = await seconds(calls);
  if (!slope) return block / calls;
  return Math.max(1e-9, (await seconds(2 * calls) - block) / calls);
}

/** Seconds of one call, from a block of them, or from two where waiting for nothing takes long. */
export async function timeSample(cell: TimedCell, calls: number, wait = 0): Promise<Sample> {
  const slope = waitsLong({ wait });
  if (cell.before && !slope) return await timeOneByOne(cell, cell.before, calls);
  let waited = false;
  const perCall = (run: TimedCell["run"]) =>
    secondsOfCall(
      async (calls) => {
        const block = await elapsed(run, () => cell.finished(), calls);
        waited ||= block.waited;
        return block.seconds;
      },
      calls,
      slope,
    );
  const { before } = cell;
  if (!before) return { perCall: await perCall(() => cell.run()), waited };
  // What comes before each call cannot be left out of a queue: it is timed by itself and taken away.
  const both = await perCall(() => {
    before.call(cell);
    return cell.run();
  });
  const alone = await perCall(() => before.call(cell));
  return { perCall: Math.max(1e-9, both - alone), waited };
}

/** The same where something that is not timed comes before each call: each costs two readings of the clock, some 0.1 µs. */
async function timeOneByOne(cell: TimedCell, before: () => void, calls: number): Promise<Sample> {
  let total = 0;
  let waited = false;
  for (let i = 0; i < calls; i++) {
    before.call(cell);
    await cell.finished();
    const block = await elapsed(() => cell.run(), () => cell.finished(), 1);
    waited ||= block.waited;
    total += block.seconds;
  }
  return { perCall: total / calls, waited };
}
