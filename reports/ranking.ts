/**
 * Who is fastest, and how far the others are from it: for each workload the time
 * of every contender as a multiple of the best, and an order of the contenders
 * over all workloads. Pure functions of the results.
 *
 * @module
 */
import { verdictOf, verifiedSeconds } from "../results/query.ts";
import type { Results, Seconds, VerdictReport } from "../results/schema.ts";
import { geometricMean } from "../statistics/estimators.ts";
import { throughput } from "./format.ts";
import { resultsBy, type Series, seriesOf, type WorkloadKey, workloadsOf } from "./series.ts";

/** What competes to be the fastest: kernels and peers, but no other version of a kernel. */
export function contendersOf(results: Results): readonly Series[] {
  const versions = new Set(
    results.kernels.flatMap(({ name, version }) => version === undefined ? [] : [name]),
  );
  return seriesOf(results).filter(({ name }) => !versions.has(name));
}

/** The verified times on one workload by contender. */
export interface Times {
  readonly workload: WorkloadKey;
  readonly on: ReadonlyMap<string, Seconds>;
  /** The paired comparisons, which may decide where intervals alone overlap. */
  readonly verdicts: readonly VerdictReport[];
}

/** The verified times of these contenders, by workload. */
export function timesOf(results: Results, names: ReadonlySet<string>): Times[] {
  const resultsOn = resultsBy(results.results);
  return workloadsOf(results.results).map((workload) => {
    const on = new Map<string, Seconds>();
    const verdicts: VerdictReport[] = [];
    for (const result of resultsOn(workload)) {
      const seconds = verifiedSeconds(result);
      if (seconds && names.has(result.kernel)) on.set(result.kernel, seconds);
      const verdict = verdictOf(result, results);
      if (verdict) verdicts.push(verdict);
    }
    return { workload, on, verdicts };
  });
}

/** Whether the paired comparison of two decides that `fast` is the faster. */
function isDecided(fast: string, slow: string, { verdicts }: Times): boolean {
  return verdicts.some(({ kernel, baseline, verdict }) =>
    kernel === slow && baseline === fast && verdict === "slower" ||
    kernel === fast && baseline === slow && verdict === "faster"
  );
}

/** Whether `fast` is faster than `slow` beyond doubt: its interval ends before the other's starts, or their paired comparison decides. */
export function isClear(fast: string, slow: string, times: Times): boolean {
  const [a, b] = [times.on.get(fast), times.on.get(slow)];
  return a !== undefined && b !== undefined &&
    (a.high < b.low || isDecided(fast, slow, times));
}

/** A contender on a workload. */
export interface RankCell {
  /** Its median time as a multiple of the least. */
  readonly factor: number;
  /** GFLOP/s of the median. */
  readonly gflops: number;
  /** Whether it is the fastest, or not surely slower than it: with another such one it is a tie. */
  readonly best: boolean;
}

/** A line of the matrix. */
export interface RankRow {
  readonly workload: WorkloadKey;
  /** One for each contender, in the order of the columns; null where it has no verified time. */
  readonly cells: readonly (RankCell | null)[];
  /** Whether several contenders may be the fastest. */
  readonly tie: boolean;
}

/** The contenders in their overall order, and how far each is from the best on each workload. */
export interface Ranking {
  readonly columns: readonly (Series & {
    /** The geometric mean of its factors. */
    readonly mean: number;
  })[];
  readonly rows: readonly RankRow[];
}

/**
 * The contenders by the geometric mean of their factors to the best, the best
 * first; those that could not do half of the workloads come last, since what is
 * missing is seldom what they would be good at.
 */
export function rankingOf(
  results: Results,
  series: readonly Series[] = contendersOf(results),
): Ranking {
  const all = timesOf(results, new Set(series.map(({ name }) => name)))
    .filter(({ on }) => on.size > 0);
  const best = all.map(({ on }) => [...on].reduce((a, b) => b[1].median < a[1].median ? b : a));
  const factor = (name: string, i: number) => {
    const seconds = all[i]!.on.get(name);
    return seconds === undefined ? null : seconds.median / best[i]![1].median;
  };
  const columns = series.map((one) => {
    const factors = all.flatMap((_, i) => factor(one.name, i) ?? []);
    return { ...one, mean: geometricMean(factors), few: 2 * factors.length < all.length };
  })
    .toSorted((a, b) => Number(a.few) - Number(b.few) || a.mean - b.mean)
    .map(({ few: _, ...column }) => column);
  const rows = all.map((times, i): RankRow => {
    const [winner] = best[i]!;
    const cells = columns.map(({ name }): RankCell | null => {
      const seconds = times.on.get(name);
      if (!seconds) return null;
      return {
        factor: factor(name, i)!,
        gflops: throughput(times.workload.flops, seconds).value,
        best: name === winner || !isClear(winner, name, times),
      };
    });
    const tie = cells.filter((cell) => cell?.best).length > 1;
    return { workload: times.workload, cells, tie };
  });
  return { columns, rows };
}
