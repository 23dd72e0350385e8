/**
 * All that a run measures: its launches, one after the other, each a fresh
 * process for each engine, as many as were asked for or until every interval is
 * narrow enough. The launch is what a run repeats, since much that makes code
 * fast or slow is decided once in a process (Georges, Buytaert & Eeckhout 2007).
 *
 * @module
 */
import { workloadName } from "../results/query.ts";
import type { KernelRecord, Result } from "../results/schema.ts";
import type { Engine } from "./engines.ts";
import {
  enginesFor,
  type LaunchesOptions,
  openLaunches,
  runRounds,
  type SessionHandle,
} from "./launches.ts";
import type { BenchCommand, BenchPlan } from "./plan.ts";
import type { RunProgress } from "./run/clock.ts";
import { mergeLaunches } from "./run/merge.ts";
import type { Snapshot } from "./run/session.ts";
import { nameOfKernel } from "../verify/repeat_command.ts";
import { labelOf } from "./workload.ts";

/** How a run is measured. */
export interface MeasureOptions extends LaunchesOptions {
  /** Called with the sessions of the first launch, before anything is prepared. */
  readonly onOpened?: (sessions: readonly SessionHandle[]) => Promise<void>;
  /** Called after the rounds of each launch, with its sessions and what all launches found. */
  readonly onLaunch?: (sessions: readonly SessionHandle[], found: Snapshot) => Promise<void>;
  /** The workloads, by their labels, that no further launch needs; by default those within the plan's precision. */
  readonly decided?: (found: Snapshot) => ReadonlySet<string>;
  /** Called now and then with what was found so far. */
  readonly onSnapshot?: (snapshot: Snapshot) => Promise<void>;
}

/** What a run found. */
export interface Found {
  readonly snapshot: Snapshot;
  /** Whether a process was lost before its end. */
  readonly lost: boolean;
  /** Whether a kernel was refused, or crashed or hung. */
  readonly refused: boolean;
}

// Fewer launches than this say too little of how they vary to stop for it.
const leastForPrecision = 3;

/** The plan without what no launch could have: it is in the records already, with the reason. */
export function planAfter(plan: BenchPlan, records: readonly KernelRecord[]): BenchPlan {
  const has = (wanted: (record: KernelRecord) => boolean) => {
    const found = records.filter(wanted);
    return found.length === 0 || found.some(({ unavailable }) => unavailable === null);
  };
  const named = (name: string) => ({ base, version, controlOf, ...record }: KernelRecord) =>
    (base ?? record.name) === name && version === undefined && controlOf === undefined;
  return {
    ...plan,
    kernels: plan.kernels.filter((kernel) => has(named(nameOfKernel(kernel)))),
    peers: plan.peers.filter((name) => has(named(name))),
    version: has(({ version }) => version !== undefined) ? plan.version : null,
  };
}

/** The workloads, by their labels, of which every time is known within `precision`. */
export function settledWorkloads(results: readonly Result[], precision: number): Set<string> {
  const groups = [...Map.groupBy(results, workloadName)];
  return new Set(
    groups.filter(([, group]) =>
      group.every(({ seconds }) =>
        seconds === null ||
        seconds.confidence > 0 && (seconds.high / seconds.low - 1) / 2 <= precision
      )
    ).map(([label]) => label),
  );
}

/** The workloads that are within the plan's precision, after launches enough to tell. */
function preciseWorkloads({ precision }: BenchPlan, launch: number, found: Snapshot) {
  return precision === null || launch <= leastForPrecision
    ? new Set<string>()
    : settledWorkloads(found.results, precision);
}

/** The plan of a launch, given what the earlier ones found and which workloads need no more. */
function planOfLaunch(
  plan: BenchPlan,
  { launch, found, decided, engine }: {
    readonly launch: number;
    readonly found: Snapshot;
    readonly decided: ReadonlySet<string>;
    readonly engine: string | null;
  },
): BenchPlan {
  const records = engine === null
    ? found.kernels
    : found.kernels.filter((record) => record.engine === engine);
  return {
    ...planAfter(plan, records),
    launch,
    workloads: plan.workloads.filter((workload) => !decided.has(labelOf(workload))),
  };
}

/** Measures all launches of a command. */
export async function measureLaunches(
  command: Pick<BenchCommand, "plan" | "engine">,
  { onOpened, onLaunch, onSnapshot, decided: decidedIn, display, ...options }: MeasureOptions,
): Promise<Found> {
  const { plan } = command;
  const { signal } = options;
  const engines = enginesFor(command);
  const snapshots: Snapshot[] = [];
  let [lost, refused] = [false, false];
  let startedAt = performance.now();
  for (let launch = 1; launch <= plan.launches && !signal.aborted; launch++) {
    const found = mergeLaunches(snapshots);
    const decided = decidedIn?.(found) ?? preciseWorkloads(plan, launch, found);
    const plans = new Map(
      engines.map((engine): [Engine, BenchPlan] => [
        engine,
        planOfLaunch(plan, {
          launch,
          found,
          decided,
          engine: engines.length > 1 ? engine.engine : null,
        }),
      ]),
    );
    if (
      !plans.values().some(({ workloads, kernels, peers }) =>
        workloads.length > 0 && kernels.length + peers.length > 0
      )
    ) break;
    const earlier = (performance.now() - startedAt) / 1e3;
    const overall = (progress: RunProgress): RunProgress => {
      const { done, secondsLeft } = progress;
      const elapsed = (performance.now() - startedAt) / 1e3;
      // Launches are alike; the first one's length is what it took and will take.
      const each = launch === 1 ? elapsed + secondsLeft : earlier / (launch - 1);
      return {
        ...progress,
        done: (launch - 1 + done) / plan.launches,
        secondsLeft: secondsLeft + (plan.launches - launch) * each,
      };
    };
    await using launches = await openLaunches(plans, {
      ...options,
      display: { ...display, show: (progress) => display.show(overall(progress)) },
    });
    const { sessions } = launches;
    if (launch === 1) {
      const opened = performance.now();
      await onOpened?.(sessions);
      // What is done once, such as the ceilings, says nothing of how long a launch takes.
      startedAt += performance.now() - opened;
    }
    const snapshot = await runRounds(sessions, {
      rounds: plan.rounds,
      earlier: (launch - 1) * plan.rounds,
      seed: plan.seed,
      signal,
      // A comparison of versions needs those of all launches; else those of one show what they are.
      tails: !plan.confirms && (launch === 1 || plan.version !== null),
      ...(onSnapshot && {
        onSnapshot: (now: Snapshot) => onSnapshot(mergeLaunches([...snapshots, now])),
      }),
    });
    snapshots.push(snapshot);
    lost ||= sessions.some((session) => session.lost);
    refused ||= sessions.some((session) => session.refused);
    const all = mergeLaunches(snapshots);
    // A run that was stopped is written at its end, if anything was timed.
    if (signal.aborted) break;
    await onLaunch?.(sessions, all);
    await onSnapshot?.(all);
  }
  return { snapshot: mergeLaunches(snapshots), lost, refused };
}
