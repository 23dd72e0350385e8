/**
 * Whether a run may be believed, as plain data: what the A/A controls show where
 * there is no difference, every sample over time as a multiple of its kernel's
 * median, and how warm-up came to an end.
 *
 * @module
 */
import { verifiedSeconds } from "../results/query.ts";
import { isWithin, type Stretch } from "../browser/recompute.ts";
import type { Result, Results } from "../results/schema.ts";
import { median, rangeOf } from "../statistics/estimators.ts";
import { baseOf, isPlain, looksOf } from "./looks.ts";
import { type ChartData, resultsBy, type Series, type WorkloadKey, workloadsOf } from "./series.ts";

/** A control's times as multiples of its kernel's, by workload and control: their median, and the least and greatest round. */
export function controlsOf(
  run: Results,
): ChartData<{ readonly label: string }> {
  const { kernels, noise } = run;
  const found = (noise?.controls ?? []).filter(({ ratios }) => ratios.length > 0);
  const looks = looksOf(kernels.map(baseOf));
  const records = new Map(kernels.map((one) => [one.name, one]));
  const names = [...new Set(found.map(({ kernel }) => kernel))];
  const plain = new Set(names.filter((name) => isPlain(records.get(name) ?? {}, run)));
  const several = plain.size > 0 && plain.size < names.length;
  const series = names.map((name): Series => {
    const record = records.get(name);
    return {
      name,
      peer: false,
      index: looks.get(record ? baseOf(record) : name) ?? 0,
      hollow: several && plain.has(name),
    };
  });
  const labelOf = ({ workload, pass }: { workload: string; pass: string }) =>
    pass === "forward" ? workload : `${workload} ${pass}`;
  const labels = [...new Set(found.map(labelOf))];
  const cellOf = (label: string, name: string) => {
    const one = found.find((control) => control.kernel === name && labelOf(control) === label);
    if (!one) return null;
    const { min, max } = rangeOf(one.ratios);
    return { value: one.ratio ?? median(one.ratios), low: min, high: max };
  };
  return {
    series,
    rows: labels.map((label) => ({
      at: { label },
      cells: names.map((name) => cellOf(label, name)),
    })),
  };
}

/** A sample: when it was taken, in seconds since the start, and its time as a multiple of the median. */
export interface Moment {
  readonly at: number;
  readonly ratio: number;
  readonly seconds: number;
  /** Why it does not count; null where it does. */
  readonly replaced: string | null;
  /** When it was, where that is not so many seconds after the start. */
  readonly when?: string;
}

function moments(
  { measurements = [] }: Result,
  middle: number,
  stretches: readonly Stretch[],
): Moment[] {
  return measurements.flatMap((measurement) => {
    const { at, calls, samples } = measurement;
    const replaced = isWithin(measurement, stretches) ? "left out" : measurement.replaced ?? null;
    let time = at;
    return samples.map((seconds) => {
      time += calls * seconds;
      return { at: time, ratio: seconds / middle, seconds, replaced };
    });
  });
}

/**
 * The samples of each series on a workload, in their order; none where the file has
 * none. Those in a stretch are left out of `anew`, which has the medians.
 */
export function momentsOf(
  results: Results,
  workload: WorkloadKey,
  series: readonly Series[],
  stretches: readonly Stretch[] = [],
  anew: Results = results,
): readonly (readonly Moment[])[] {
  const [here, now] = [results, anew].map((run) => resultsBy(run.results)(workload));
  return series.map(({ name }) => {
    const result = here?.find((one) => one.kernel === name);
    const left = now?.find((one) => one.kernel === name);
    const seconds = left && verifiedSeconds(left) || result && verifiedSeconds(result);
    return result && seconds ? moments(result, seconds.median, stretches) : [];
  });
}

/** What each series' warm-up on a workload took, sample by sample, as multiples of the final median. */
export function warmupsOf(
  results: Results,
  workload: WorkloadKey,
  series: readonly Series[],
): readonly (readonly number[])[] {
  const here = resultsBy(results.results)(workload);
  return series.map(({ name }) => {
    const result = here.find((one) => one.kernel === name);
    const seconds = result && verifiedSeconds(result);
    const trace = result?.warmup?.trace ?? [];
    return seconds ? trace.map((one) => one / seconds.median) : [];
  });
}

/** The workloads of which there are samples. */
export function sampledWorkloads(results: Results): readonly WorkloadKey[] {
  const on = resultsBy(results.results);
  return workloadsOf(results.results).filter((workload) =>
    on(workload).some((one) => (one.measurements?.length ?? 0) > 0 && verifiedSeconds(one))
  );
}
