/**
 * What was found in a browser beside what a run has: series for its charts, and
 * rows that compare each time with that of the same kernel without V8 flags, never
 * with one that needed flags, which a browser lacks. Pure functions.
 *
 * @module
 */
import { flopsOf, verifiedSeconds, workloadName } from "../../results/query.ts";
import type { KernelRecord, Result, Results } from "../../results/schema.ts";
import type { Placed } from "../ceilings.ts";
import { throughput } from "../format.ts";
import { baseOf, isPlain, numberOfLooks } from "../looks.ts";
import { light } from "../palette.ts";
import type { Moment } from "../steadiness.ts";
import { type ChartData, resultsBy, type Series, speedOf, type WorkloadKey } from "../series.ts";

// The last looks are of no other name. Looks of one colour are as many apart as there are colours.
const firstLook = numberOfLooks - light.series.length;

/** The name of a kernel in the browser. */
export function nameHere(kernel: string): string {
  return `this browser: ${kernel}`;
}

/** A kernel of the browser in charts: hollow, in the colour of its kernel. */
function seriesHere(kernel: string, looks: ReadonlyMap<string, number>): Series {
  return {
    name: nameHere(kernel),
    peer: false,
    index: firstLook + (looks.get(kernel) ?? 0) % light.series.length,
    hollow: true,
  };
}

/** The records of a kernel in a run that are comparable with a browser's: no peer, no control, no other version. */
function recordsOf(kernel: string, run: Results): KernelRecord[] {
  return run.kernels.filter((one) =>
    baseOf(one) === kernel && !one.peer && one.controlOf === undefined && one.version === undefined
  );
}

/** The record of the same kernel in a run, without V8 flags and with as many threads as in the browser; else what stands against a comparison. */
function plainOf(kernel: string, run: Results, here: Results): KernelRecord | Missing {
  const threads = here.kernels.find(({ name }) => name === kernel)?.threads;
  const found = recordsOf(kernel, run).filter(({ unavailable }) => unavailable === null);
  if (found.length === 0) return "no such kernel";
  const plain = found.filter((one) => isPlain(one, run));
  if (plain.length === 0) return "flags";
  return plain.find((one) => one.threads === threads) ?? "threads";
}

/** Why the run has nothing to compare with: it lacks the kernel, or has it with V8 flags alone, or with other numbers of threads. */
export type Missing = "no such kernel" | "flags" | "threads";

/** A result of the browser, and how it compares. */
export interface RowBeside {
  readonly here: Result;
  /** The same kernel on the same workload in the run, without flags and with as many threads; null where the run has none. */
  readonly there: Result | null;
  /** Time here as a multiple of the time there; null where one of them is unknown. */
  readonly ratio: number | null;
  /** Why the run has no such kernel; null where it has. */
  readonly missing: Missing | null;
}

const isSame = (a: Result, b: Result) =>
  workloadName(a) === workloadName(b) && a.m === b.m && a.n === b.n && a.k === b.k &&
  a.activation === b.activation && a.bias === b.bias;

/** The results of a browser, each beside that of the run. */
export function rowsBeside(run: Results, here: Results): RowBeside[] {
  return here.results.map((result) => {
    const record = plainOf(result.kernel, run, here);
    const missing = typeof record === "string" ? record : null;
    const there = typeof record === "string"
      ? null
      : run.results.find((one) => one.kernel === record.name && isSame(one, result)) ?? null;
    const [mine, its] = [verifiedSeconds(result), there && verifiedSeconds(there)];
    return {
      here: result,
      there,
      ratio: mine && its ? mine.median / its.median : null,
      missing,
    };
  });
}

/** The browser's results beside those of a run that are placed in its roofline: at the same intensity, as high as they are fast here. */
export function placedBeside(
  placed: readonly Placed[],
  { run, here, looks }: {
    readonly run: Results;
    readonly here: Results;
    readonly looks: ReadonlyMap<string, number>;
  },
): Placed[] {
  const series = new Map<string, Series>();
  return rowsBeside(run, here).flatMap(({ here: result, there }): Placed[] => {
    const own = placed.find((one) => one.result === there);
    const seconds = verifiedSeconds(result);
    if (!own || !seconds) return [];
    const one = series.get(result.kernel) ?? seriesHere(result.kernel, looks);
    series.set(result.kernel, one);
    const speed = throughput(flopsOf(result), seconds);
    return [{
      result: { ...result, kernel: one.name },
      // Of another machine, perhaps: of the ceilings of this one it is no share.
      standing: own.standing,
      elsewhere: true,
      series: one,
      speed,
    }];
  });
}

/** The kernels of the browser that may stand beside those that are shown. */
function namesBeside(run: Results, here: Results, shown: readonly string[]): string[] {
  return [...new Set(here.results.map(({ kernel }) => kernel))].filter((name) => {
    const record = plainOf(name, run, here);
    // A kernel that the run has not at all is beside nothing.
    return typeof record === "string" ? record === "no such kernel" : shown.includes(record.name);
  });
}

/** A kernel of the browser on a workload, round by round. */
export interface LaneBeside {
  readonly series: Series;
  readonly moments: readonly Moment[];
}

/**
 * The browser's rounds on a workload, for lanes below those of the run. A browser
 * starts when its reader wants it to, so that they stand evenly between the first
 * and the last sample of the run, in the order in which they were measured.
 */
export function lanesBeside(
  workload: WorkloadKey,
  { run, here, looks, shown, from, to }: {
    readonly run: Results;
    readonly here: Results;
    readonly looks: ReadonlyMap<string, number>;
    readonly shown: readonly string[];
    /** Seconds, of the first sample and of the last. */
    readonly from: number;
    readonly to: number;
  },
): LaneBeside[] {
  const found = resultsBy(here.results)(workload);
  return namesBeside(run, here, shown).flatMap((name): LaneBeside[] => {
    const result = found.find(({ kernel }) => kernel === name);
    const seconds = result && verifiedSeconds(result);
    const rounds = result?.roundMedians ?? [];
    if (!seconds || rounds.length < 2) return [];
    const step = (to - from) / (rounds.length - 1);
    return [{
      series: seriesHere(name, looks),
      moments: rounds.map((one, i) => ({
        at: from + i * step,
        ratio: one / seconds.median,
        seconds: one,
        replaced: null,
        when: `round ${i + 1} of ${rounds.length} in this browser`,
      })),
    }];
  });
}

/** A chart's data with the browser's speeds as series of their own, hollow and in the colour of their kernels, for those that may be compared with what `shown` has. */
export function withBrowser(
  data: ChartData<WorkloadKey>,
  { run, here, looks, shown }: {
    readonly run: Results;
    readonly here: Results;
    /** The looks of kernels by their names. */
    readonly looks: ReadonlyMap<string, number>;
    /** The names of the series that are shown. */
    readonly shown: readonly string[];
  },
): ChartData<WorkloadKey> {
  const on = resultsBy(here.results);
  const names = namesBeside(run, here, shown);
  const series = names.map((name) => seriesHere(name, looks));
  const rows = data.rows.map(({ at, cells }) => ({
    at,
    cells: [...cells, ...names.map((name) => speedOf(name, on(at)))],
  }));
  // A chart of other workloads has no marks of these.
  const some = series.map((_, i) =>
    rows.some(({ cells }) => cells[data.series.length + i] !== null)
  );
  const kept = (_: unknown, i: number) => i < data.series.length || some[i - data.series.length];
  return {
    series: [...data.series, ...series].filter(kept),
    rows: rows.map(({ at, cells }) => ({ at, cells: cells.filter(kept) })),
  };
}
