/**
 * The runner: prepares, checks, warms up and then times every contestant on
 * every workload in randomised, interleaved rounds, so that rivals on one
 * workload meet the same weather of the machine. Nothing is timed before its
 * output is proven, and the timed output is compared once more afterwards.
 *
 * @module
 */
import { createRandom, seedOf, shuffle } from "../layers/random.ts";
import type { Result, Verification, Warmup } from "../reports/schema.ts";
import { checkOutput } from "./check.ts";
import type { Cell, Contestant } from "./contestant.ts";
import { createData } from "./data.ts";
import { isSettled, median, medianInterval } from "../statistics/estimators.ts";
import { flopsOf, type Workload } from "./workloads.ts";

/** What a run is asked for. */
export interface BenchOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Aborted, the run ends after the current block and keeps what it has. */
  readonly signal: AbortSignal;
  /** Hears where the run stands. */
  readonly onProgress: (progress: Progress) => void;
}

/** Where a run stands. */
export interface Progress {
  readonly phase: "prepare" | "rounds";
  /** What is measured now. */
  readonly label: string;
  /** The share of the whole that is done, from 0 to 1, and the seconds left, as estimated. */
  readonly done: number;
  readonly secondsLeft: number;
  /** Counts from 1; 0 while preparing. */
  readonly round: number;
}

/** One contestant on one workload, in the course of a run. */
interface Entry {
  readonly contestant: Contestant;
  readonly workload: Workload;
  readonly samples: number[];
  cell: Cell | null;
  verification: Verification;
  verified: Float32Array | null;
  warmup: Warmup | null;
  /** Calls in a block, and seconds of a block, as far as is known. */
  calls: number;
  blockSeconds: number;
  spent: number;
}

// Long enough to average the timer's step and short disturbances, short enough to stay clean between long ones.
const blockSeconds = 0.02;
const blocksPerVisit = 3;
// A cell gets at most so many seconds of rounds, so that one slow kernel does not hold up the run.
const cellBudget = 40;
const warmupMost = 3;
const warmupLeast = 0.15;

/** Runs the bench; never throws for what a contestant does. */
export async function runBench(
  contestants: readonly Contestant[],
  workloads: readonly Workload[],
  options: BenchOptions,
): Promise<Result[]> {
  const entries = workloads.flatMap((workload) =>
    contestants.filter((contestant) => contestant.supports(workload)).map((
      contestant,
    ): Entry => ({
      contestant,
      workload,
      samples: [],
      cell: null,
      verification: { status: "error", detail: "the run was stopped before it", worst: null },
      verified: null,
      warmup: null,
      calls: 1,
      blockSeconds: 0,
      spent: 0,
    }))
  );
  const clock = createClock(entries, options);
  try {
    for (const workload of workloads) {
      const data = createData(workload, options.seed);
      for (const entry of entries.filter((entry) => entry.workload === workload)) {
        if (options.signal.aborted) break;
        clock.report("prepare", entry, 0);
        await guard(entry, () => prepare(entry, data, options));
        clock.prepared(entry);
      }
    }
    await runRounds(entries, options, clock);
    for (const entry of entries) await guard(entry, () => compareAgain(entry));
  } finally {
    for (const entry of entries) {
      await guard(entry, () => Promise.resolve(entry.cell?.[Symbol.dispose]()));
    }
  }
  return entries.map(toResult);
}

/** A contestant that throws loses its own result and nobody else's. */
async function guard(entry: Entry, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    entry.verification = { status: "error", detail: message.split("\n")[0] ?? "", worst: null };
  }
}

async function prepare(
  entry: Entry,
  data: ReturnType<typeof createData>,
  options: BenchOptions,
): Promise<void> {
  const { contestant, workload } = entry;
  entry.cell = await contestant.prepare(workload, data);
  const first = await timeBlock(entry.cell, 1);
  const { y, z } = await entry.cell.outputs();
  entry.verification = checkOutput(
    workload,
    data,
    z,
    y,
    {
      ulp: contestant.ulp(workload.activation),
      absolute: contestant.absolute?.(workload.activation) ?? 0,
    },
    seedOf(`${contestant.name}/${workload.name}`, options.seed),
  );
  if (entry.verification.status !== "passed") return;
  entry.verified = y;
  await warmUp(entry, first, options.signal);
}

/** Runs blocks until their times show no change any more, or the patience ends. */
async function warmUp(entry: Entry, first: number, signal: AbortSignal): Promise<void> {
  const cell = entry.cell as Cell;
  const times: number[] = [];
  let calls = 1;
  let spent = first;
  let settled = false;
  let perCall = first;
  while (!signal.aborted && !settled && spent < warmupMost && (perCall < 0.3 || calls < 4)) {
    await breathe();
    const count = callsFor(perCall, blockSeconds / 2);
    perCall = await timeBlock(cell, count);
    times.push(perCall);
    spent += perCall * count;
    calls += count;
    settled = spent >= warmupLeast && isSettled(times);
  }
  const steady = times.length > 0 ? median(times.slice(-5)) : first;
  entry.warmup = { calls, seconds: spent, settled, first };
  entry.calls = callsFor(steady, blockSeconds);
  entry.blockSeconds = steady * entry.calls;
}

function callsFor(perCall: number, seconds: number): number {
  return Math.max(1, Math.min(1e6, Math.round(seconds / Math.max(perCall, 1e-9))));
}

/** Seconds of one call, from a block of them. */
async function timeBlock(cell: Cell, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = cell.run();
    // Not awaited where there is nothing to wait for: a turn of the event loop costs more than a small product.
    if (pending) await pending;
  }
  await cell.finished();
  return (performance.now() - start) / 1e3 / calls;
}

/** How many blocks a visit takes: the median of several where they are short. */
function blocksOf(entry: Entry): number {
  return entry.blockSeconds > 0.2 ? 1 : blocksPerVisit;
}

function isTimed(entry: Entry): boolean {
  return entry.verification.status === "passed" && entry.cell !== null && entry.warmup !== null;
}

/** Whether another round of this entry is within its budget. */
function isDue(entry: Entry): boolean {
  const next = entry.blockSeconds * blocksOf(entry);
  return isTimed(entry) && (entry.samples.length === 0 || entry.spent + next <= cellBudget);
}

/** Lets the event loop run: promises alone never give a signal such as Ctrl-C its turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function runRounds(
  entries: readonly Entry[],
  { rounds, seed, signal }: BenchOptions,
  clock: Clock,
): Promise<void> {
  const random = createRandom(seedOf("order", seed));
  const workloads = [...new Set(entries.map((entry) => entry.workload))];
  for (let round = 1; round <= rounds; round++) {
    for (const workload of shuffle([...workloads], random)) {
      const rivals = entries.filter((entry) => entry.workload === workload);
      for (const entry of shuffle(rivals, random)) {
        await breathe();
        if (signal.aborted) return;
        if (!isDue(entry)) continue;
        clock.report("rounds", entry, round);
        await guard(entry, () => visit(entry));
      }
    }
  }
}

async function visit(entry: Entry): Promise<void> {
  const cell = entry.cell as Cell;
  const start = performance.now();
  const blocks = blocksOf(entry);
  // One block to bring code and data back into the caches after the others' turns.
  if (blocks > 1) await timeBlock(cell, Math.ceil(entry.calls / 4));
  const times = [];
  for (let block = 0; block < blocks; block++) times.push(await timeBlock(cell, entry.calls));
  entry.samples.push(median(times));
  entry.spent += (performance.now() - start) / 1e3;
}

/** The output of the last timed call must be that which was proven, bit by bit. */
async function compareAgain(entry: Entry): Promise<void> {
  if (!entry.verified || !entry.cell || entry.samples.length === 0) return;
  const now = new Uint32Array((await entry.cell.output()).buffer);
  const before = new Uint32Array(
    entry.verified.buffer,
    entry.verified.byteOffset,
    entry.verified.length,
  );
  const at = before.findIndex((bits, i) => bits !== now[i]);
  if (at >= 0 || now.length !== before.length) {
    entry.verification = {
      status: "failed",
      detail: `the output after timing differs from the one before it, first at element ${at}`,
      worst: null,
    };
  }
}

function toResult({ contestant, workload, samples, verification, warmup }: Entry): Result {
  const { name, description, m, n, k, activation, useBias } = workload;
  const timed = verification.status === "passed" && samples.length > 0;
  const middle = median(samples);
  return {
    kernel: contestant.name,
    peer: contestant.peer,
    workload: name,
    description,
    m,
    n,
    k,
    pass: "forward",
    activation,
    bias: useBias,
    seconds: timed
      ? { median: middle, ...medianInterval(samples), min: Math.min(...samples) }
      : null,
    gflops: timed ? flopsOf(workload) / middle / 1e9 : null,
    verification,
    samples: timed ? samples : [],
    warmup,
  };
}

interface Clock {
  report(phase: Progress["phase"], entry: Entry, round: number): void;
  prepared(entry: Entry): void;
}

/** Estimates the time left from what the entries took so far. */
function createClock(entries: readonly Entry[], { rounds, onProgress }: BenchOptions): Clock {
  const start = performance.now();
  const prepared = new Set<Entry>();
  let preparing = 0;
  let last = start;
  const roundsLeft = (entry: Entry): number => {
    const visit = entry.blockSeconds * (blocksOf(entry) + 0.25);
    if (visit === 0) return 0;
    const left = Math.min(rounds - entry.samples.length, (cellBudget - entry.spent) / visit);
    return isTimed(entry) ? Math.max(0, left) * visit : 0;
  };
  return {
    report: (phase, entry, round) => {
      const now = performance.now();
      const known = entries.reduce((sum, each) => sum + roundsLeft(each), 0);
      const share = prepared.size / entries.length;
      // Entries not seen yet are taken to be like the average of those that were.
      const each = prepared.size > 0 ? (preparing + known) / prepared.size : 2;
      const left = share < 1 ? known + (entries.length - prepared.size) * each : known;
      const elapsed = (now - start) / 1e3;
      onProgress({
        phase,
        label: `${entry.contestant.name} on ${entry.workload.name}`,
        done: elapsed / Math.max(elapsed + left, 1e-9),
        secondsLeft: left,
        round,
      });
    },
    prepared: (entry) => {
      const now = performance.now();
      preparing += (now - last) / 1e3;
      last = now;
      prepared.add(entry);
    },
  };
}
