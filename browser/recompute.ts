/**
 * A run computed anew without what was measured in some stretches of its time, as
 * a reader asks for who sees the machine disturbed there. Medians, intervals,
 * comparisons and the noise of the run are made by the functions of the bench.
 *
 * @module
 */
import { conclude } from "../bench/run/conclusions.ts";
import { timesOf } from "../bench/run/times.ts";
import { flopsOf } from "../results/query.ts";
import type { Measurement, Result, Results } from "../results/schema.ts";

/** A stretch of a run: seconds since its start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Seconds since the start of the run at which a measurement's last sample ends, had its samples been taken one behind the other. */
export function endOf({ at, calls, samples }: Measurement): number {
  return at + calls * samples.reduce((sum, one) => sum + one, 0);
}

/**
 * Whether something of a measurement lies in a stretch. A measurement counts whole
 * or not at all, since its samples are compared slot by slot with those of others.
 */
export function isWithin(measurement: Measurement, stretches: readonly Stretch[]): boolean {
  const end = endOf(measurement);
  return stretches.some(({ from, to }) => measurement.at <= to && end >= from);
}

/**
 * The run without the measurements of these stretches. What no measurement is left
 * of has no time. First calls, warm-up and single calls, which the file has as
 * summaries, and ceilings stay as they are.
 *
 * @example
 * ```ts
 * import { without } from "./recompute.ts";
 * import { wholeSample } from "../results/sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = wholeSample();
 * assertEquals(without(run, []), run);
 * const nothing = without(run, [{ from: 0, to: Infinity }]);
 * assertEquals(nothing.results.filter(({ seconds }) => seconds !== null).length, 0);
 * ```
 */
export function without(run: Results, stretches: readonly Stretch[]): Results {
  if (stretches.length === 0) return run;
  const results = run.results.map((result): Result => {
    const { measurements = [] } = result;
    const left = measurements.filter((one) => !isWithin(one, stretches));
    if (left.length === measurements.length) return result;
    return {
      ...result,
      ...timesOf(left, result.verification, flopsOf(result)),
      measurements: left,
    };
  });
  const { noise } = run;
  if (!noise) return { ...run, results };
  const referenceLoop = noise.referenceLoop.filter(({ at }) =>
    stretches.every(({ from, to }) => at < from || at > to)
  );
  const found = conclude({ kernels: run.kernels, results, referenceLoop }, run.baseline ?? null);
  // What is of summaries is the same; where the run compares nothing, nothing is compared here.
  return {
    ...run,
    results,
    noise: found.noise,
    ...(run.verdicts && { verdicts: found.verdicts }),
  };
}

/** How many measurements of a run that count lie in these stretches, and how many there are. */
export function countWithin(
  run: Results,
  stretches: readonly Stretch[],
): { readonly within: number; readonly all: number } {
  const counted = run.results.flatMap(({ measurements = [] }) => measurements)
    .filter(({ replaced }) => replaced === undefined);
  return {
    within: counted.filter((one) => isWithin(one, stretches)).length,
    all: counted.length,
  };
}
