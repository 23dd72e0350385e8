/**
 * What the charts show, as plain data made from the results: the tables in the
 * page and the charts that the browser draws both come from here, so that they
 * cannot disagree.
 *
 * @module
 */
import { type Throughput, throughput } from "./format.ts";
import type { KernelRecord, Result, Results, Seconds } from "./schema.ts";

/** A kernel or peer with a speed, and its place among the series, which is its look in every chart. */
export interface Series {
  readonly name: string;
  readonly peer: boolean;
  readonly index: number;
}

/** A workload as the results tell workloads apart: by name, shape, pass and activation. */
export interface WorkloadKey {
  readonly key: string;
  /** The name, with the activation where another workload has the same name. */
  readonly label: string;
  readonly description: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly activation: string;
  readonly bias: boolean;
}

/** The throughputs of a chart: a row for each place on its axis, a cell for each series or null where it has no speed. */
export interface ChartData<Row> {
  readonly series: readonly Series[];
  readonly rows: readonly {
    readonly at: Row;
    readonly cells: readonly (Throughput | null)[];
  }[];
}

/** The time of a result, null unless it is of an output that was verified: no speed without correctness. */
export function verifiedSeconds(result: Result): Seconds | null {
  return result.verification.status === "passed" ? result.seconds : null;
}

/** 2·m·n·k: the floating-point operations of one call. */
export function flops({ m, n, k }: Pick<Result, "m" | "n" | "k">): number {
  return 2 * m * n * k;
}

function keyOf(result: Result): string {
  const { workload, m, n, k, pass, activation } = result;
  return JSON.stringify([workload, m, n, k, pass, activation]);
}

/** The workloads of the results, in their order. */
export function workloadsOf(results: readonly Result[]): readonly WorkloadKey[] {
  const found = new Map<string, Result>();
  for (const result of results) {
    if (!found.has(keyOf(result))) found.set(keyOf(result), result);
  }
  const names = [...found.values()].map((result) => result.workload);
  return [...found].map(([key, { workload, description, m, n, k, activation, bias }]) => {
    const alone = names.indexOf(workload) === names.lastIndexOf(workload);
    const label = alone ? workload : `${workload}, ${m}×${n}×${k}, ${activation}`;
    return { key, label, description, m, n, k, activation, bias };
  });
}

/** The results on one workload, in their order. */
export function resultsOn(workload: WorkloadKey, results: readonly Result[]): readonly Result[] {
  return results.filter((result) => keyOf(result) === workload.key);
}

/** The kernels and peers that have a verified speed anywhere, in the order of the file. */
export function seriesOf({ kernels, results }: Results): readonly Series[] {
  const timed = new Set(
    results.filter((result) => verifiedSeconds(result)).map((result) => result.kernel),
  );
  return kernels
    .filter(({ name }: KernelRecord) => timed.has(name))
    .map(({ name, peer }, index) => ({ name, peer, index }));
}

function cellsOf(
  series: readonly Series[],
  workload: WorkloadKey,
  results: readonly Result[],
): readonly (Throughput | null)[] {
  const here = resultsOn(workload, results);
  return series.map(({ name }) => {
    const result = here.find((one) => one.kernel === name && verifiedSeconds(one));
    const seconds = result && verifiedSeconds(result);
    return seconds ? throughput(flops(workload), seconds) : null;
  });
}

/** Throughput by workload: every workload, in the order of the file. */
export function byWorkload(results: Results): ChartData<WorkloadKey> {
  const series = seriesOf(results);
  return {
    series,
    rows: workloadsOf(results.results).map((at) => ({
      at,
      cells: cellsOf(series, at, results.results),
    })),
  };
}

/**
 * Throughput by size: the square workloads (m = n = k) in ascending order of
 * n. A line must join like with like, so of several activations only the one
 * with the most sizes is taken, and of several workloads of a size the first.
 */
export function bySize(results: Results): ChartData<WorkloadKey> {
  const series = seriesOf(results);
  const groups = Map.groupBy(
    workloadsOf(results.results).filter(({ m, n, k }) => m === n && n === k),
    ({ activation }) => activation,
  );
  const sizes = [...groups.values()]
    .map((group) => group.filter((one, i) => group.findIndex(({ n }) => n === one.n) === i))
    .reduce((most, group) => group.length > most.length ? group : most, [])
    .toSorted((a, b) => a.n - b.n);
  return {
    series,
    rows: sizes.map((at) => ({ at, cells: cellsOf(series, at, results.results) })),
  };
}
