/**
 * What a run's results say together: how noisy the machine was, and how each
 * kernel compares with its baseline, by the ratios within the slots of each
 * round. Pure functions of what is in the result file.
 *
 * @module
 */
import { formatList } from "../../common/text.ts";
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import type {
  ControlRatios,
  KernelRecord,
  Measurement,
  NoiseReport,
  Result,
  VerdictReport,
} from "../../results/schema.ts";
import { noiseOf } from "../../statistics/noise.ts";
import { logRatio } from "../../statistics/slots.ts";
import { lostSpeed } from "../../statistics/warmup.ts";
import { compared, judge } from "../../statistics/verdicts.ts";
import type { Snapshot } from "./session.ts";

/** The measurements that count, by their round. */
function measurementsOf({ measurements = [] }: Result): Map<number, Measurement> {
  return new Map(
    measurements.filter(({ replaced }) => replaced === undefined)
      .map((measurement) => [measurement.round, measurement]),
  );
}

/** ln(after / before) of each round that both have, in their order. */
export function differencesOf(before: Result, after: Result): number[] {
  const [old, now] = [measurementsOf(before), measurementsOf(after)];
  return [...old].toSorted(([a], [b]) => a - b).flatMap(([round, measurement]) => {
    const other = now.get(round);
    return other ? [logRatio(measurement, other)] : [];
  });
}

function isTimed(result: Result): boolean {
  return verifiedSeconds(result) !== null;
}

function find(results: readonly Result[], kernel: string, { workload, pass }: Result) {
  return results.find((one) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass && isTimed(one)
  );
}

/** How noisy the run was, by the A/A controls and the reference loop. */
export function noiseIn({ kernels, results, referenceLoop }: Snapshot): NoiseReport {
  const originals = new Map(
    kernels.flatMap(({ name, controlOf }) =>
      controlOf === undefined ? [] : [[name, controlOf] as const]
    ),
  );
  const pairs = results.filter(isTimed).flatMap((control) => {
    const original = find(results, originals.get(control.kernel) ?? "", control);
    return original ? [{ control, differences: differencesOf(original, control) }] : [];
  });
  const measurements = results.flatMap(({ measurements = [] }) => measurements);
  const replaced = measurements.filter(({ replaced }) => replaced !== undefined).length;
  const found = noiseOf({
    controls: pairs.map(({ control, differences }) => ({
      workload: workloadName(control),
      ...compared(differences),
    })),
    measurements: measurements.length,
    replaced,
    referenceLoop: referenceLoop.map(({ seconds }) => seconds),
    cells: results.filter(isTimed).map(({ roundMedians }) => roundMedians),
  });
  return {
    ...found,
    warnings: [...found.warnings, ...lostSpeeds(results), ...notWarmedUp(results)],
    controls: pairs.map(({ control, differences }): ControlRatios => ({
      kernel: control.kernel,
      workload: control.workload,
      pass: control.pass,
      ratios: differences.map(Math.exp),
    })),
    referenceLoop: [...referenceLoop],
    measurements: measurements.length,
    replaced,
  };
}

/** A caution for each cell that became slower than its own best by an order of magnitude. */
export function lostSpeeds(results: readonly Result[]): string[] {
  return results.filter(isTimed).flatMap((result) => {
    const times = lostSpeed(result.warmup?.trace ?? [], result.roundMedians);
    if (times === null) return [];
    return [
      `${result.kernel} on ${workloadName(result)} took ${
        times.toFixed(0)
      } times as long as its own best call, mostly because the engine dropped its optimised code. ` +
      "Consider running it again, and trust none of its times",
    ];
  });
}

/** A caution for the cells whose call took so long that warm-up did not repeat it. */
export function notWarmedUp(results: readonly Result[]): string[] {
  const cold = results.filter((result) =>
    isTimed(result) && result.warmup?.settled === false && result.warmup.calls === 1
  );
  if (cold.length === 0) return [];
  const names = cold.map((result) => `${result.kernel} on ${workloadName(result)}`);
  return [
    `${formatList(names)} took so long for a call that warm-up did not repeat it, so that the ` +
    "times may be of code that is not optimised yet. Consider leaving such cells out (--filter, --kernels)",
  ];
}

/** What a kernel is compared with: its other version where the run has one, else the baseline of its engine; null for none. */
export function baselineOf(
  record: KernelRecord,
  kernels: readonly KernelRecord[],
  baseline: string | null,
): string | null {
  if (record.controlOf !== undefined || record.version !== undefined) return null;
  const base = record.base ?? record.name;
  const comparable = (other: KernelRecord) =>
    other.engine === record.engine && other.controlOf === undefined && other !== record;
  const older = kernels.find((other) =>
    comparable(other) && other.version !== undefined && (other.base ?? other.name) === base &&
    other.threads === record.threads
  );
  if (older) return older.name;
  const common = kernels.find((other) =>
    comparable(other) && other.version === undefined && (other.base ?? other.name) === baseline
  );
  return common?.name ?? null;
}

/** The comparisons with the baselines, of all that were timed. */
export function verdictsIn(
  { kernels, results }: Pick<Snapshot, "kernels" | "results">,
  baseline: string | null,
  noiseFloor: number | null,
): VerdictReport[] {
  return results.filter(isTimed).flatMap((result): VerdictReport[] => {
    const record = kernels.find(({ name }) => name === result.kernel);
    const contender = record && baselineOf(record, kernels, baseline);
    const reference = contender && find(results, contender, result);
    if (!contender || !reference) return [];
    const differences = differencesOf(reference, result);
    if (differences.length === 0) return [];
    const comparison = compared(differences);
    const { verdict, moreRounds } = judge(comparison, { floor: noiseFloor ?? 0 });
    return [{
      kernel: result.kernel,
      baseline: contender,
      workload: result.workload,
      pass: result.pass,
      ratio: Math.exp(comparison.estimate),
      low: Math.exp(comparison.low),
      high: Math.exp(comparison.high),
      confidence: comparison.confidence,
      p: comparison.p,
      rounds: comparison.rounds,
      verdict,
      ...(moreRounds !== null && { roundsNeeded: moreRounds }),
    }];
  });
}

/** What follows from what was measured. */
export function conclude(
  snapshot: Snapshot,
  baseline: string | null,
): { noise: NoiseReport; verdicts: VerdictReport[] } {
  const noise = noiseIn(snapshot);
  return { noise, verdicts: verdictsIn(snapshot, baseline, noise.floor) };
}
