/**
 * The percentiles of single calls over all launches.
 *
 * @module
 */
import type { LaunchCalls, Result } from "../results/schema.ts";

/** The middle of what the launches found; null where none found it. */
export function overLaunches(
  { calls }: Result,
  of: (launch: LaunchCalls) => number | undefined,
): number | null {
  const found = (calls?.launches ?? []).flatMap((launch) => of(launch) ?? []);
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? null;
}

/** The 95th percentile of single calls, in seconds; null where they were not timed. */
export function p95Of(result: Result): number | null {
  return overLaunches(result, ({ p95 }) => p95?.value);
}
