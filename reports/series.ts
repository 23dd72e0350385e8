/**
 * What the charts show, as plain data made from the results: the tables in the
 * page and the charts that the browser draws both come from here, so that they
 * cannot disagree.
 *
 * @module
 */
import { type Throughput, throughput } from "./format.ts";
import {
  flopsOf,
  type KernelRecord,
  type Layer,
  type Pass,
  type Result,
  type Results,
  type Seconds,
  type Verdict,
} from "./schema.ts";

/** A kernel or peer with a speed, and its place among the series, which is its look in every chart. */
export interface Series {
  readonly name: string;
  readonly peer: boolean;
  readonly index: number;
}

/** A workload as the results tell workloads apart: by name, shape, pass and activation. */
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

/** The time of a result, null unless it is of an output that was verified: no speed without correctness. */
export function verifiedSeconds(result: Result): Seconds | null {
  return result.verification.status === "passed" ? result.seconds : null;
}

/** What the file says of a result's kernel. */
export function recordOf({ kernel }: Result, { kernels }: Results): KernelRecord | undefined {
  return kernels.find(({ name }) => name === kernel);
}

/** The comparison of a result with the baseline, where there is one. */
export function verdictOf(result: Result, { verdicts = [] }: Results): Verdict | undefined {
  const { kernel, workload, pass } = result;
  return verdicts.find((one) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass
  );
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
  const nameOf = ({ workload, pass }: Result) =>
    pass === "forward" ? workload : `${workload} ${pass}`;
  const names = [...found.values()].map(nameOf);
  return [...found].map(([key, result]) => {
    const { description, m, n, k, activation, bias, pass, layers = null } = result;
    const name = nameOf(result);
    const alone = names.indexOf(name) === names.lastIndexOf(name);
    const label = alone ? name : `${name}, ${m}×${n}×${k}, ${activation}`;
    const flops = flopsOf(result);
    return { key, label, description, pass, flops, layers, m, n, k, activation, bias };
  });
}

/** The results on one workload, in their order. */
export function resultsOn(workload: WorkloadKey, results: readonly Result[]): readonly Result[] {
  return results.filter((result) => keyOf(result) === workload.key);
}

/** The kernels and peers that have a verified speed anywhere, in the order of the file; copies, which only tell of noise, left out. */
export function seriesOf({ kernels, results }: Results): readonly Series[] {
  const timed = new Set(
    results.filter((result) => verifiedSeconds(result)).map((result) => result.kernel),
  );
  return kernels
    .filter(({ name, twinOf }: KernelRecord) => timed.has(name) && twinOf === undefined)
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
    return seconds ? throughput(workload.flops, seconds) : null;
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
 * n. A line must join like with like, so of several activations and passes only those
 * with the most sizes is taken, and of several workloads of a size the first.
 */
export function bySize(results: Results): ChartData<WorkloadKey> {
  const series = seriesOf(results);
  const groups = Map.groupBy(
    workloadsOf(results.results).filter(({ m, n, k, layers }) =>
      m === n && n === k && layers === null
    ),
    ({ activation, pass }) => `${activation} ${pass}`,
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
