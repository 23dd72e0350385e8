/**
 * The progress of a run: what is done, and how long the rest takes, estimated
 * from what the entries took so far. It is the heartbeat of a launch too, since
 * it says how long the next progress may take.
 *
 * @module
 */
import { type ContenderId, contenderIdOf } from "../contender.ts";
import { workloadFlops } from "../workload.ts";
import { type Entry, isTimed, nameOf } from "./entry.ts";
import { countedMeasurements } from "./times.ts";
import { roundsWithin, secondsOfRound } from "./slots.ts";

/** Seconds until the next heartbeat, and more where calls are long. */
const usualTimeout = 120;
// Of a start, which may download a library and compile it.
const startTimeout = 600;
// For each FLOP of a call: some forty times what the slowest kernel needs, since a few calls and the check are made between two heartbeats.
const timeoutOfFlop = 1e-7;

/** The progress of a run. */
export interface RunProgress {
  readonly phase: "start" | "download" | "ceilings" | "prepare" | "rounds" | "again";
  /** The contender that is made, prepared or timed now; null in the ceilings. */
  readonly contender: ContenderId | null;
  /** Seconds after which, without another heartbeat, the process is taken to hang. */
  readonly timeout: number;
  /** What is measured now. */
  readonly label: string;
  /** The share of the whole that is done, from 0 to 1, and the seconds left, as estimated. */
  readonly done: number;
  readonly secondsLeft: number;
  /** Counts from 1; 0 while preparing. */
  readonly round: number;
  /** The time of a call on the workload at hand, the latest known, of each contender that has one. */
  readonly times?: readonly { readonly kernel: string; readonly seconds: number }[];
}

/** Progress of what is not an entry's: a contender that is made, or the ceilings. */
export function progressOf(
  phase: RunProgress["phase"],
  label: string,
  { contender = null, done = 0, secondsLeft = 0 }: Partial<
    Pick<RunProgress, "contender" | "done" | "secondsLeft">
  > = {},
): RunProgress {
  const timeout = phase === "start" || phase === "download" ? startTimeout : usualTimeout;
  return { phase, label, contender, timeout, done, secondsLeft, round: 0 };
}

/** Estimates the time left. */
export interface Clock {
  report(phase: RunProgress["phase"], entry: Entry, round: number): void;
  /** Notes that an entry is prepared. */
  prepared(entry: Entry): void;
}

/** The clock of a run of `rounds` rounds. */
export function createClock(
  entries: readonly Entry[],
  rounds: number,
  onProgress: (progress: RunProgress) => void,
): Clock {
  const start = performance.now();
  const prepared = new Set<Entry>();
  let preparing = 0;
  let last = start;
  const secondsLeftOf = (entry: Entry): number => {
    const ofRound = secondsOfRound(entry);
    if (ofRound === 0 || !isTimed(entry)) return 0;
    const left = Math.min(rounds, roundsWithin(entry, rounds)) - countedMeasurements(entry).length;
    return Math.max(0, left) * ofRound;
  };
  const report: Clock["report"] = (phase, entry, round) => {
    // The preparation of an entry begins now; what precedes it, such as the ceilings, says nothing of others.
    if (phase === "prepare" && !prepared.has(entry)) last = performance.now();
    const known = entries.reduce((sum, each) => sum + secondsLeftOf(each), 0);
    // Entries that were not prepared yet are taken to be like the average of those that were.
    const each = prepared.size > 0 ? (preparing + known) / prepared.size : 2;
    const secondsLeft = known + (entries.length - prepared.size) * each;
    const elapsed = (performance.now() - start) / 1e3;
    const beside = entries.filter(({ workload, sampleSeconds }) =>
      workload === entry.workload && sampleSeconds > 0
    );
    onProgress({
      phase,
      label: nameOf(entry),
      done: elapsed / Math.max(elapsed + secondsLeft, 1e-9),
      secondsLeft,
      round,
      contender: contenderIdOf(entry.contender),
      timeout: usualTimeout + timeoutOfFlop * workloadFlops(entry.workload),
      times: beside.map(({ contender, measurements, sampleSeconds, calls }) => ({
        kernel: contender.name,
        seconds: measurements.at(-1)?.samples.at(-1) ?? sampleSeconds / calls,
      })),
    });
  };
  return {
    report,
    prepared: (entry) => {
      const now = performance.now();
      preparing += (now - last) / 1e3;
      last = now;
      prepared.add(entry);
      // Its first time is worth seeing before the next entry is ready.
      report("prepare", entry, 0);
    },
  };
}
