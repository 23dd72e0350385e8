/**
 * What was found in a browser beside what a run has: series for its charts, and
 * rows that compare each time with that of the same kernel without V8 flags, never
 * with one that needed flags, which a browser lacks. Pure functions.
 *
 * @module
 */
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import type { KernelRecord, Result, Results } from "../../results/schema.ts";
import { baseOf, isPlain } from "../looks.ts";
import { type ChartData, resultsBy, type Series, speedOf, type WorkloadKey } from "../series.ts";

/** The name of a kernel in the browser. */
export function nameHere(kernel: string): string {
  return `${kernel}, this browser`;
}

/** The records of a kernel in a run that are comparable with a browser's: no peer, no control, no other version. */
function recordsOf(kernel: string, run: Results): KernelRecord[] {
  return run.kernels.filter((one) =>
    baseOf(one) === kernel && !one.peer && one.controlOf === undefined && one.version === undefined
  );
}

/** The record of a kernel without V8 flags; of several the one with most threads. */
function plainOf(kernel: string, run: Results): KernelRecord | undefined {
  return recordsOf(kernel, run).filter((one) => isPlain(one, run) && one.unavailable === null)
    .toSorted((a, b) => b.threads - a.threads)[0];
}

/** A result of the browser, and how it compares. */
export interface RowBeside {
  readonly here: Result;
  /** The same kernel on the same workload in the run, without flags; null where the run has none. */
  readonly there: Result | null;
  /** Time here as a multiple of the time there; null where one of them is unknown. */
  readonly ratio: number | null;
  /** Whether the run has this kernel, but with flags alone. */
  readonly flagged: boolean;
}

const isSame = (a: Result, b: Result) =>
  workloadName(a) === workloadName(b) && a.m === b.m && a.n === b.n && a.k === b.k &&
  a.activation === b.activation && a.bias === b.bias;

/** The results of a browser, each beside that of the run. */
export function rowsBeside(run: Results, here: Results): RowBeside[] {
  return here.results.map((result) => {
    const record = plainOf(result.kernel, run);
    const there = run.results.find((one) => one.kernel === record?.name && isSame(one, result)) ??
      null;
    const [mine, its] = [verifiedSeconds(result), there && verifiedSeconds(there)];
    const flagged = recordsOf(result.kernel, run).some((one) => !isPlain(one, run));
    return {
      here: result,
      there,
      ratio: mine && its ? mine.median / its.median : null,
      flagged: record === undefined && flagged,
    };
  });
}

/** A chart's data with the browser's speeds as series of their own, hollow and in the look of their kernels, for those that may be compared with what `shown` has. */
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
  const names = [...new Set(here.results.map(({ kernel }) => kernel))].filter((name) => {
    const record = plainOf(name, run);
    // A kernel that the run has not at all is beside nothing.
    return record ? shown.includes(record.name) : recordsOf(name, run).length === 0;
  });
  const series = names.map((name): Series => ({
    name: nameHere(name),
    peer: false,
    index: looks.get(name) ?? 0,
    hollow: true,
  }));
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
