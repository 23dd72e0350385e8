/**
 * Counts what the runs of a calibration show: how often intervals of identical
 * code miss 1, how often a verdict is false, how often a change is found. Pure
 * functions of the runs.
 *
 * @module
 */
import type {
  CalibrationRun,
  Compared,
  Count,
  RunTimes,
} from "../../results/calibration/schema.ts";
import { median, rangeOf } from "../../statistics/estimators.ts";
import { clopperPearson } from "../../statistics/proportions.ts";

/** Runs by what was beside them. */
type Group = Count["load"];

/** The exit code of a confirmed regression. */
const regression = 3;

/** The words of a verdict that claim a difference. */
const isClaim = ({ verdict }: Compared) => verdict === "slower" || verdict === "faster";

/** Whether the interval leaves 1 out; null where there is none. */
function misses({ low, high }: Compared): boolean | null {
  return low === null || high === null ? null : low > 1 || high < 1;
}

/** The runs that count, in each group that is of its own: where all runs are of one kind, "all" says it all. */
function groupsOf(runs: readonly CalibrationRun[]): [Group, readonly CalibrationRun[]][] {
  const quiet = runs.filter(({ load }) => load === "none");
  const loaded = runs.filter(({ load }) => load !== "none");
  const split: [Group, readonly CalibrationRun[]][] = quiet.length > 0 && loaded.length > 0
    ? [["quiet", quiet], ["loaded", loaded]]
    : [];
  return [["all", runs], ...split];
}

type About = Pick<Count, "what" | "title" | "unit" | "good"> & Partial<Count>;

/** A count of what `holds` for; what it says null for does not take part. */
function countOf<T>(
  items: readonly T[],
  holds: (item: T) => boolean | null,
  load: Group,
  { what, title, unit, good, effect = null, workload = null, ratio }: About,
): Count {
  const known = items.map(holds).filter((one) => one !== null);
  const found = known.filter((one) => one).length;
  const { low, high } = clopperPearson(found, known.length);
  return {
    what,
    title,
    effect,
    load,
    workload,
    unit,
    good,
    found,
    of: known.length,
    low,
    high,
    ...(ratio !== undefined && { ratio }),
  };
}

/** What the bench claims of identical code. */
function ofIdentical(runs: readonly CalibrationRun[], load: Group): Count[] {
  const same = runs.filter(({ kind }) => kind === "same");
  const controls = runs.flatMap(({ controls }) => controls);
  const versions = same.flatMap(({ versions }) => versions);
  const both = [...controls, ...versions];
  const rare = { unit: "comparison", good: "few" } as const;
  return [
    countOf(both, misses, load, {
      ...rare,
      what: "miss",
      title: "intervals of 95 % that miss 1, of all identical code",
    }),
    countOf(controls, misses, load, {
      ...rare,
      what: "miss-controls",
      title: "of these, a kernel against its A/A control",
    }),
    countOf(versions, misses, load, {
      ...rare,
      what: "miss-versions",
      title: "of these, two copies of the code",
    }),
    countOf(both, (one) => one.verdict === null ? null : isClaim(one), load, {
      ...rare,
      what: "false",
      title: "false verdicts, faster or slower, of identical code",
    }),
    countOf(same, ({ named }) => named, load, {
      what: "false-named",
      title: "runs of identical code that name a tail, a leak or a slow start",
      unit: "run",
      good: "few",
    }),
    countOf(same, ({ code }) => code === regression, load, {
      what: "exit3",
      title: "runs of identical code that end with exit code 3",
      effect: "aa",
      unit: "run",
      good: "few",
    }),
  ];
}

/** Workloads of changed runs whose own code is not changed. */
function ofBystanders(runs: readonly CalibrationRun[], load: Group): Count {
  const others = runs.filter(({ changed }) => changed !== null).flatMap(({ versions, changed }) =>
    versions.filter(({ workload }) => workload !== changed)
  );
  return countOf(others, isClaim, load, {
    what: "bystander",
    title: "false verdicts on unchanged workloads beside a changed one",
    unit: "comparison",
    good: "few",
  });
}

/** The comparisons of a run on the workload that was changed. */
function onChanged({ versions, changed }: CalibrationRun): readonly Compared[] {
  return versions.filter(({ workload }) => workload === changed);
}

const isSlower = ({ verdict }: Compared) => verdict === "slower";

/** Whether a run confirmed that the changed workload is slower, by what it measured again: its first verdict may have been open; null where an older file does not say what was confirmed. */
function isConfirmed({ code, changed, confirmed }: CalibrationRun): boolean | null {
  if (code !== regression) return false;
  const places = confirmed?.split(/, | and /);
  return places?.some((place) => `${place} `.includes(` on ${changed} `)) ?? null;
}

/** Whether a change was found. */
function ofEffect(runs: readonly CalibrationRun[], effect: string, load: Group): Count[] {
  const compared = runs.flatMap(onChanged);
  const ratio = median(compared.map(({ ratio }) => ratio));
  const about = { effect, good: "many", ...(Number.isFinite(ratio) && { ratio }) } as const;
  const named = runs.filter((run) => run.named !== null);
  return [
    countOf(compared, isSlower, load, {
      ...about,
      what: "verdict",
      title: "called slower",
      unit: "comparison",
    }),
    // Where a run with exit code 3 does not say, a share of the others would be too low.
    ...(runs.some((run) => isConfirmed(run) === null) ? [] : [
      countOf(runs, isConfirmed, load, {
        ...about,
        what: "confirmed",
        title: "confirmed on that workload, exit code 3",
        unit: "run",
      }),
    ]),
    countOf(runs, ({ code }) => code === regression, load, {
      ...about,
      what: "ended",
      title: "ended with exit code 3",
      unit: "run",
    }),
    ...(named.length === 0 ? [] : [
      countOf(named, (run) => run.named, load, {
        ...about,
        what: "named",
        title: "named for what it is",
        unit: "run",
      }),
    ]),
  ];
}

/** By the workload that was changed. */
function byWorkload(runs: readonly CalibrationRun[], effect: string): Count[] {
  const groups = Map.groupBy(runs, ({ changed }) => changed ?? "");
  return groups.size < 2 ? [] : [...groups].flatMap(([workload, own]) => {
    const compared = own.flatMap(onChanged);
    const kernels = Map.groupBy(compared, ({ kernel }) => kernel);
    return [...kernels].map(([kernel, those]) =>
      countOf(those, isSlower, "all", {
        what: "verdict",
        title: `called slower, ${kernel}`,
        effect,
        workload,
        unit: "comparison",
        good: "many",
        ratio: median(those.map(({ ratio }) => ratio)),
      })
    );
  });
}

/** All counts, in the order in which they are shown. */
export function countRuns(all: readonly CalibrationRun[]): Count[] {
  const runs = all.filter(({ failure }) => failure === null);
  const changed = runs.filter(({ kind }) => kind !== "same");
  const effects = [...new Set(changed.map(({ effect }) => effect))];
  const counts = [
    ...groupsOf(runs).flatMap(([load, those]) => [
      ...ofIdentical(those, load),
      ofBystanders(those, load),
    ]),
    ...effects.flatMap((effect) => {
      const own = changed.filter((run) => run.effect === effect);
      return [
        ...groupsOf(own).flatMap(([load, those]) => ofEffect(those, effect, load)),
        ...byWorkload(own, effect),
      ];
    }),
    countOf(runs, ({ exceeded }) => exceeded && exceeded.length > 0, "all", {
      what: "ceiling",
      title: "runs with a result above its ceiling",
      unit: "run",
      good: "few",
    }),
    countOf(all, ({ failure }) => failure !== null, "all", {
      what: "failed",
      title: "runs that failed and are not counted",
      unit: "run",
      good: "few",
    }),
  ];
  return counts.filter(({ of }) => of > 0);
}

/** How long the runs took, by their effect and together. */
export function timesOf(all: readonly CalibrationRun[]): RunTimes[] {
  const runs = all.filter(({ failure }) => failure === null);
  const row = (effect: string, load: Group, those: readonly CalibrationRun[]): RunTimes => {
    const seconds = those.map(({ seconds }) => seconds);
    return { effect, load, runs: those.length, median: median(seconds), ...rangeOf(seconds) };
  };
  if (runs.length === 0) return [];
  const effects = Map.groupBy(runs, ({ effect }) => effect);
  return [
    ...groupsOf(runs).map(([load, those]) => row("all", load, those)),
    ...(effects.size < 2 ? [] : [...effects].map(([effect, own]) => row(effect, "all", own))),
  ];
}
