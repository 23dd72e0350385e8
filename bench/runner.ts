/**
 * The runner: leads one or several sessions through a run. Several are
 * processes under different engines, which take turns round by round, so that
 * they too meet the same weather. What was found is saved every few seconds.
 *
 * @module
 */
import { createRandom, seedOf, shuffle } from "../common/random.ts";
import { noiseIn, verdictsIn } from "./run/conclusions.ts";
import type { NoiseReport, VerdictReport } from "../results/schema.ts";
import type { Runnable, Snapshot } from "./run/session.ts";

/** How a run is led. */
export interface RunOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Receives what was found so far, now and then. */
  readonly onSnapshot?: (snapshot: Snapshot) => Promise<void>;
  /** Seconds between two snapshots; 10 unless given. */
  readonly every?: number;
}

/** What several sessions found, as one: results on one workload stand together. */
export function merge(snapshots: readonly Snapshot[]): Snapshot {
  const results = snapshots.flatMap((snapshot) => snapshot.results);
  const groups = Map.groupBy(results, ({ workload, pass }) => JSON.stringify([workload, pass]));
  return {
    kernels: snapshots.flatMap(({ kernels }) => kernels),
    results: [...groups.values()].flat(),
    referenceLoop: snapshots.flatMap(({ referenceLoop }) => referenceLoop)
      .toSorted((a, b) => a.at - b.at),
  };
}

/** Leads the sessions through a run; returns what they found. */
export async function runSessions(
  sessions: readonly Runnable[],
  { rounds, seed, signal, onSnapshot, every = 10 }: RunOptions,
): Promise<Snapshot> {
  const random = createRandom(seedOf("sessions", seed));
  const all = async () => merge(await Promise.all(sessions.map((one) => one.snapshot())));
  let saved = performance.now();
  const save = async () => {
    if (!onSnapshot || performance.now() - saved < every * 1e3) return;
    await onSnapshot(await all());
    saved = performance.now();
  };
  for (const session of sessions) {
    if (!signal.aborted) await session.prepare();
  }
  for (let round = 1; round <= rounds && !signal.aborted; round++) {
    for (const session of shuffle([...sessions], random)) {
      if (signal.aborted) break;
      await session.round(round);
      await save();
    }
  }
  for (const session of sessions) {
    if (!signal.aborted) await session.replace();
    await save();
  }
  for (const session of sessions) await session.finish();
  return await all();
}

/** What follows from what was found. */
export function conclude(
  snapshot: Snapshot,
  baseline: string | null,
): { noise: NoiseReport; verdicts: VerdictReport[] } {
  const noise = noiseIn(snapshot);
  return { noise, verdicts: verdictsIn(snapshot, baseline, noise.floor) };
}
