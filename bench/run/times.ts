/**
 * What measurements say of the time of a call: the medians of the rounds, their
 * median and its interval, with the launch as the unit where there are several.
 * Pure functions of what is in the result file.
 *
 * @module
 */
import type { Measurement, Result, Verification } from "../../results/schema.ts";
import { median } from "../../statistics/estimators.ts";
import { timeInterval } from "../../statistics/launches.ts";

/** The measurements that count, in the order of their rounds. */
export function countedMeasurements(
  { measurements }: { readonly measurements: readonly Measurement[] },
): Measurement[] {
  return measurements.filter(({ replaced }) => replaced === undefined)
    .toSorted((a, b) => a.round - b.round);
}

/** What a result says of its times, from the measurements of all launches; nothing where the output was not verified. */
export function timesOf(
  measurements: readonly Measurement[],
  { status }: Verification,
  flops: number,
): Pick<Result, "seconds" | "gflops" | "roundMedians"> {
  const rounds = countedMeasurements({ measurements }).map(({ samples, launch = 1 }) => ({
    launch,
    seconds: median(samples),
  }));
  if (status !== "passed" || rounds.length === 0) {
    return { seconds: null, gflops: null, roundMedians: [] };
  }
  const roundMedians = rounds.map(({ seconds }) => seconds);
  const middle = median(roundMedians);
  const launches = [...Map.groupBy(rounds, ({ launch }) => launch).values()];
  const interval = timeInterval(launches.map((group) => group.map(({ seconds }) => seconds)));
  return {
    seconds: { median: middle, ...interval, min: Math.min(...roundMedians) },
    gflops: flops / middle / 1e9,
    roundMedians,
  };
}
