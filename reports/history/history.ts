/**
 * The history of runs: the times of each kernel on each workload of each
 * machine, run after run, and where they stepped to another level. It is
 * computed from the result files, so that there is no index that could say
 * something else than they do.
 *
 * @module
 */
import { formatBytes } from "../../common/units.ts";
import { recordOf, verifiedSeconds, withoutControls, workloadName } from "../../results/query.ts";
import type { Environment, Results } from "../../results/schema.ts";
import { stretchesOf } from "../../statistics/change_points.ts";

/** The schema of what `--json` prints. */
export const historySchema = "densemark-history/1";

/** A run and the file that it is in. */
export interface Run {
  readonly path: string;
  readonly results: Results;
}

/** A kernel's time on a workload in one run. */
export interface Point {
  readonly date: string;
  readonly commit: string | null;
  readonly deno: string;
  readonly v8: string;
  /** Seconds of one call, the median. */
  readonly seconds: number;
  readonly path: string;
}

/** A step of a series from one level to another. */
export interface Step {
  /** The last run before it, and the first after it. */
  readonly before: Point;
  readonly after: Point;
  /** The time after it as a multiple of the time before it. */
  readonly ratio: number;
  /** The runs of the levels on both sides. */
  readonly runs: readonly [before: number, after: number];
}

/** One kernel on one workload of one machine, in the order of the runs. */
export interface History {
  readonly machine: string;
  readonly workload: string;
  readonly kernel: string;
  readonly engine: string;
  readonly threads: number;
  readonly shape: string;
  readonly points: readonly Point[];
  readonly steps: readonly Step[];
}

/** The machine by what stays the same when its software changes. */
export function machineName({ cpu, cores, arch, memory }: Environment): string {
  // The system keeps a part that varies a little.
  const gibibytes = Math.round(memory / 2 ** 30) * 2 ** 30;
  return `${cpu}, ${cores} cores, ${formatBytes(gibibytes)}, ${arch}`;
}

/** What is kept of the runs. */
export interface HistoryOptions {
  /** Kernels and peers by name, without the engine or the number of threads that it may carry; null for all. */
  readonly kernels: readonly string[] | null;
  /** Texts of which a workload's name must contain one; null for all. */
  readonly filter: readonly string[] | null;
}

/** The histories of some runs, in any order. Other versions' kernels and A/A controls are left out, and so is what was not verified. */
export function historiesOf(
  runs: readonly Run[],
  { kernels, filter }: HistoryOptions,
): History[] {
  const series = new Map<string, Omit<History, "steps" | "points"> & { points: Point[] }>();
  const sorted = runs.toSorted((a, b) => timeOf(a.results) - timeOf(b.results));
  for (const { path, results: run } of sorted) {
    for (const result of withoutControls(run)) {
      const record = recordOf(result, run);
      const seconds = verifiedSeconds(result)?.median;
      const workload = workloadName(result);
      if (!record || record.version !== undefined || seconds === undefined) continue;
      const names = [record.name, record.base];
      if (kernels !== null && !kernels.some((name) => names.includes(name))) continue;
      if (filter !== null && !filter.some((part) => workload.includes(part))) continue;
      const { m, n, k, activation, bias, cold = false, layers = [], steps = [] } = result;
      const found = {
        machine: machineName(run.environment),
        workload,
        // One series of the kernel however the run named its engine and threads, which are told apart.
        kernel: record.base ?? record.name,
        engine: record.engine ?? run.engine,
        threads: record.threads,
        shape: [m, n, k].join(" x "),
      };
      const key = JSON.stringify([found, record.device, activation, bias, cold, layers, steps]);
      const one = series.get(key) ?? { ...found, points: [] };
      series.set(key, one);
      const { commit, deno, v8 } = run.environment;
      one.points.push({ date: run.date, commit, deno, v8, seconds, path });
    }
  }
  return [...series.values()].map((one) => ({ ...one, steps: stepsOf(one.points) }));
}

function timeOf({ date }: Results): number {
  const time = Date.parse(date);
  // One without a date that can be read is the oldest.
  return Number.isNaN(time) ? 0 : time;
}

/** The steps of a series from one level to another. */
export function stepsOf(points: readonly Point[]): Step[] {
  const stretches = stretchesOf(points.map(({ seconds }) => seconds));
  return stretches.slice(1).map((after, i): Step => {
    const before = stretches[i]!;
    return {
      before: points[after.start - 1]!,
      after: points[after.start]!,
      ratio: after.level / before.level,
      runs: [before.end - before.start, after.end - after.start],
    };
  });
}
