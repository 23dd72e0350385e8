/**
 * How noisy a run was, the smallest difference that it can show, and which of its
 * rounds may be measured again. A/A controls, the same kernel measured twice,
 * show the noise that matters: that of differences. Pure functions.
 *
 * @module
 */
import { formatNumber, formatPercent } from "../common/numbers.ts";
import { formatList } from "../common/text.ts";
import type { NoiseGrade } from "../common/verdicts.ts";
import { autocorrelation, median, modifiedZ, theilSen, trendPValue } from "./estimators.ts";
import type { PairedComparison } from "./launches.ts";
import { holm, smallestCalled } from "./verdicts.ts";

/** An A/A control compared with its kernel on a workload. */
export interface ControlComparison extends PairedComparison {
  readonly workload: string;
  /** How many threads both compute on. */
  readonly threads: number;
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
  /** The seconds of each cell in its rounds, in the order measured. */
  readonly cells: readonly (readonly number[])[];
  /** How many processors other programs used in each round; empty where that is not known. */
  readonly others?: readonly number[];
}

/** The noise of all that computes on so many threads. */
export interface ThreadNoise {
  readonly threads: number;
  /** By the noise floor: below 1 %, 3 %, 8 %, or above; unknown without one. */
  readonly grade: NoiseGrade;
  /** The relative difference that the run shows where there is none, the median over workloads; null without an interval. */
  readonly floor: number | null;
  /** The relative difference that would be called one with probability 0.8; null where none would. */
  readonly smallest: number | null;
}

/** How noisy a run was: for the fewest threads of a control, which are the baseline's, and for each number of them. */
export interface NoiseEstimate extends Omit<ThreadNoise, "threads"> {
  readonly byThreads: readonly ThreadNoise[];
  /** One sentence with all of it, to be read before any figure. */
  readonly sentence: string;
  /** What else is wrong: cause and remedy, each without its final period. */
  readonly warnings: readonly string[];
}

/** The noise floor of a control's interval: its end that is farther from none, as a relative difference. */
export function noiseFloorOf({ low, high }: Pick<PairedComparison, "low" | "high">): number {
  return Math.expm1(Math.max(Math.abs(low), Math.abs(high)));
}

/** The noise that counts for a comparison of kernels of so many threads: the larger of theirs. */
export function floorFor(
  byThreads: readonly ThreadNoise[],
  threads: readonly number[],
): number {
  const floors = threads.map((count) => {
    // What computes on more threads than any control is as noisy as the widest one.
    const known = byThreads.find((each) => each.threads >= count) ?? byThreads.at(-1);
    return known?.floor ?? 0;
  });
  return Math.max(0, ...floors);
}

function gradeOf(floor: number): NoiseGrade {
  return floor < 0.01 ? "quiet" : floor < 0.03 ? "fair" : floor < 0.08 ? "noisy" : "unusable";
}

function noiseOfThreads(threads: number, controls: readonly ControlComparison[]): ThreadNoise {
  const known = controls.filter(({ confidence }) => confidence > 0);
  if (known.length === 0) return { threads, grade: "unknown", floor: null, smallest: null };
  const floor = median(known.map(noiseFloorOf));
  const smallest = smallestCalled({
    units: median(known.map(({ launches, rounds }) => launches > 1 ? launches : rounds)),
    byLaunch: known.some(({ launches }) => launches > 1),
    sigma: median(known.map(({ sigma }) => sigma)),
    floor,
  });
  const called = Number.isFinite(smallest) ? smallest : null;
  return { threads, grade: gradeOf(floor), floor, smallest: called };
}

/**
 * The grade of a run, the smallest difference that it would call one, and the
 * sentence that says so, from its A/A controls.
 *
 * @example
 * ```ts
 * import { noiseOf } from "./noise.ts";
 * import { compared } from "./launches.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const control = compared([[0.01], [-0.01], [0]]);
 * const controls = [{ workload: "a", threads: 1, ...control }];
 * const { sentence } = noiseOf({ controls, measurements: 60, replaced: 3, referenceLoop: [], cells: [] });
 * assertEquals(
 *   sentence,
 *   "Fair run (A/A ±2.5 %, 3 of 60 measurements replaced): " +
 *     "a difference of 5.5 % would be called one in 4 of 5 such runs.",
 * );
 * ```
 */
export function noiseOf(
  { controls, measurements, replaced, referenceLoop, cells, others = [] }: NoiseInput,
): NoiseEstimate {
  const groups = [...Map.groupBy(controls, ({ threads }) => threads)];
  const byThreads = groups.map(([threads, group]) => noiseOfThreads(threads, group))
    .toSorted((a, b) => a.threads - b.threads);
  const warnings = [...warningsOf(controls, referenceLoop, cells, others)];
  const [first, ...wider] = byThreads.filter(({ floor }) => floor !== null);
  if (!first || first.floor === null) {
    const sentence = `Noise unknown: ${
      controls.length === 0 ? "no A/A control was measured" : "too few rounds, 6 are needed"
    }; do not trust differences.`;
    return { grade: "unknown", floor: null, smallest: null, byThreads, sentence, warnings };
  }
  const facts = [
    `A/A ±${formatPercent(first.floor)}`,
    ...wider.map(({ threads, floor, grade }) =>
      `${threads} threads ±${formatPercent(floor ?? NaN)}, ${grade}`
    ),
    ...(replaced > 0 ? [`${replaced} of ${measurements} measurements replaced`] : []),
  ];
  const { grade, floor, smallest } = first;
  const sentence = `${grade[0]?.toUpperCase()}${grade.slice(1)} run (${facts.join(", ")}): ${
    smallest === null
      ? "no difference would be called one"
      : `a difference of ${formatPercent(smallest)} would be called one in 4 of 5 such runs`
  }.`;
  return { grade, floor, smallest, byThreads, sentence, warnings };
}

// Lag-1 correlations of fewer rounds than this are too uncertain to tell dependence from chance.
const leastForDependence = 20;

function* warningsOf(
  controls: NoiseInput["controls"],
  referenceLoop: readonly number[],
  cells: NoiseInput["cells"],
  others: readonly number[],
): Generator<string> {
  if (controls.length > 0 && controls.every(({ launches }) => launches === 1)) {
    yield "there was one launch, so that no interval shows what differs from one process to the " +
      "next, which is several percent for calls of a microsecond. Consider more launches (--launches)";
  }
  const p = holm(controls.map((control) => control.p));
  const apart = controls.filter((_, i) => (p[i] ?? 1) <= 0.05);
  if (apart.length > 0) {
    yield `the A/A controls differ from their own kernels on ${
      formatList(apart.map(({ workload }) => workload))
    }, so do not trust small differences there. Consider more launches (--launches)`;
  }
  const busy = others.length === 0 ? 0 : median(others);
  if (busy > 0.15) {
    const threaded = controls.some(({ threads }) => threads > 1);
    yield `other programs used ${formatNumber(busy)} processors during the run${
      threaded ? ", so that results of several threads say little of a free machine" : ""
    }. Consider closing them and running again`;
  }
  const drift = Math.abs(theilSen(referenceLoop)) * (referenceLoop.length - 1) /
    median(referenceLoop);
  // A few readings on a busy machine lie on a slope by chance.
  if (drift > 0.03 && trendPValue(referenceLoop) <= 0.05) {
    yield `the machine's speed drifted by ${
      formatPercent(drift)
    } during the run, by heat or by other programs. Consider closing other programs, letting the machine cool down, and running again`;
  }
  const long = cells.filter((times) => times.length >= leastForDependence);
  const dependent = long.filter((times) => {
    const { lag1, bound } = autocorrelation(times);
    return Math.abs(lag1) > bound;
  }).length;
  // One in twenty is so by chance.
  if (dependent > Math.max(1, 0.1 * long.length)) {
    yield `rounds are not independent in ${dependent} of ${long.length} results: interference ` +
      "lasted for several rounds. Consider closing other programs and running again";
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
  /** How many processors other programs used; absent or null where it is not known. */
  readonly others?: number | null;
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
  // Where others use the processors all the time, another round is no better.
  const usual = median(rounds.flatMap(({ others }) => others ?? []));
  const disturbed = rounds.flatMap(({ referenceLoop, running, pressure, others }, index) => {
    const more = (others ?? usual) - usual;
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
      [more / 0.1, `other programs used ${formatNumber(others ?? 0)} processors`],
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
