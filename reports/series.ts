/**
 * What the charts show, as plain data made from the results: the tables in the
 * page and the charts that the browser draws both come from here, so that they
 * cannot disagree.
 *
 * @module
 */
import { sameWithoutFlags } from "./engine_names.ts";
import { type Throughput, throughput } from "./format.ts";
import { baseOf, hollowOf, looksOf } from "./looks.ts";
import { flopsOf, verifiedSeconds, workloadName } from "../results/query.ts";
import type { KernelRecord, Layer, Pass, Result, Results } from "../results/schema.ts";

/** A kernel or peer with a speed, and its look in every chart. */
export interface Series {
  readonly name: string;
  readonly peer: boolean;
  /** The number of its colour, shape and dash, which its kernel has in every run. */
  readonly index: number;
  /** Whether its markers are hollow: without V8 flags, beside the same kernel with them. */
  readonly hollow: boolean;
}

/** A workload: results of the same name, shape, pass and activation. */
export interface WorkloadKey {
  readonly key: string;
  /** The name, with the pass where it is not `forward`, and with shape and activation where another workload has the same name. */
  readonly label: string;
  readonly pass: Pass;
  /** Floating-point operations of one call. */
  readonly flops: number;
  /** The layers of a network; null for a single layer. */
  readonly layers: readonly Layer[] | null;
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

function keyOf(result: Result): string {
  const { workload, m, n, k, pass, activation } = result;
  return JSON.stringify([workload, m, n, k, pass, activation]);
}

/** The workloads of the results, in their order. */
export function workloadsOf(results: readonly Result[]): readonly WorkloadKey[] {
  const found = new Map<string, Result>();
  for (const result of results) {
    const key = keyOf(result);
    if (!found.has(key)) found.set(key, result);
  }
  const namesakes = Map.groupBy(found.values(), workloadName);
  return [...found].map(([key, result]) => {
    const { description, m, n, k, activation, bias, pass, layers = null } = result;
    const name = workloadName(result);
    const alone = namesakes.get(name)?.length === 1;
    const label = alone ? name : `${name}, ${m}×${n}×${k}, ${activation}`;
    const flops = flopsOf(result);
    return { key, label, description, pass, flops, layers, m, n, k, activation, bias };
  });
}

/** Finds the results on a workload, in their order; looks through all of them once. */
export function resultsBy(
  results: readonly Result[],
): (workload: WorkloadKey) => readonly Result[] {
  const groups = Map.groupBy(results, keyOf);
  return ({ key }) => groups.get(key) ?? [];
}

/** The kernels and peers that have a verified speed anywhere, in the order of the file; A/A controls, which show noise alone, left out, and of kernels that V8's flags do not change one of the two. */
export function seriesOf(
  run: Results,
  looks: ReadonlyMap<string, number> = looksOf(run.kernels.map(baseOf)),
): readonly Series[] {
  const { kernels, results } = run;
  const timed = new Set(
    results.filter((result) => verifiedSeconds(result)).map((result) => result.kernel),
  );
  const hollow = hollowOf(run);
  const same = sameWithoutFlags(run);
  return kernels
    .filter(({ name, controlOf }: KernelRecord) =>
      timed.has(name) && controlOf === undefined && !same.has(name)
    )
    .map((record) => ({
      name: record.name,
      peer: record.peer,
      index: looks.get(baseOf(record)) ?? 0,
      hollow: hollow.has(record.name),
    }));
}

/** The series of several runs, each kernel with the same look in all of them. */
export function sharedSeries(runs: readonly Results[]): readonly (readonly Series[])[] {
  const looks = looksOf(runs.flatMap(({ kernels }) => kernels.map(baseOf)));
  return runs.map((run) => seriesOf(run, looks));
}

/** The throughput of a kernel among the results on one workload; null where none was verified. */
export function speedOf(name: string, here: readonly Result[]): Throughput | null {
  const result = here.find((one) => one.kernel === name && verifiedSeconds(one));
  const seconds = result && verifiedSeconds(result);
  return seconds ? throughput(flopsOf(result), seconds) : null;
}

/** Throughput by workload: every workload, in the order of the file. */
export function byWorkload(
  results: Results,
  series: readonly Series[] = seriesOf(results),
): ChartData<WorkloadKey> {
  return chartOf(results, series, workloadsOf(results.results));
}

/**
 * Throughput by size: the square workloads (m = n = k) in ascending order of
 * n. A line must join like with like, so of several activations and passes only those
 * with the most sizes is taken, and of several workloads of a size the first.
 */
export function bySize(
  results: Results,
  series: readonly Series[] = seriesOf(results),
): ChartData<WorkloadKey> {
  const groups = Map.groupBy(
    workloadsOf(results.results).filter(({ m, n, k, layers }) =>
      m === n && n === k && n > 0 && layers === null
    ),
    ({ activation, pass }) => `${activation} ${pass}`,
  );
  const sizes = [...groups.values()]
    .map((group) =>
      [...Map.groupBy(group, ({ n }) => n).values()].flatMap(([first]) => first ?? [])
    )
    .reduce((most, group) => group.length > most.length ? group : most, [])
    .toSorted((a, b) => a.n - b.n);
  return chartOf(results, series, sizes);
}

function chartOf(
  { results }: Results,
  series: readonly Series[],
  workloads: readonly WorkloadKey[],
): ChartData<WorkloadKey> {
  const on = resultsBy(results);
  return {
    series,
    rows: workloads.map((at) => ({ at, cells: series.map(({ name }) => speedOf(name, on(at))) })),
  };
}
