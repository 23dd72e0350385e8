/**
 * What seemed slower than another version, measured again in fresh processes,
 * launch after launch, until the evidence decides: few where the difference is
 * plain or gone, more where the machine is noisy. The first run chooses what to look
 * at, and generously; only the launches of the second decide.
 *
 * @module
 */
import { workloadName } from "../results/query.ts";
import type { Pass, Result, Results } from "../results/schema.ts";
import { median } from "../statistics/estimators.ts";
import { compared } from "../statistics/launches.ts";
import { evidence } from "../statistics/sequential.ts";
import { relevantDifference } from "../statistics/verdicts.ts";
import { baselineOf, differencesOf } from "./run/conclusions.ts";

/** What was slower: a kernel of ours, by its name in the registry, on a workload. */
export interface Flagged {
  readonly kernel: string;
  readonly workload: string;
  readonly pass: Pass;
}

/** What the launches so far say of something that seemed slower. */
export type Standing = "slower" | "not slower" | "open";

/** The launches of a confirmation at the most. */
export const mostLaunches = 24;

// How often identical code that was flagged may be confirmed: once in fifty.
const alpha = 0.02;

// Half of what matters is no difference to confirm: with it as the margin, what is 3 % slower
// is not confirmed by chance alone, and what is nothing is let go sooner.
const margin = Math.log1p(relevantDifference / 2);
const relevant = Math.log1p(relevantDifference);

// Before it is let go, one launch in another state must not outweigh the others.
const leastToLetGo = 8;

/**
 * What the differences of the launches so far say, of one among `family` that
 * were flagged: slower where the evidence passes family/α and the estimate is a
 * difference that matters, not slower where the estimate is below half of that
 * after eight launches, else open.
 *
 * @param differences ln(new time / old time) of each launch
 *
 * @example
 * ```ts
 * import { standingOf } from "./confirmation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(standingOf(Array(6).fill(0.1), 1), "slower");
 * assertEquals(standingOf(Array(6).fill(0.1), 4), "open");
 * assertEquals(standingOf(Array(8).fill(0), 1), "not slower");
 * ```
 */
export function standingOf(differences: readonly number[], family: number): Standing {
  // A launch without a number says nothing.
  const known = differences.filter(Number.isFinite);
  const { estimate } = compared(known.map((difference) => [difference]));
  if (evidence(known, margin) >= family / alpha && estimate > relevant) return "slower";
  return known.length >= leastToLetGo && estimate < margin ? "not slower" : "open";
}

/** Whether a comparison of a first run is reason enough to measure again: it is slower by half of what matters, more likely than not. */
export function isSuspect({ ratio, p }: { readonly ratio: number; readonly p: number }): boolean {
  return Math.log(ratio) > margin && p <= 0.5;
}

/** ln(new time / old time) of each launch, of a kernel that was flagged, on each engine and number of threads. */
function comparisonsOf(
  { kernels, results }: Pick<Results, "kernels" | "results">,
  flagged: Flagged,
): number[][] {
  const find = (name: string | null): Result | undefined =>
    results.find((one) =>
      one.kernel === name && one.workload === flagged.workload && one.pass === flagged.pass
    );
  return kernels.filter(({ name, base }) => (base ?? name) === flagged.kernel).flatMap((record) => {
    const old = find(baselineOf(record, kernels, null));
    const now = find(record.name);
    return old && now ? [differencesOf(old, now).map(median)] : [];
  });
}

/** What the launches so far say of all that was flagged; what was not measured is open. */
export function standingsIn(
  results: Pick<Results, "kernels" | "results">,
  flagged: readonly Flagged[],
): readonly (readonly [Flagged, Standing])[] {
  const all = flagged.map((one) => [one, comparisonsOf(results, one)] as const);
  const family = all.reduce((sum, [, comparisons]) => sum + comparisons.length, 0);
  return all.map(([one, comparisons]) => {
    const standings = comparisons.map((differences) => standingOf(differences, family));
    if (standings.includes("slower")) return [one, "slower"];
    const done = standings.length > 0 && !standings.includes("open");
    return [one, done ? "not slower" : "open"];
  });
}

/** The workloads, by their labels, that need no more launches: nothing on them is open, or something is slower, which decides the run. */
export function decidedWorkloads(
  results: Pick<Results, "kernels" | "results">,
  flagged: readonly Flagged[],
): Set<string> {
  const standings = standingsIn(results, flagged);
  const decided = standings.some(([, standing]) => standing === "slower");
  const open = new Set(
    standings.flatMap(([one, standing]) =>
      standing === "open" && !decided ? [workloadName(one)] : []
    ),
  );
  return new Set(flagged.map(workloadName).filter((label) => !open.has(label)));
}
