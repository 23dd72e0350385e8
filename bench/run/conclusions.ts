/**
 * What a run's results say together: how noisy the machine was, and how each
 * kernel compares with its baseline, by the ratios within the slots of each
 * round, with the launch as the unit of inference where there are several. Pure functions of what is in the result file.
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
  StartVerdictReport,
  TailVerdictReport,
  ThreadNoise,
  VerdictReport,
} from "../../results/schema.ts";
import { compared, type Comparison, widest } from "../../statistics/launches.ts";
import { floorFor, noiseOf } from "../../statistics/noise.ts";
import { logRatio } from "../../statistics/slots.ts";
import { judge } from "../../statistics/verdicts.ts";
import { lostSpeed } from "../../statistics/warmup.ts";
import type { Snapshot } from "./session.ts";
import { startVerdicts, tailVerdicts } from "./tail_verdicts.ts";

/** The measurements that count, by their round. */
function measurementsOf({ measurements = [] }: Result): Map<number, Measurement> {
  return new Map(
    measurements.filter(({ replaced }) => replaced === undefined)
      .map((measurement) => [measurement.round, measurement]),
  );
}

/** ln(after / before) of each round that both have, in their order, by launch. */
export function differencesOf(before: Result, after: Result): number[][] {
  const [old, now] = [measurementsOf(before), measurementsOf(after)];
  const pairs = [...old].toSorted(([a], [b]) => a - b).flatMap(([round, measurement]) => {
    const other = now.get(round);
    const { launch = 1 } = measurement;
    return other ? [{ launch, difference: logRatio(measurement, other) }] : [];
  });
  return [...Map.groupBy(pairs, ({ launch }) => launch).values()]
    .map((group) => group.map(({ difference }) => difference));
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
  const controls = new Map(
    kernels.flatMap((record) => record.controlOf === undefined ? [] : [[record.name, record]]),
  );
  const pairs = results.filter(isTimed).flatMap((control) => {
    const record = controls.get(control.kernel);
    const original = find(results, record?.controlOf ?? "", control);
    if (!record || !original) return [];
    const differences = differencesOf(original, control);
    return [{ control, differences, threads: record.threads, ...compared(differences) }];
  });
  const measurements = results.flatMap(({ measurements = [] }) => measurements);
  const replaced = measurements.filter(({ replaced }) => replaced !== undefined).length;
  const found = noiseOf({
    controls: pairs.map(({ control, ...pair }) => ({ ...pair, workload: workloadName(control) })),
    measurements: measurements.length,
    replaced,
    referenceLoop: referenceLoop.map(({ seconds }) => seconds),
    cells: results.filter(isTimed).map(({ roundMedians }) => roundMedians),
    others: referenceLoop.flatMap(({ others }) => others ?? []),
  });
  return {
    ...found,
    warnings: [...found.warnings, ...lostSpeeds(results), ...notWarmedUp(results)],
    controls: pairs.map(({ control, differences, ...pair }): ControlRatios => ({
      kernel: control.kernel,
      workload: control.workload,
      pass: control.pass,
      ratios: differences.flat().map(Math.exp),
      ...ratioOf(pair),
      verdict: judge(pair, { floor: floorFor(found.byThreads, [pair.threads]) }).verdict,
    })),
    referenceLoop: [...referenceLoop],
    measurements: measurements.length,
    replaced,
  };
}

/** The ratio of times with the ends of its interval, at most a millionfold away, beyond which nothing is known; none where there is no ratio. */
function ratioOf(
  { estimate, low, high }: Comparison,
): { ratio: number; low: number; high: number } | null {
  const ratio = Math.exp(estimate);
  if (!(ratio > 0 && ratio < Infinity)) return null;
  return {
    ratio,
    low: Math.max(Math.exp(low), ratio / widest),
    high: Math.min(Math.exp(high), ratio * widest),
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
      } times as long as its own best call, as where the engine drops optimised code, or memory is ` +
      "short. Consider running it again, and trust none of its times",
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
  byThreads: readonly ThreadNoise[],
): VerdictReport[] {
  return results.filter(isTimed).flatMap((result): VerdictReport[] => {
    const record = kernels.find(({ name }) => name === result.kernel);
    const contender = record && baselineOf(record, kernels, baseline);
    const reference = contender && find(results, contender, result);
    if (!contender || !reference) return [];
    const comparison = compared(differencesOf(reference, result));
    const ratio = ratioOf(comparison);
    if (!ratio) return [];
    const { launches, rounds, confidence, p } = comparison;
    const threads = kernels.flatMap(({ name, threads }) =>
      name === result.kernel || name === contender ? [threads] : []
    );
    const { verdict, more } = judge(comparison, { floor: floorFor(byThreads, threads) });
    return [{
      kernel: result.kernel,
      baseline: contender,
      workload: result.workload,
      pass: result.pass,
      ...ratio,
      confidence,
      p,
      rounds,
      ...(launches > 1 && { launches }),
      verdict,
      ...(more !== null && { moreNeeded: more }),
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
    verdicts: verdictsIn(snapshot, baseline, noise.byThreads ?? []),
    tailVerdicts: tailVerdicts(snapshot, against),
    startVerdicts: startVerdicts(snapshot, against),
  };
}
