/**
 * A session: all that one process measures, the ceilings and then all entries,
 * from their preparation through interleaved rounds in random order to their
 * results. The reference loop is read at the start, in the middle and at the end
 * of each round; rounds that the machine disturbed are measured again.
 *
 * @module
 */
import { createRandom, type Random, seedOf, shuffle } from "../../common/random.ts";
import type { KernelRecord, LoopReading, Result } from "../../results/schema.ts";
import { median } from "../../statistics/estimators.ts";
import { replaceable } from "../../statistics/noise.ts";
import { type Ceilings, ceilingSeconds, measureCeilings } from "../ceilings/measure.ts";
import { canDo, type Contender } from "../contender.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { readReferenceLoop } from "../reference_loop.ts";
import type { Workload } from "../workload.ts";
import { measureCalls } from "./calls.ts";
import { type Clock, createClock, progressOf, type RunProgress } from "./clock.ts";
import { createEntry, type Entry, guard, isTimed, toResult } from "./entry.ts";
import { type Load, othersBetween, readLoad } from "./counters.ts";
import { findLeak } from "./leaks.ts";
import { createDataSource, placeAnew, prepare } from "./prepare.ts";
import { isDue, measureRound } from "./slots.ts";
import { countedMeasurements } from "./times.ts";
import { isGpu } from "../../verify/device.ts";

/** What a session is asked for. */
export interface SessionOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Which launch of the run this is, counted from 1; absent where it is the only one. */
  readonly launch?: number;
  /** When the run was started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Aborted, the session ends after the current sample and keeps what it has. */
  readonly signal: AbortSignal;
  /** Called with the progress of the session. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Seconds of one reading; the reference loop's own but in tests. */
  readonly referenceLoop?: () => number;
}

/** What a session has found so far. */
export interface Snapshot {
  readonly kernels: readonly KernelRecord[];
  readonly results: readonly Result[];
  readonly referenceLoop: readonly LoopReading[];
}

/** A session; it never throws for what a contender does. */
export class Session implements AsyncDisposable {
  readonly #entries: readonly Entry[];
  readonly #workloads: readonly Workload[];
  readonly #contenders: readonly Contender[];
  readonly #records: readonly KernelRecord[];
  readonly #options: SessionOptions;
  readonly #start: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #referenceLoop: LoopReading[] = [];
  readonly #dataOf: ReturnType<typeof createDataSource>;
  #load: Load | null = null;

  /** @param records also of those that are skipped. The session then owns the contenders. */
  constructor(
    contenders: readonly Contender[],
    workloads: readonly Workload[],
    records: readonly KernelRecord[],
    options: SessionOptions,
  ) {
    this.#contenders = contenders;
    this.#workloads = workloads;
    this.#records = records;
    this.#options = options;
    this.#start = options.startedAt - performance.timeOrigin;
    this.#entries = workloads.flatMap((workload) =>
      contenders.filter((one) => canDo(one, workload)).map((one) => createEntry(one, workload))
    );
    this.#clock = createClock(this.#entries, options.rounds, options.onProgress);
    this.#dataOf = createDataSource(options.seed);
    this.#random = createRandom(seedOf(`order ${options.launch ?? 1}`, options.seed));
  }

  /** Measures what the machine can do at best on these numbers of threads. */
  async ceilings(threads: readonly number[]): Promise<Ceilings> {
    const { signal, onProgress } = this.#options;
    if (signal.aborted) return { ceilings: [], missing: [] };
    const report = (done: number, label: string) => {
      const secondsLeft = ceilingSeconds * (1 - done);
      onProgress(progressOf("ceilings", label, { done, secondsLeft }));
    };
    report(0, "starting threads");
    const native = this.#contenders.some(({ device }) => device.startsWith("native"));
    const gpu = this.#contenders.some(isGpu);
    const found = await measureCeilings({ signal, threads, native, gpu, onProgress: report });
    // What was not measured because of Ctrl-C is no news.
    return signal.aborted ? { ...found, missing: [] } : found;
  }

  /** Verifies every entry's output and warms it up. */
  async prepare(): Promise<void> {
    const { seed, signal } = this.#options;
    // In a random order, since the first one on a workload pays for what is then compiled and loaded for all.
    const order = this.#workloads.flatMap((workload) =>
      shuffle([...this.#entriesOf(workload)], this.#random)
    );
    for (const entry of order) {
      await yieldToEventLoop();
      if (signal.aborted) return;
      this.#clock.report("prepare", entry, 0);
      await guard(entry, () => prepare(entry, this.#dataOf, seed, signal));
      this.#clock.prepared(entry);
    }
    for (const entry of this.#entries) likeFirst(entry, this.#entries);
    // The first reading is not kept: its loop is compiled in it.
    (this.#options.referenceLoop ?? readReferenceLoop)();
  }

  /** Measures every entry that is due; rounds count from 1 through all launches. */
  async round(round: number): Promise<void> {
    const workloads = shuffle([...this.#workloads], this.#random);
    const middle = Math.floor(workloads.length / 2);
    // What happened between two rounds may be another session's work.
    this.#load = null;
    this.#readReferenceLoop(round);
    for (const [i, workload] of workloads.entries()) {
      if (i === middle && i > 0) this.#readReferenceLoop(round);
      await this.#placeAnew(workload);
      if (!await this.#measureRound(workload, round, "rounds")) return;
    }
    this.#readReferenceLoop(round);
  }

  /** Places the data of all entries that were measured anew. */
  async #placeAnew(workload: Workload): Promise<void> {
    const measured = this.#entriesOf(workload).filter((entry) =>
      isTimed(entry) && entry.measurements.length > 0
    );
    for (const entry of shuffle([...measured], this.#random)) {
      if (this.#options.signal.aborted) return;
      await guard(entry, () => placeAnew(entry, this.#dataOf));
    }
  }

  #entriesOf(workload: Workload): readonly Entry[] {
    return this.#entries.filter((entry) => entry.workload === workload);
  }

  /** Whether the round of this workload was completed. */
  async #measureRound(
    workload: Workload,
    round: number,
    phase: "rounds" | "again",
  ): Promise<boolean> {
    return await measureRound(this.#entriesOf(workload), {
      round,
      rounds: this.#options.rounds,
      ...(this.#options.launch !== undefined && { launch: this.#options.launch }),
      random: this.#random,
      start: this.#start,
      signal: this.#options.signal,
      onSlot: (entry) => this.#clock.report(phase, entry, round),
    });
  }

  #readReferenceLoop(round: number): void {
    const at = (performance.now() - this.#start) / 1e3;
    const seconds = (this.#options.referenceLoop ?? readReferenceLoop)();
    const load = readLoad();
    const others = this.#load && othersBetween(this.#load, load);
    this.#load = load;
    this.#referenceLoop.push({ round, at, seconds, ...(others !== null && { others }) });
  }

  /**
   * Measures again the rounds in which the machine was disturbed. A workload's
   * round is replaced as a whole, for all entries whose budget allows it, so that
   * pairs stay pairs; by what the machine did alone, never by the times.
   */
  async replace(): Promise<void> {
    for (const workload of shuffle([...this.#workloads], this.#random)) {
      const entries = this.#entriesOf(workload);
      for (const { round, reason } of this.#disturbed(entries)) {
        if (this.#options.signal.aborted) return;
        // Slow ones whose budget is spent keep what they have.
        const due = entries.filter((entry) => isDue(entry, this.#options.rounds));
        if (due.length === 0) break;
        const replaced = due.flatMap((entry) => mark(entry, round, reason));
        this.#load = null;
        this.#readReferenceLoop(round);
        if (!await this.#measureRound(workload, round, "again")) {
          // Not measured again: what there was counts.
          for (const undo of replaced) undo();
          return;
        }
      }
    }
  }

  #disturbed(entries: readonly Entry[]): { round: number; reason: string }[] {
    const rounds = [
      ...new Set(entries.flatMap(({ measurements }) => measurements.map(({ round }) => round))),
    ];
    // Only entries that compute on one thread, and without waiting, should have a processor all the time.
    const busy = entries.filter(({ contender, waits }) => contender.threads === 1 && !waits);
    const conditions = rounds.map((round) => {
      const readings = this.#referenceLoop.filter((reading) => reading.round === round);
      const measurements = busy.flatMap(({ measurements }) =>
        measurements.filter((one) => one.round === round)
      );
      const pressures = measurements.flatMap(({ pressure }) => pressure ?? []);
      const others = readings.flatMap(({ others }) => others ?? []);
      return {
        referenceLoop: median(readings.map(({ seconds }) => seconds)),
        running: measurements.length > 0
          ? Math.min(...measurements.map(({ cpu }) => cpu), 1)
          : null,
        pressure: pressures.length > 0 ? median(pressures) : null,
        others: others.length > 0 ? median(others) : null,
      };
    });
    return replaceable(conditions).map(({ index, reason }) => ({ round: rounds[index]!, reason }));
  }

  /** Times single calls, then looks for memory that grows with calls; what was timed before is not touched. */
  async tails(): Promise<void> {
    const { signal, rounds } = this.#options;
    const onBlock = (entry: Entry) => this.#clock.report("rounds", entry, rounds);
    for (const workload of shuffle([...this.#workloads], this.#random)) {
      const entries = this.#entriesOf(workload);
      await measureCalls(entries, {
        random: this.#random,
        signal,
        onBlock,
        ...(this.#options.launch !== undefined && { launch: this.#options.launch }),
      });
    }
    // What leaks does so in every launch.
    for (const entry of (this.#options.launch ?? 1) > 1 ? [] : this.#entries) {
      if (signal.aborted) return;
      await guard(entry, async () => void (entry.leak = await findLeak(entry, signal)));
    }
  }

  /** Compares every entry's output once more, after all timing. */
  async finish(): Promise<void> {
    for (const entry of this.#entries) await guard(entry, () => compareAgain(entry));
  }

  snapshot(): Promise<Snapshot> {
    const stopped = this.#options.signal.aborted;
    return Promise.resolve({
      kernels: this.#records,
      // What Ctrl-C kept from being started is no failure, and not in the file.
      results: this.#entries.map(toResult).filter(({ verification, warmup }) =>
        !(stopped && verification.status === "error" && warmup === null)
      ),
      referenceLoop: this.#referenceLoop,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const entry of this.#entries) await guard(entry, () => entry.cell?.[Symbol.dispose]());
    for (const contender of this.#contenders) {
      try {
        await contender[Symbol.asyncDispose]();
      } catch {
        // Its results are safe, and what it leaves behind ends with the process.
      }
    }
  }
}

/** Versions and controls of a kernel get as many samples of as many calls as the first of them, so that the filling of the caches takes the same share of each. */
function likeFirst(entry: Entry, entries: readonly Entry[]): void {
  const { name, base = name, threads } = entry.contender;
  const first = entries.find(({ contender, workload }) =>
    workload === entry.workload && (contender.base ?? contender.name) === base &&
    contender.threads === threads
  );
  if (!first || first === entry || !isTimed(first) || !isTimed(entry)) return;
  entry.calls = first.calls;
  entry.sampleSeconds = first.sampleSeconds;
}

/** Marks the measurements of a round as replaced, where there are any that count; returns how to undo it. */
function mark(entry: Entry, round: number, replaced: string): (() => void)[] {
  return countedMeasurements(entry).filter((measurement) => measurement.round === round).map(
    (measurement) => {
      const at = entry.measurements.indexOf(measurement);
      entry.measurements[at] = { ...measurement, replaced };
      return () => {
        if (countedMeasurements(entry).every((other) => other.round !== round)) {
          entry.measurements[at] = measurement;
        }
      };
    },
  );
}

/** The output of the last timed call must be the one that was verified, bit by bit. */
async function compareAgain(entry: Entry): Promise<void> {
  if (!entry.verified || !entry.cell || entry.measurements.length === 0) return;
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
