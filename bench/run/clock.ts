/**
 * How much of a run is done and how long the rest takes, from what the entries
 * took so far.
 *
 * @module
 */
import type { KernelRecord } from "../../results/schema.ts";
import { flopsOf } from "../workloads.ts";
import { countedMeasurements, type Entry, isTimed, nameOf } from "./entry.ts";
import { roundsWithin, secondsOfRound } from "./round.ts";

/** Who does something: see `KernelRecord`. */
export type ContenderId = Pick<KernelRecord, "name" | "peer" | "base" | "version">;

/** What there is to say of a contender. */
export function contenderIdOf({ name, peer, base, version }: ContenderId): ContenderId {
  return {
    name,
    peer,
    ...(base !== undefined && { base }),
    ...(version !== undefined && { version }),
  };
}

/** A sign of life is due after so many seconds, and more where calls are long. */
const patience = 120;
// Of a start, which may fetch a library from far away.
const startPatience = 600;
// For each operation of a call: some forty times what the slowest kernel needs, for a few calls and the check are made between two signs.
const secondsOfFlop = 1e-7;

/** Where a run stands. */
export interface Progress {
  readonly phase: "start" | "ceilings" | "prepare" | "rounds" | "again";
  /** Whose turn it is; null where it is nobody's. */
  readonly who: ContenderId | null;
  /** The seconds after which, without another word, something hangs. */
  readonly within: number;
  /** What is measured now. */
  readonly label: string;
  /** The share of the whole that is done, from 0 to 1, and the seconds left, as estimated. */
  readonly done: number;
  readonly secondsLeft: number;
  /** Counts from 1; 0 while preparing. */
  readonly round: number;
  /** Of whom something is known: the time of a call on the workload at hand, the last one first. */
  readonly times?: readonly { readonly kernel: string; readonly seconds: number }[];
}

/** A sign of life of something that is no entry's turn. */
export function progressOf(
  phase: Progress["phase"],
  label: string,
  { who = null, done = 0, secondsLeft = 0 }: Partial<
    Pick<Progress, "who" | "done" | "secondsLeft">
  > = {},
): Progress {
  const within = phase === "start" ? startPatience : patience;
  return { phase, label, who, within, done, secondsLeft, round: 0 };
}

/** Estimates the time left. */
export interface Clock {
  report(phase: Progress["phase"], entry: Entry, round: number): void;
  /** Hears that an entry is prepared. */
  prepared(entry: Entry): void;
}

/** The clock of a run of `rounds` rounds. */
export function createClock(
  entries: readonly Entry[],
  rounds: number,
  onProgress: (progress: Progress) => void,
): Clock {
  const start = performance.now();
  const prepared = new Set<Entry>();
  let preparing = 0;
  let last = start;
  const roundsLeft = (entry: Entry): number => {
    const measurement = secondsOfRound(entry);
    if (measurement === 0) return 0;
    const left = Math.min(rounds, roundsWithin(entry, rounds)) - countedMeasurements(entry).length;
    return isTimed(entry) ? Math.max(0, left) * measurement : 0;
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
      const contenders = entries.filter((other) => other.workload === entry.workload);
      onProgress({
        phase,
        label: nameOf(entry),
        done: elapsed / Math.max(elapsed + left, 1e-9),
        secondsLeft: left,
        round,
        who: contenderIdOf(entry.contender),
        within: patience + secondsOfFlop * flopsOf(entry.workload),
        times: contenders.filter(({ sampleSeconds }) => sampleSeconds > 0).map((contender) => ({
          kernel: contender.contender.name,
          seconds: contender.measurements.at(-1)?.samples.at(-1) ??
            contender.sampleSeconds / contender.calls,
        })),
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
