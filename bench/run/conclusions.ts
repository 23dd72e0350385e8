/**
 * What a run's results say together: how noisy the machine was, and how each
 * kernel compares with its baseline, by the ratios within the slots of each
 * round. Pure functions of what is in the result file.
 *
 * @module
 */
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import type {
  ControlRatios,
  KernelRecord,
  Measurement,
  NoiseReport,
  Result,
  StartVerdictReport,
  TailVerdictReport,
  VerdictReport,
} from "../../results/schema.ts";
import { noiseOf } from "../../statistics/noise.ts";
import { logRatio } from "../../statistics/slots.ts";
import { compared, judge } from "../../statistics/verdicts.ts";
import type { Snapshot } from "./session.ts";
import { startVerdicts, tailVerdicts } from "./tail_verdicts.ts";

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
): {
  noise: NoiseReport;
  verdicts: VerdictReport[];
  tailVerdicts: TailVerdictReport[];
  startVerdicts: StartVerdictReport[];
} {
  const noise = noiseIn(snapshot);
  const against = (record: KernelRecord) => baselineOf(record, snapshot.kernels, baseline);
  return {
    noise,
    verdicts: verdictsIn(snapshot, baseline, noise.floor),
    tailVerdicts: tailVerdicts(snapshot, against),
    startVerdicts: startVerdicts(snapshot, against),
  };
}
