/**
 * What a run's results say together: how noisy the machine was, and how each
 * kernel compares with its baseline, paired by the turns of each round. Pure
 * functions of what is in the result file.
 *
 * @module
 */
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
import { compared, judge } from "../../statistics/verdicts.ts";
import { labelOf } from "../workloads.ts";
import type { Snapshot } from "./session.ts";

/** The measurements that count, by their round. */
function measurementsOf({ measurements = [] }: Result): Map<number, Measurement> {
  return new Map(
    measurements.filter(({ replaced }) => replaced === undefined).map((
      measurement,
    ) => [measurement.round, measurement]),
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

function isTimed({ seconds, verification }: Result): boolean {
  return seconds !== null && verification.status === "passed";
}

function find(results: readonly Result[], kernel: string, { workload, pass }: Result) {
  return results.find((one) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass && isTimed(one)
  );
}

/** How noisy the run was, by the copies of kernels and the reference loop. */
export function noiseIn({ kernels, results, referenceLoop }: Snapshot): NoiseReport {
  const originals = new Map(
    kernels.flatMap(({ name, controlOf }) =>
      controlOf === undefined ? [] : [[name, controlOf] as const]
    ),
  );
  const pairs = results.filter(isTimed).flatMap((copy) => {
    const original = find(results, originals.get(copy.kernel) ?? "", copy);
    return original ? [{ copy, differences: differencesOf(original, copy) }] : [];
  });
  const measurements = results.flatMap(({ measurements = [] }) => measurements);
  const replaced = measurements.filter(({ replaced }) => replaced !== undefined).length;
  const found = noiseOf({
    controls: pairs.map(({ copy, differences }) => ({
      workload: labelOf({ name: copy.workload, pass: copy.pass }),
      ...compared(differences),
    })),
    measurements: measurements.length,
    replaced,
    referenceLoop: referenceLoop.map(({ seconds }) => seconds),
    cells: results.filter(isTimed).map(({ roundMedians }) => roundMedians),
  });
  return {
    ...found,
    controls: pairs.map(({ copy, differences }): ControlRatios => ({
      kernel: copy.kernel,
      workload: copy.workload,
      pass: copy.pass,
      ratios: differences.map(Math.exp),
    })),
    referenceLoop: [...referenceLoop],
    measurements: measurements.length,
    replaced,
  };
}

/** Whom a kernel is compared with: the version that it has beside it in the run, else the baseline of its engine; null for nobody. */
export function baselineOf(
  record: KernelRecord,
  kernels: readonly KernelRecord[],
  baseline: string | null,
): string | null {
  if (record.controlOf !== undefined || record.version !== undefined) return null;
  const base = record.base ?? record.name;
  const alike = (other: KernelRecord) =>
    other.engine === record.engine && other.controlOf === undefined && other !== record;
  const older = kernels.find((other) =>
    alike(other) && other.version !== undefined && (other.base ?? other.name) === base &&
    other.threads === record.threads
  );
  if (older) return older.name;
  const common = kernels.find((other) =>
    alike(other) && other.version === undefined && (other.base ?? other.name) === baseline
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
