/**
 * A round of one workload: its rivals take turns by blocks of half a
 * millisecond, in a fresh order each turn, so that each pair of blocks meets
 * the same machine even where a neighbour slows it for milliseconds at a time.
 * Long blocks in a row, as is usual, meet different ones: "Turns" in
 * docs/performance-log.md has the figures of both.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import { turnsOf } from "../../statistics/slots.ts";
import type { TimedCell } from "../contender.ts";
import { bytesOf } from "../workloads.ts";
import { breathe, timeBlock, waitsLong } from "./sample.ts";
import { between, type Counters, nothing, plus, readCounters } from "./covariates.ts";
import { type Entry, guard, isTimed } from "./entry.ts";

// So that one slow kernel does not hold up the run, a cell gets so many seconds for each round that was asked for, or as many rounds as an interval needs; but never more than the most.
const budgetOfRound = 0.15;
const leastRounds = 6;
const mostBudget = 40;
// What a cell's turns of one round come to, in seconds, where that many turns are allowed.
const visitSeconds = 0.045;
const mostTurns = 60;
const leastTurns = 3;
// Blocks beyond this are too long for more than one in a round.
const longBlock = 0.05;
// Calls beyond this last so much longer than filling the caches that they need no call before them.
const longCall = 0.02;
// Beyond this the first call alone shows that the caches were others', below it the first three do.
const middlingCall = 0.003;
// Beyond this many bytes more of them do, for data come from memory.
const largeData = 4e6;
const secondsBefore = 0.00025;
// The event loop gets its turn so often, in milliseconds.
const breathEvery = 100;

/** Calls before each block, not timed, that bring code and data back into the caches after the others' turns; see "Turns" in docs/performance-log.md. */
function callsBefore({ calls, blockSeconds, workload, wait }: Entry): number {
  const perCall = blockSeconds / calls;
  if (blockSeconds > longBlock || perCall > longCall) return 0;
  if (waitsLong({ wait })) return Math.ceil(calls / 4);
  if (perCall > middlingCall) return 1;
  return Math.max(bytesOf(workload) > largeData ? 5 : 3, Math.round(secondsBefore / perCall));
}

/** Seconds of a turn of this entry. */
function secondsOfTurn(entry: Entry): number {
  return entry.blockSeconds * (1 + callsBefore(entry) / entry.calls);
}

/** In how many turns of a round an entry takes part. */
export function turnsFor(entry: Entry): number {
  if (entry.blockSeconds > longBlock) return 1;
  const turns = Math.round(visitSeconds / secondsOfTurn(entry));
  return Math.max(leastTurns, Math.min(mostTurns, turns));
}

/** Seconds of a round of this entry. */
export function secondsOfRound(entry: Entry): number {
  return turnsFor(entry) * secondsOfTurn(entry);
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
  return isTimed(entry) && entry.visits.length < roundsWithin(entry, rounds);
}

/** An entry in the course of a round. */
interface Player {
  readonly entry: Entry;
  readonly turns: ReadonlySet<number>;
  readonly blocks: number[];
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
  /** Hears now and then whose turn it is. */
  readonly onTurn: (entry: Entry) => void;
}

/** Leads those of the rivals that are due through a round; whether it came to its end. One that was aborted leaves nothing. */
export async function takeTurns(
  rivals: readonly Entry[],
  { round, rounds, random, start, signal, onTurn }: RoundOptions,
): Promise<boolean> {
  const due = rivals.filter((entry) => isDue(entry, rounds));
  const turns = Math.max(0, ...due.map(turnsFor));
  const players = due.map((entry): Player => ({
    entry,
    turns: new Set(turnsOf(turnsFor(entry), turns)),
    blocks: [],
    at: null,
    counters: nothing,
  }));
  let breath = -Infinity;
  for (let turn = 0; turn < turns; turn++) {
    const playing = players.filter(({ entry, turns }) => turns.has(turn) && isTimed(entry));
    for (const player of shuffle(playing, random)) {
      if (performance.now() - breath > breathEvery) {
        onTurn(player.entry);
        await breathe();
        breath = performance.now();
      }
      if (signal.aborted) return false;
      await guard(player.entry, () => play(player));
      if (player.entry.contestant.threads > 1) rest();
    }
  }
  for (const { entry, blocks, at, counters } of players) {
    if (at === null) continue;
    entry.visits.push({
      round,
      at: (at - start) / 1e3,
      calls: entry.calls,
      blocks,
      turns,
      ...between(nothing, counters),
    });
  }
  return true;
}

/** One turn of one entry. */
async function play(player: Player): Promise<void> {
  const { entry, blocks } = player;
  const cell = entry.cell as TimedCell;
  const before = readCounters();
  player.at ??= before.time;
  const first = callsBefore(entry);
  if (first > 0) await timeBlock(cell, first, entry.wait);
  const { perCall } = await timeBlock(cell, entry.calls, entry.wait);
  blocks.push(rounded(perCall));
  const after = readCounters();
  player.counters = plus(player.counters, before, after);
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
