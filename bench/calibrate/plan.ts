/**
 * What a calibration is asked for, and the runs that follow from it.
 *
 * @module
 */
import {
  namesOf,
  type Option,
  type Options,
  partsOf,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { formatList, quote } from "../../common/text.ts";
import { kernelNames } from "../../kernels/registry.ts";
import type { Load } from "../../results/calibration/schema.ts";
import { isLayerForward, passOf, type Workload, workloadFlops } from "../workload.ts";
import { selectWorkloads } from "../own_workloads.ts";
import { type SuiteName, suiteNames, suites } from "../workloads.ts";
import { type Effect, effectText, parseEffects, usualEffects } from "./effects.ts";

const usualRuns = 20;
const usualSuite: SuiteName = "dense";
const usualFilter = ["tiny-odd", "jet", "ad-out", "mnist-1"];
const usualKernels = "wasm-simd,wasm-threads";

/** Which runs have a load beside them. */
const loadChoices = ["none", "busy", "both"] as const;

// A call must be long beside the looks at the clock that the extra work takes.
const leastFlops = 3e5;

/** The options of the command. */
export const options: Readonly<Record<string, Option>> = {
  effects: {
    value: "A,B",
    help:
      `Try these effects: aa (identical code), a percentage by which one workload is made slower, tail (every tenth call three times slower), leak, start (first call three times slower); aa:40 gives one a number of runs of its own. Default: ${usualEffects}.`,
  },
  runs: {
    value: "N",
    help: `Run the bench N times for each effect, from 1 to 1000. Default: ${usualRuns}.`,
  },
  load: {
    value: "NAME",
    help:
      "Run beside nothing (none), beside a process that computes all or half of the time (busy), or half of the runs each (both). Default: both.",
  },
  suite: {
    value: "NAME",
    help: `Time workloads of this suite: ${suiteNames.join(", ")}. Default: ${usualSuite}.`,
  },
  filter: {
    value: "A,B",
    help: `Time the workloads whose name contains one of these texts. Default: ${
      usualFilter.join(",")
    }; all, where a suite is named.`,
  },
  change: {
    value: "A,B",
    help:
      "Change these workloads, one in each run, in turn. Default: all that are timed and whose calls are long enough.",
  },
  kernels: {
    value: "A,B",
    help: `Time these kernels: ${
      kernelNames.filter((name) => name !== "webgpu").join(", ")
    }. Default: ${usualKernels}.`,
  },
  rounds: { value: "N", help: "Give each run this --rounds. Default: that of the bench." },
  launches: { value: "N", help: "Give each run this --launches. Default: that of the bench." },
  "no-ceilings": { value: null, help: "Have no run measure what the machine can do at best." },
  out: {
    value: "FOLDER",
    help:
      "Keep the calibration in FOLDER. One that is there and was interrupted, or had fewer runs, goes on. Default: runs/calibration.",
  },
};

/** A run that is to be made. */
export interface PlannedRun {
  readonly id: string;
  readonly effect: Effect;
  readonly load: Load;
  /** The workload that is changed; null for identical code. */
  readonly changed: Workload | null;
  readonly seed: number;
}

/** A whole calibration. */
export interface CalibrationPlan {
  /** The options that each run of the bench gets. */
  readonly bench: readonly string[];
  readonly workloads: readonly Workload[];
  readonly runs: readonly PlannedRun[];
  readonly out: string;
}

/**
 * The runs, in turn through the effects, so that an interrupted calibration has
 * some of each. With `both`, every other run of an effect is loaded, and each
 * changed workload gets as many of these as of the others.
 */
function planRuns(
  effects: readonly Effect[],
  load: typeof loadChoices[number],
  changeable: readonly Workload[],
): PlannedRun[] {
  const most = Math.max(...effects.map(({ runs }) => runs));
  return Array.from(
    { length: most },
    (_, i) =>
      effects.filter(({ runs }) => i < runs).map((effect): PlannedRun => {
        const loaded = load === "busy" || (load === "both" && i % 2 === 1);
        // The place among the runs that are loaded alike.
        const turn = load === "both" ? Math.floor(i / 2) : i;
        const changed = effect.kind === "same"
          ? null
          : changeable[turn % changeable.length] ?? null;
        // Full and half in turn, and not in step with an even number of workloads.
        const even = changed !== null && changeable.length % 2 === 0;
        const step = turn + (even ? Math.floor(turn / changeable.length) : 0);
        const kind: Load = !loaded ? "none" : step % 2 === 0 ? "full" : "half";
        const id = [effect.name, kind, ...(changed ? [changed.name] : []), i + 1].join("-");
        return { id, effect, load: kind, changed, seed: i + 1 };
      }),
  ).flat();
}

/**
 * Reads the command line.
 *
 * @throws {UsageError}
 */
export function readPlan(given: Options): CalibrationPlan {
  const runs = wholeNumberOf(given, "runs", { low: 1, high: 1000, otherwise: usualRuns });
  const effects = parseEffects(textOf(given, "effects") ?? usualEffects, runs);
  const load = oneOf(textOf(given, "load") ?? "both", loadChoices, "load");
  const suite = oneOf(textOf(given, "suite") ?? usualSuite, suiteNames, "suite");
  const filter = partsOf(given, "filter") ?? (given.given.has("suite") ? null : usualFilter);
  const workloads = filter
    ? selectWorkloads(suites[suite], filter, `--filter: no workload of ${suite}`)
    : suites[suite];
  const kernels = kernelsOf(given);
  const changeable = effects.every(({ kind }) => kind === "same")
    ? []
    : changeableOf(workloads, partsOf(given, "change") ?? null);
  const number = (name: string) => {
    if (textOf(given, name) === undefined) return [];
    const value = wholeNumberOf(given, name, { low: 1, high: 1000, otherwise: 1 });
    return [`--${name}`, String(value)];
  };
  return {
    bench: [
      ...["--suite", suite],
      ...(filter === null ? [] : ["--filter", filter.join(",")]),
      ...["--kernels", kernels.join(",")],
      ...number("rounds"),
      ...number("launches"),
      ...(given.given.has("no-ceilings") ? ["--no-ceilings"] : []),
    ],
    workloads,
    runs: planRuns(effects, load, changeable),
    out: textOf(given, "out") ?? "runs/calibration",
  };
}

function oneOf<Name extends string>(text: string, allowed: readonly Name[], kind: string): Name {
  const found = allowed.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`unknown ${kind} ${quote(text)}; there are ${allowed.join(", ")}`);
}

function kernelsOf(given: Options): readonly string[] {
  if (textOf(given, "kernels") === undefined) return usualKernels.split(",");
  const kernels = namesOf(given, "kernels", kernelNames, "kernel");
  if (!kernels.includes("webgpu")) return kernels;
  throw new UsageError(
    "calibrate cannot slow webgpu down by a known share, since its calls return before they are done",
  );
}

/** The workloads that can be made slower by a known share, without another one becoming so too. */
function changeableOf(
  workloads: readonly Workload[],
  filter: readonly string[] | null,
): readonly Workload[] {
  const chosen = filter
    ? selectWorkloads(workloads, filter, "--change: no workload that is timed")
    : workloads;
  const other = workloads.find((one) => !isLayerForward(one) || passOf(one) !== "forward");
  if (other) {
    throw new UsageError(
      `calibrate changes the forward pass of single layers; ${
        quote(other.name)
      } is none. Choose others with --suite and --filter, or --effects aa`,
    );
  }
  const alone = chosen.filter(({ m, n, k }) =>
    workloads.filter((one) => one.m === m && one.n === n && one.k === k).length === 1
  );
  const found = alone.filter((one) => workloadFlops(one) >= leastFlops);
  if (found.length > 0 && (filter === null || found.length === chosen.length)) return found;
  const wrong = chosen.filter((one) => !found.includes(one)).map(({ name }) => name);
  throw new UsageError(
    `${formatList(wrong)} cannot be changed by a known share: a call is too short, under ${
      leastFlops / 1e3
    } thousand FLOP, or another workload has the same shape`,
  );
}

/** What a run is, in words. */
export function runText({ effect, changed, load }: PlannedRun): string {
  const beside = { none: "", half: ", half a load beside it", full: ", a load beside it" };
  const where = changed === null ? "" : ` on ${changed.name}`;
  return `${effectText(effect)}${where}${beside[load]}`;
}
