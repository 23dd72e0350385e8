/**
 * The timing itself. A sample is a batch of calls, timed once: about half a
 * millisecond, long enough for the timer's step of 0.1 µs not to count. In a
 * round the contenders on a workload are sampled in interleaved slots, in a fresh
 * random order each, so that the samples of a slot meet the same machine even
 * where interference comes and goes within milliseconds. The usual long samples
 * in a row meet different ones: docs/performance-log.md has figures of both.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import { median } from "../../statistics/estimators.ts";
import { slotsOf } from "../../statistics/slots.ts";
import type { TimedCell } from "../contender.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { bytesOf } from "../workload.ts";
import { evictionSeconds } from "./cold_caches.ts";
import { between, type Counters, plus, readCounters, zero } from "./counters.ts";
import { type Entry, guard, isTimed } from "./entry.ts";

/** The seconds that a sample is to last, about. */
const sampleLength = 0.0005;
// Where the wait for a result must not count.
const waitingSampleLength = 0.02;
// A wait that takes longer than this is no part of a call: calls are then timed by the difference of two samples.
const longestWait = 1e-3;
// Such samples last so many waits, since the end of each is seen up to one wait too late.
const waitsPerSample = 20;

/** How many calls of so many seconds make a sample of `seconds`. */
export function callsFor(perCall: number, seconds: number): number {
  return Math.max(1, Math.min(1e6, Math.round(seconds / Math.max(perCall, 1e-9))));
}

/** Whether a wait takes so long, with nothing to wait for, that it must not be counted: Deno asks a GPU every 10 ms whether it is done. */
export function waitsLong({ wait }: { readonly wait: number }): boolean {
  return wait > longestWait;
}

/** How many seconds a sample should last where a wait takes `wait` seconds. */
export function lengthOf({ wait }: { readonly wait: number }): number {
  return waitsLong({ wait }) ? Math.max(waitingSampleLength, waitsPerSample * wait) : sampleLength;
}

/** A sample's time of one call, and whether any call had to be waited for. */
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
    // Only where there is a promise: an await costs more than a small product.
    if (pending) {
      waited = true;
      await pending;
    }
  }
  await finished();
  return { seconds: (performance.now() - start) / 1e3, waited };
}

/** Seconds of a wait where there is nothing to wait for, the median of three. */
export async function timeWait(cell: TimedCell): Promise<number> {
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    waits.push((await elapsed(() => {}, () => cell.finished(), 0)).seconds);
  }
  return median(waits);
}

/**
 * Seconds that a sample of a queue takes beyond its calls, from one and from
 * three calls. A wait with nothing queued does not always tell, since some
 * libraries then return at once.
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
  const all = await seconds(calls);
  if (!slope) return all / calls;
  return Math.max(1e-9, (await seconds(2 * calls) - all) / calls);
}

/** Seconds of one call, from a sample, or from two where waits are long. */
export async function timeSample(cell: TimedCell, calls: number, wait = 0): Promise<Sample> {
  const slope = waitsLong({ wait });
  if (cell.before && !slope) return await timeOneByOne(cell, cell.before, calls);
  let waited = false;
  const perCall = (run: TimedCell["run"]) =>
    secondsOfCall(
      async (calls) => {
        const sample = await elapsed(run, () => cell.finished(), calls);
        waited ||= sample.waited;
        return sample.seconds;
      },
      calls,
      slope,
    );
  const { before } = cell;
  if (!before) return { perCall: await perCall(() => cell.run()), waited };
  // What precedes each call cannot be left out of a queue: it is timed by itself and subtracted.
  const both = await perCall(() => {
    before.call(cell);
    return cell.run();
  });
  const alone = await perCall(() => before.call(cell));
  return { perCall: Math.max(1e-9, both - alone), waited };
}

/** The same where untimed work precedes each call: each costs two readings of the clock, some 0.1 µs. */
async function timeOneByOne(cell: TimedCell, before: () => void, calls: number): Promise<Sample> {
  let total = 0;
  let waited = false;
  for (let i = 0; i < calls; i++) {
    before.call(cell);
    await cell.finished();
    const one = await elapsed(() => cell.run(), () => cell.finished(), 1);
    waited ||= one.waited;
    total += one.seconds;
  }
  return { perCall: total / calls, waited };
}

// So that one slow kernel does not hold up the run, an entry gets so many seconds for each round that was asked for, or as many as the rounds of an interval need; but never more than the most.
const budgetOfRound = 0.15;
const mostLeastRounds = 6;
const mostBudget = 40;
// The seconds of an entry's slots of one round together, where that many slots are allowed.
const measurementLength = 0.03;
const mostSlots = 40;
const leastSlots = 3;
// Samples longer than this get one slot in a round.
const longSample = 0.05;
// Calls longer than this last so much longer than filling the caches that they need no call before them.
const longCall = 0.02;
// Calls longer than this need one call to fill the caches, shorter ones three.
const middlingCall = 0.003;
// Beyond this many bytes they need more, for data come from memory.
const largeData = 4e6;
const secondsBefore = 0.00025;
// Samples of a round with cold caches, each of one call: what empties them takes much longer than most calls.
const coldSlots = 5;
// The event loop runs once in so many milliseconds.
const yieldEvery = 100;

/** Calls before each sample, not timed, that bring code and data back into the caches after the others' slots; see "Slots" in docs/performance-log.md. */
function callsBefore({ calls, sampleSeconds, workload, wait }: Entry): number {
  if (workload.cold) return 0;
  const perCall = sampleSeconds / calls;
  if (sampleSeconds > longSample || perCall > longCall) return 0;
  if (waitsLong({ wait })) return Math.ceil(calls / 4);
  if (perCall > middlingCall) return 1;
  return Math.max(bytesOf(workload) > largeData ? 5 : 3, Math.round(secondsBefore / perCall));
}

/** Seconds of a slot of this entry. */
function secondsOfSlot(entry: Entry): number {
  return entry.sampleSeconds * (1 + callsBefore(entry) / entry.calls) +
    (entry.workload.cold ? evictionSeconds : 0);
}

/** In how many slots of a round an entry is sampled. */
export function slotsFor(entry: Entry): number {
  if (entry.sampleSeconds > longSample) return 1;
  if (entry.workload.cold) return coldSlots;
  const slots = Math.round(measurementLength / secondsOfSlot(entry));
  return Math.max(leastSlots, Math.min(mostSlots, slots));
}

/** Seconds of a round of this entry. */
export function secondsOfRound(entry: Entry): number {
  return slotsFor(entry) * secondsOfSlot(entry);
}

/** How many rounds an entry can have in all, of so many that were asked for. */
export function roundsWithin(entry: Entry, rounds: number): number {
  const each = secondsOfRound(entry);
  // Of several launches, which are asked for few rounds, two of each are enough.
  const least = Math.min(mostLeastRounds, Math.max(2, rounds - 2));
  const budget = Math.min(mostBudget, Math.max(budgetOfRound * rounds, least * each));
  // A little over budget is no reason to end a round early.
  return Math.max(1, Math.floor(1.1 * budget / each));
}

/** Whether another round of this entry is within its budget. */
export function isDue(entry: Entry, rounds: number): boolean {
  return isTimed(entry) && entry.measurements.length < roundsWithin(entry, rounds);
}

/** An entry in the course of a round. */
interface Participant {
  readonly entry: Entry;
  readonly slots: ReadonlySet<number>;
  readonly samples: number[];
  at: number | null;
  counters: Counters;
}

/** What a round is measured with. */
export interface RoundOptions {
  readonly round: number;
  /** See `SessionOptions`. */
  readonly launch?: number;
  /** How many were asked for. */
  readonly rounds: number;
  readonly random: Random;
  /** When the run was started, of `performance.now()`. */
  readonly start: number;
  readonly signal: AbortSignal;
  /** Called now and then with the entry that is sampled. */
  readonly onSlot: (entry: Entry) => void;
}

/** Measures those entries of a workload that are due, once each; whether the round was completed. One that was aborted leaves nothing. */
export async function measureRound(
  entries: readonly Entry[],
  { round, launch, rounds, random, start, signal, onSlot }: RoundOptions,
): Promise<boolean> {
  const due = entries.filter((entry) => isDue(entry, rounds));
  const slots = Math.max(0, ...due.map(slotsFor));
  const participants = due.map((entry): Participant => ({
    entry,
    slots: new Set(slotsOf(slotsFor(entry), slots)),
    samples: [],
    at: null,
    counters: zero,
  }));
  let yielded = -Infinity;
  for (let slot = 0; slot < slots; slot++) {
    const inSlot = participants.filter(({ entry, slots }) => slots.has(slot) && isTimed(entry));
    for (const participant of shuffle(inSlot, random)) {
      if (performance.now() - yielded > yieldEvery) {
        onSlot(participant.entry);
        await yieldToEventLoop();
        yielded = performance.now();
      }
      if (signal.aborted) return false;
      await guard(participant.entry, () => sampleSlot(participant));
      if (participant.entry.contender.threads > 1) rest();
    }
  }
  for (const { entry, samples, at, counters } of participants) {
    if (at === null) continue;
    entry.measurements.push({
      round,
      ...(launch !== undefined && { launch }),
      at: (at - start) / 1e3,
      calls: entry.calls,
      samples,
      slots,
      ...between(zero, counters),
    });
  }
  return true;
}

/** One slot of one entry. */
async function sampleSlot(participant: Participant): Promise<void> {
  const { entry, samples } = participant;
  const cell = entry.cell as TimedCell;
  const before = readCounters();
  participant.at ??= before.time;
  const first = callsBefore(entry);
  if (first > 0) await timeSample(cell, first, entry.wait);
  const { perCall } = await timeSample(cell, entry.calls, entry.wait);
  // Six digits: a millionth is finer than any clock here, and the file half as long.
  samples.push(Number(perCall.toPrecision(6)));
  const after = readCounters();
  participant.counters = plus(participant.counters, before, after);
}

// A word that no thread ever notifies.
const sleep = new Int32Array(new SharedArrayBuffer(4));
// Milliseconds between two checks whether the process is idle, and the longest wait for that.
const checkEvery = 0.2;
const longestRest = 5;

/** Sleeps until this process is idle: a kernel's threads look for more work for a while, at the cost of the next contender. */
function rest(): void {
  const end = performance.now() + longestRest;
  while (performance.now() < end) {
    const before = readCounters();
    Atomics.wait(sleep, 0, 0, checkEvery);
    if (between(before, readCounters()).cpu < 0.3) return;
  }
}
