/**
 * A round of one workload: its contenders are measured in slots, by samples of half a
 * millisecond, in a fresh order each slot, so that each pair of samples meets
 * the same machine even where a neighbour slows it for milliseconds at a time.
 * Long samples in a row, as is usual, meet different ones: "Slots" in
 * docs/performance-log.md has the figures of both.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import { slotsOf } from "../../statistics/slots.ts";
import type { TimedCell } from "../contender.ts";
import { bytesOf } from "../workloads.ts";
import { timeSample, waitsLong, yieldToEventLoop } from "./sample.ts";
import { between, type Counters, nothing, plus, readCounters } from "./covariates.ts";
import { type Entry, guard, isTimed } from "./entry.ts";

// So that one slow kernel does not hold up the run, a cell gets so many seconds for each round that was asked for, or as many rounds as an interval needs; but never more than the most.
const budgetOfRound = 0.15;
const leastRounds = 6;
const mostBudget = 40;
// What a cell's slots of one round come to, in seconds, where that many slots are allowed.
const measurementSeconds = 0.045;
const mostSlots = 60;
const leastSlots = 3;
// Blocks beyond this are too long for more than one in a round.
const longSample = 0.05;
// Calls beyond this last so much longer than filling the caches that they need no call before them.
const longCall = 0.02;
// Beyond this the first call alone shows that the caches were others', below it the first three do.
const middlingCall = 0.003;
// Beyond this many bytes more of them do, for data come from memory.
const largeData = 4e6;
const secondsBefore = 0.00025;
// The event loop gets its turn so often, in milliseconds.
const breathEvery = 100;

/** Calls before each sample, not timed, that bring code and data back into the caches after the others' slots; see "Slots" in docs/performance-log.md. */
function callsBefore({ calls, sampleSeconds, workload, wait }: Entry): number {
  const perCall = sampleSeconds / calls;
  if (sampleSeconds > longSample || perCall > longCall) return 0;
  if (waitsLong({ wait })) return Math.ceil(calls / 4);
  if (perCall > middlingCall) return 1;
  return Math.max(bytesOf(workload) > largeData ? 5 : 3, Math.round(secondsBefore / perCall));
}

/** Seconds of a slot of this entry. */
function secondsOfSlot(entry: Entry): number {
  return entry.sampleSeconds * (1 + callsBefore(entry) / entry.calls);
}

/** In how many slots of a round an entry takes part. */
export function slotsFor(entry: Entry): number {
  if (entry.sampleSeconds > longSample) return 1;
  const slots = Math.round(measurementSeconds / secondsOfSlot(entry));
  return Math.max(leastSlots, Math.min(mostSlots, slots));
}

/** Seconds of a round of this entry. */
export function secondsOfRound(entry: Entry): number {
  return slotsFor(entry) * secondsOfSlot(entry);
}

/** How many rounds an entry can have in all, of so many that were asked for. */
export function roundsWithin(entry: Entry, rounds: number): number {
  const each = secondsOfRound(entry);
  const budget = Math.min(mostBudget, Math.max(budgetOfRound * rounds, leastRounds * each));
  // A little over is no reason to end a round early.
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

/** How a round is led. */
export interface RoundOptions {
  readonly round: number;
  /** How many were asked for. */
  readonly rounds: number;
  readonly random: Random;
  /** The run's begin, of `performance.now()`. */
  readonly start: number;
  readonly signal: AbortSignal;
  /** Hears now and then whose slot it is. */
  readonly onSlot: (entry: Entry) => void;
}

/** Leads those of the contenders that are due through a round; whether it came to its end. One that was aborted leaves nothing. */
export async function measureRound(
  contenders: readonly Entry[],
  { round, rounds, random, start, signal, onSlot }: RoundOptions,
): Promise<boolean> {
  const due = contenders.filter((entry) => isDue(entry, rounds));
  const slots = Math.max(0, ...due.map(slotsFor));
  const participants = due.map((entry): Participant => ({
    entry,
    slots: new Set(slotsOf(slotsFor(entry), slots)),
    samples: [],
    at: null,
    counters: nothing,
  }));
  let breath = -Infinity;
  for (let slot = 0; slot < slots; slot++) {
    const inSlot = participants.filter(({ entry, slots }) => slots.has(slot) && isTimed(entry));
    for (const participant of shuffle(inSlot, random)) {
      if (performance.now() - breath > breathEvery) {
        onSlot(participant.entry);
        await yieldToEventLoop();
        breath = performance.now();
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
      at: (at - start) / 1e3,
      calls: entry.calls,
      samples,
      slots,
      ...between(nothing, counters),
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
  samples.push(rounded(perCall));
  const after = readCounters();
  participant.counters = plus(participant.counters, before, after);
}

const nobody = new Int32Array(new SharedArrayBuffer(4));
// Of a rest, in milliseconds: what is looked at, and the longest.
const look = 0.2;
const longestRest = 5;

/** Sleeps until the process does nothing: threads look for more work for a while, at the cost of whoever is next. */
function rest(): void {
  const end = performance.now() + longestRest;
  while (performance.now() < end) {
    const before = readCounters();
    Atomics.wait(nobody, 0, 0, look);
    if (between(before, readCounters()).cpu < 0.3) return;
  }
}

/** Six digits: a millionth is finer than any clock here, and the file half as long. */
function rounded(seconds: number): number {
  return Number(seconds.toPrecision(6));
}
