/**
 * How noisy a run was, the smallest difference that it can show, and which of its
 * rounds may be measured again. A/A controls, the same kernel measured twice,
 * show the noise that matters: that of differences. Pure functions.
 *
 * @module
 */
import { formatPercent } from "../common/numbers.ts";
import { formatList } from "../common/text.ts";
import type { NoiseGrade } from "../common/verdicts.ts";
import { autocorrelation, type Estimate, median, modifiedZ, theilSen } from "./estimators.ts";
import { type Comparison, holm, smallestDetectable } from "./verdicts.ts";

/** An A/A control compared with its kernel on a workload; sigma is the standard deviation of the rounds' differences. */
export interface ControlComparison extends Comparison {
  readonly workload: string;
  readonly sigma: number;
}

/** What a run tells of its own noise. */
export interface NoiseInput {
  /** Each control compared with the kernel that it is, for each workload: see `compared()`. */
  readonly controls: readonly ControlComparison[];
  /** How many measurements were made, and how many of them were replaced. */
  readonly measurements: number;
  readonly replaced: number;
  /** Times of the reference loop, in the order measured; may be empty. */
  readonly referenceLoop: readonly number[];
  /** For each cell the times of its rounds in their order. */
  readonly cells: readonly (readonly number[])[];
}

/** How noisy a run was. */
export interface NoiseEstimate {
  /** By the noise floor: below 1 %, 3 %, 8 %, or above; unknown without one. */
  readonly grade: NoiseGrade;
  /** The relative difference that the run shows where there is none, the median over workloads; null without an interval. */
  readonly floor: number | null;
  /** The smallest relative difference that the run can tell from none; null where that is unknown. */
  readonly smallest: number | null;
  /** One sentence with all of it, to be read before any figure. */
  readonly sentence: string;
  /** What else is wrong: cause and remedy, each without its final period. */
  readonly warnings: readonly string[];
}

/** The noise floor of a control's interval: its end that is farther from none, as a relative difference. */
export function noiseFloorOf({ low, high }: Pick<Estimate, "low" | "high">): number {
  return Math.expm1(Math.max(Math.abs(low), Math.abs(high)));
}

/**
 * The grade of a run, the smallest difference that it can show, and the sentence
 * that says so, from its A/A controls.
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
): NoiseEstimate {
  const known = controls.filter(({ confidence }) => confidence > 0);
  const warnings = [...warningsOf(controls, referenceLoop, cells)];
  if (known.length === 0) {
    const sentence = `Noise unknown: ${
      controls.length === 0 ? "no A/A control was measured" : "too few rounds, 6 are needed"
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
  const facts = [`A/A ±${formatPercent(floor)}`];
  if (replaced > 0) facts.push(`${replaced} of ${measurements} measurements replaced`);
  const sentence = `${grade[0]?.toUpperCase()}${grade.slice(1)} run (${
    facts.join(", ")
  }): differences under ${formatPercent(smallest)} are not distinguishable.`;
  return { grade, floor, smallest, sentence, warnings };
}

function* warningsOf(
  controls: NoiseInput["controls"],
  referenceLoop: readonly number[],
  cells: NoiseInput["cells"],
): Generator<string> {
  // Of many workloads' intervals, one in 20 excludes 0 by chance.
  const p = holm(controls.map((control) => control.p));
  const apart = controls.filter(({ estimate }, i) =>
    (p[i] ?? 1) <= 0.05 || Math.abs(estimate) > 0.02
  );
  if (apart.length > 0) {
    yield `the A/A controls differ from their own kernels on ${
      formatList(apart.map(({ workload }) => workload))
    }, so do not trust small differences there. Consider more rounds (--rounds)`;
  }
  const drift = Math.abs(theilSen(referenceLoop)) * (referenceLoop.length - 1) /
    median(referenceLoop);
  if (drift > 0.03) {
    yield `the machine's speed drifted by ${
      formatPercent(drift)
    } during the run, by heat or by other programs. Consider closing other programs, letting the machine cool down, and running again`;
  }
  const dependent = cells.filter((times) => {
    const { lag1, bound } = autocorrelation(times);
    return times.length >= 6 && Math.abs(lag1) > bound;
  }).length;
  // One in twenty is so by chance.
  if (cells.length > 0 && dependent > Math.max(1, 0.1 * cells.length)) {
    yield `rounds are not independent in ${dependent} of ${cells.length} results, so that their ` +
      "intervals are too narrow: interference lasted for several rounds. Consider closing other " +
      "programs and running again";
  }
  const uneven = cells.filter((times) => median(times) > 1.1 * Math.min(...times)).length;
  if (uneven > cells.length / 2) {
    yield `the median is more than 10 % above the best round in ${uneven} of ${cells.length} ` +
      "results, mostly because other programs used the processor. Consider closing them and running again";
  }
}

/** What the machine did in a round, known without its times. */
export interface RoundConditions {
  /** Seconds of the reference loop, the median of its readings in the round. */
  readonly referenceLoop: number;
  /** CPU time / (threads × wall time) of the samples; null where it is not known, or where all processors are in use, which lowers it anyway. */
  readonly running: number | null;
  /** The share of the time in which work waited for a processor; null where it is not known. */
  readonly pressure: number | null;
}

/**
 * The rounds, by their index, that may be measured again, with the reason: the
 * machine was disturbed in them. Only its conditions count, never the times of
 * the kernels, since a choice by outcome would bias them; and no more than 30 % of
 * the rounds, the most disturbed first, since on a machine that is always
 * disturbed there is nothing better to replace them by. They stay in the file.
 *
 * @example
 * ```ts
 * import { replaceable } from "./noise.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const quiet = { referenceLoop: 0.005, running: 1, pressure: 0 };
 * const rounds = [quiet, quiet, { ...quiet, pressure: 0.2 }, quiet];
 * assertEquals(replaceable(rounds), [
 *   { index: 2, reason: "work waited 20 % of the time for a processor" },
 * ]);
 * ```
 */
export function replaceable(
  rounds: readonly RoundConditions[],
  most = 0.3,
): { readonly index: number; readonly reason: string }[] {
  const times = rounds.map(({ referenceLoop }) => referenceLoop);
  const centre = median(times);
  const outlying = modifiedZ(times);
  const disturbed = rounds.flatMap(({ referenceLoop, running, pressure }, index) => {
    const deviation = Math.abs(Math.log(referenceLoop / centre));
    // On a very quiet machine the spread is so small that a harmless deviation would be an outlier.
    const limit = Math.abs(outlying[index] ?? 0) > 3.5 ? 0.01 : 0.05;
    const reasons = [
      [deviation / limit, `the reference loop was off by ${formatPercent(Math.expm1(deviation))}`],
      [(1 - (running ?? 1)) / 0.03, `a kernel ran only ${formatPercent(running ?? 1)} of the time`],
      [
        (pressure ?? 0) / 0.02,
        `work waited ${formatPercent(pressure ?? 0)} of the time for a processor`,
      ],
    ] as const;
    // The worst of them, as a multiple of its limit.
    const [excess, reason] = reasons.reduce((a, b) => b[0] > a[0] ? b : a);
    return excess > 1 ? [{ index, reason, excess }] : [];
  });
  return disturbed.toSorted((a, b) => b.excess - a.excess)
    .slice(0, Math.floor(most * rounds.length))
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, reason }) => ({ index, reason }));
}
