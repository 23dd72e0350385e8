/**
 * How noisy a run was, what it could have seen at all, and which of its rounds
 * may be measured again. What is alike, measured twice (A/A), shows the noise
 * that counts: that of differences. Pure functions.
 *
 * @module
 */
import { autocorrelation, type Estimate, median, modifiedZ, theilSen } from "./estimators.ts";
import { type Comparison, holm, smallestDetectable } from "./verdicts.ts";

/** How noisy a run was, by its noise floor: below 1 %, 3 %, 8 %, or not; unknown without one. */
export type NoiseGrade = "quiet" | "fair" | "noisy" | "unusable" | "unknown";

/** One kernel measured twice on a workload: sigma is the standard deviation of the rounds' differences. */
export interface ControlComparison extends Comparison {
  readonly workload: string;
  readonly sigma: number;
}

/** What a run tells of its own noise. */
export interface NoiseInput {
  /** The control against the baseline, which is the same kernel, for each workload: see `compared()`. */
  readonly controls: readonly ControlComparison[];
  /** How many measurements were made, and how many of them were replaced. */
  readonly measurements: number;
  readonly replaced: number;
  /** Times of the reference loop, the fixed loop, in the order measured; may be empty. */
  readonly referenceLoop: readonly number[];
  /** For each cell the times of its rounds in their order. */
  readonly cells: readonly (readonly number[])[];
}

/** How noisy a run was. */
export interface Noise {
  readonly grade: NoiseGrade;
  /** The relative difference that the run shows between two alike: the median over workloads; null without an interval. */
  readonly floor: number | null;
  /** The smallest relative difference that the run could tell from none; null where that is not known. */
  readonly smallest: number | null;
  /** One sentence with all of it, to stand before any figure. */
  readonly sentence: string;
  /** What else is wrong, a sentence each. */
  readonly warnings: readonly string[];
}

/** The noise floor of an interval of two alike: its end that is farther from none, as a relative difference. */
export function noiseFloorOf({ low, high }: Pick<Estimate, "low" | "high">): number {
  return Math.expm1(Math.max(Math.abs(low), Math.abs(high)));
}

/**
 * The grade of a run, the smallest difference it can show, and the sentence
 * that says so, from the controls that measured one kernel twice.
 *
 * @example
 * ```ts
 * import { noiseOf } from "./noise.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const interval = { estimate: 0, low: -0.04, high: 0.01, confidence: 0.96, p: 0.2 };
 * const controls = [{ workload: "a", ...interval, rounds: 12, sigma: 0.03 }];
 * const { sentence } = noiseOf({ controls, measurements: 60, replaced: 3, referenceLoop: [], cells: [] });
 * assertEquals(
 *   sentence,
 *   "Noisy run (A/A ±4.1 %, 3 of 60 measurements replaced): " +
 *     "differences under 8.2 % are not distinguishable.",
 * );
 * ```
 */
export function noiseOf(
  { controls, measurements, replaced, referenceLoop, cells }: NoiseInput,
): Noise {
  const known = controls.filter(({ confidence }) => confidence > 0);
  const warnings = [...warningsOf(controls, referenceLoop, cells)];
  if (known.length === 0) {
    const sentence = `Noise unknown: ${
      controls.length === 0 ? "nothing was measured twice" : "too few rounds, 6 are needed"
    }; do not trust differences.`;
    return { grade: "unknown", floor: null, smallest: null, sentence, warnings };
  }
  const floor = median(known.map(noiseFloorOf));
  const detectable = median(known.map(smallestDetectable));
  const smallest = Math.max(2 * floor, Math.expm1(detectable));
  const grade = floor < 0.01
    ? "quiet"
    : floor < 0.03
    ? "fair"
    : floor < 0.08
    ? "noisy"
    : "unusable";
  const facts = [`A/A ±${percent(floor)}`];
  if (replaced > 0) facts.push(`${replaced} of ${measurements} measurements replaced`);
  const sentence = `${grade[0]?.toUpperCase()}${grade.slice(1)} run (${
    facts.join(", ")
  }): differences under ${percent(smallest)} are not distinguishable.`;
  return { grade, floor, smallest, sentence, warnings };
}

/** A relative difference in percent with two digits. */
function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function* warningsOf(
  controls: NoiseInput["controls"],
  referenceLoop: readonly number[],
  cells: NoiseInput["cells"],
): Generator<string> {
  // Among many workloads one interval of 20 excludes 0 by chance.
  const p = holm(controls.map((control) => control.p));
  const apart = controls.filter(({ estimate }, i) =>
    (p[i] ?? 1) <= 0.05 || Math.abs(estimate) > 0.02
  );
  if (apart.length > 0) {
    yield `two alike differ on ${apart.map(({ workload }) => workload).join(", ")}: ` +
      "do not trust small differences";
  }
  const drift = Math.abs(theilSen(referenceLoop)) * (referenceLoop.length - 1) /
    median(referenceLoop);
  if (drift > 0.03) yield `the machine's speed drifted by ${percent(drift)}: heat, or neighbours`;
  const dependent = cells.filter((times) => {
    const { lag1, bound } = autocorrelation(times);
    return times.length >= 6 && Math.abs(lag1) > bound;
  }).length;
  // One in twenty is so by chance.
  if (cells.length > 0 && dependent > Math.max(1, 0.1 * cells.length)) {
    yield `rounds are not independent in ${dependent} of ${cells.length} results: ` +
      "their intervals are too narrow";
  }
  const uneven = cells.filter((times) => median(times) > 1.1 * Math.min(...times)).length;
  if (uneven > cells.length / 2) {
    yield `the median is more than 10 % above the best round in ${uneven} of ${cells.length} results`;
  }
}

/** What is known of a measurement, a turn of one kernel, besides its times. */
export interface Covariates {
  /** Seconds of the reference loop in its round, their median. */
  readonly referenceLoop: number;
  /** CPU time / (threads × wall time) of its blocks; null where it is not known, or where all processors are in use, which lowers it anyway. */
  readonly running: number | null;
  /** The share of its time in which work waited for a processor; null where it is not known. */
  readonly pressure: number | null;
}

/**
 * The measurements, by their index, that may be made again, with the reason: the
 * machine was disturbed in them. Only covariates count, never the times of the
 * kernel, since a choice by outcome would bias it; and no more than 30 % of the
 * measurements, the most disturbed first, since a machine that always is disturbed is
 * what there is to measure on. They are to stay in the file.
 *
 * @example
 * ```ts
 * import { replaceable } from "./noise.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const calm = { referenceLoop: 0.005, running: 1, pressure: 0 };
 * const measurements = [calm, calm, { ...calm, pressure: 0.2 }, calm];
 * assertEquals(replaceable(measurements), [
 *   { measurement: 2, reason: "work waited 20 % of the time for a processor" },
 * ]);
 * ```
 */
export function replaceable(
  measurements: readonly Covariates[],
  most = 0.3,
): { readonly measurement: number; readonly reason: string }[] {
  const times = measurements.map(({ referenceLoop }) => referenceLoop);
  const centre = median(times);
  const outlying = modifiedZ(times);
  const disturbed = measurements.flatMap(({ referenceLoop, running, pressure }, measurement) => {
    const deviation = Math.abs(Math.log(referenceLoop / centre));
    // On a very quiet machine the spread is so small that a harmless deviation would be outlying.
    const limit = Math.abs(outlying[measurement] ?? 0) > 3.5 ? 0.01 : 0.05;
    const reasons = [
      [deviation / limit, `the reference loop was off by ${percent(Math.expm1(deviation))}`],
      [(1 - (running ?? 1)) / 0.03, `it ran only ${percent(running ?? 1)} of the time`],
      [(pressure ?? 0) / 0.02, `work waited ${percent(pressure ?? 0)} of the time for a processor`],
    ] as const;
    // How many times its limit the worst of them is.
    const [excess, reason] = reasons.reduce((a, b) => b[0] > a[0] ? b : a);
    return excess > 1 ? [{ measurement, reason, excess }] : [];
  });
  return disturbed.toSorted((a, b) => b.excess - a.excess)
    .slice(0, Math.floor(most * measurements.length))
    .toSorted((a, b) => a.measurement - b.measurement)
    .map(({ measurement, reason }) => ({ measurement, reason }));
}
