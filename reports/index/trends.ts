/**
 * The trends of past runs for their page: for each machine and workload the time of
 * every kernel, run after run, and of whatever was the fastest, with the steps that
 * the bench's history finds in them. Pure functions.
 *
 * @module
 */
import { formatCount } from "../../common/numbers.ts";
import {
  historiesOf,
  type History,
  machineName,
  type Point,
  type Run,
  type Step,
  stepsOf,
} from "../history/history.ts";
import { looksOf } from "../looks.ts";

/** A kernel on a workload, run after run. */
export interface Line {
  /** The kernel, with engine and threads where these tell lines apart. */
  readonly name: string;
  /** The number of its look. */
  readonly index: number;
  readonly hollow: boolean;
  readonly points: readonly Point[];
  readonly steps: readonly Step[];
}

/** The lines of a workload. */
export interface Trend {
  readonly workload: string;
  readonly shape: string;
  /** The fastest of each run; its name is that of the last run's. */
  readonly best: Line;
  /** The fastest in the last run first. */
  readonly lines: readonly Line[];
  /** The runs that have any of them, the earliest first. */
  readonly paths: readonly string[];
}

/** The trends of a machine. */
export interface MachineTrends {
  readonly machine: string;
  readonly runs: readonly Run[];
  readonly trends: readonly Trend[];
}

/** The trends of some runs, by machine: the one that was used last comes first. */
export function trendsOf(runs: readonly Run[]): readonly MachineTrends[] {
  const histories = Map.groupBy(
    historiesOf(runs, { kernels: null, filter: null }),
    ({ machine }) => machine,
  );
  const dated = runs.toSorted((a, b) => a.results.date < b.results.date ? 1 : -1);
  const byMachine = Map.groupBy(dated, ({ results }) => machineName(results.environment));
  return [...byMachine].map(([machine, own]) => {
    const all = histories.get(machine) ?? [];
    const looks = looksOf(all.map(({ kernel }) => kernel));
    const groups = Map.groupBy(all, ({ workload, shape }) => JSON.stringify([workload, shape]));
    const trends = [...groups.values()].map((group) => trendOf(group, looks));
    return { machine, runs: own, trends };
  });
}

function trendOf(group: readonly History[], looks: ReadonlyMap<string, number>): Trend {
  const { workload, shape } = group[0]!;
  const names = namesOf(group);
  const lines = group.map((one, i): Line => ({
    name: names[i] ?? one.kernel,
    index: looks.get(one.kernel) ?? 0,
    hollow: one.engine === "plain" &&
      group.some(({ kernel, engine }) => kernel === one.kernel && engine !== "plain"),
    points: one.points,
    steps: one.steps,
  }));
  // A run has one date, by which its points are in order.
  const found = lines.flatMap((line) => line.points.map((point) => ({ line, point })));
  const byRun = Map.groupBy(
    found.toSorted((a, b) => Date.parse(a.point.date) - Date.parse(b.point.date) || 0),
    ({ point }) => point.path,
  );
  const bests = [...byRun.values()].flatMap((one) =>
    one.toSorted((a, b) => a.point.seconds - b.point.seconds)[0] ?? []
  );
  const points = bests.map(({ point }) => point);
  const last = bests.at(-1)!.line;
  const latest = ({ points }: Line) => points.at(-1)?.seconds ?? Infinity;
  return {
    workload,
    shape: shape.replaceAll(" x ", "×"),
    best: { ...last, points, steps: stepsOf(points) },
    lines: lines.toSorted((a, b) => latest(a) - latest(b)),
    paths: [...byRun.keys()],
  };
}

function namesOf(group: readonly History[]): readonly string[] {
  const flags = ({ engine }: History) => engine === "plain" ? "without flags" : "with flags";
  const threads = (one: History) => formatCount(one.threads, "thread");
  return group.map((one) => {
    const alike = group.filter(({ kernel }) => kernel === one.kernel);
    const differ = (of: (one: History) => string) => new Set(alike.map(of)).size > 1;
    return `${one.kernel}${differ(flags) ? ` ${flags(one)}` : ""}${
      differ(threads) ? `, ${threads(one)}` : ""
    }`;
  });
}

/** A step, and of what. */
export interface Found {
  readonly machine: string;
  readonly workload: string;
  readonly name: string;
  readonly step: Step;
}

/** The last step of every line, the latest first, and of one date the largest. */
export function lastSteps(machines: readonly MachineTrends[]): readonly Found[] {
  const size = ({ step }: Found) => Math.abs(Math.log(step.ratio));
  return machines.flatMap(({ machine, trends }) =>
    trends.flatMap(({ workload, lines }) =>
      lines.flatMap(({ name, steps }) => {
        const step = steps.at(-1);
        return step ? [{ machine, workload, name, step }] : [];
      })
    )
  ).toSorted((a, b) => {
    const [x, y] = [a.step.after.date, b.step.after.date];
    return x === y ? size(b) - size(a) : x < y ? 1 : -1;
  });
}
