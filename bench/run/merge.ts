/**
 * What several processes found, as one: launches of the same contenders, whose
 * measurements come together, and engines, whose contenders stand side by side.
 *
 * @module
 */
import { flopsOf, workloadName } from "../../results/query.ts";
import type { KernelRecord, Result, Verification } from "../../results/schema.ts";
import { timesOf } from "./times.ts";
import type { Snapshot } from "./session.ts";
import { mergedCalls } from "./tail_verdicts.ts";

/** What several sessions found, as one, with the results on one workload next to each other. */
export function merge(snapshots: readonly Snapshot[]): Snapshot {
  const results = snapshots.flatMap((snapshot) => snapshot.results);
  const groups = Map.groupBy(results, workloadName);
  return {
    kernels: snapshots.flatMap(({ kernels }) => kernels),
    results: [...groups.values()].flat(),
    referenceLoop: snapshots.flatMap(({ referenceLoop }) => referenceLoop)
      .toSorted((a, b) => a.at - b.at),
  };
}

/** What the launches of one engine found, as one, in the order of the first. */
export function mergeLaunches(launches: readonly Snapshot[]): Snapshot {
  const [only, ...more] = launches;
  if (!only) return { kernels: [], results: [], referenceLoop: [] };
  if (more.length === 0) return only;
  const { kernels, results, referenceLoop } = merge(launches);
  const records = Map.groupBy(kernels, ({ name }) => name);
  const same = Map.groupBy(results, (result) => `${result.kernel} on ${workloadName(result)}`);
  return {
    kernels: [...records.values()].map(mergeRecords),
    results: [...same.values()].map(mergeResults),
    referenceLoop,
  };
}

/** A kernel that could be had in some launch was had. */
function mergeRecords(records: readonly KernelRecord[]): KernelRecord {
  return records.find(({ unavailable }) => unavailable === null) ?? records[0]!;
}

/** An output that was wrong in one launch is wrong. */
function mergeVerifications(found: readonly Verification[]): Verification {
  const worst = found.flatMap(({ worst }) => worst ?? []);
  const bad = found.find(({ status }) => status === "failed") ??
    found.find(({ status }) => status !== "passed");
  return bad ?? { ...found[0]!, worst: worst.length > 0 ? Math.max(...worst) : null };
}

function mergeResults(results: readonly Result[]): Result {
  const first = results[0]!;
  const verification = mergeVerifications(results.map((one) => one.verification));
  const measurements = results.flatMap(({ measurements = [] }) => measurements);
  const memory = results.flatMap(({ memory }) => memory ?? []);
  const times = timesOf(measurements, verification, flopsOf(first));
  const { measurements: _, calls: _calls, leak: _leak, ...rest } = first;
  return {
    ...rest,
    ...times,
    verification,
    warmup: results.find(({ warmup }) => warmup !== null)?.warmup ?? null,
    ...(times.seconds && { measurements, ...mergedCalls(results) }),
    ...(memory.length > 0 && { memory: Math.max(...memory) }),
  };
}
