/**
 * How the A/A controls' ratios of a run are distributed: identical code timed
 * against itself, so that all that is seen is noise. Pure functions.
 *
 * @module
 */
import type { Results } from "../results/schema.ts";
import { quantileOf } from "../statistics/tails.ts";

/** Ratios between two values, ends at equal distances on a logarithmic axis. */
export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The ratios of all rounds, controls and workloads. */
export interface ControlDistribution {
  readonly count: number;
  /** From 1 / `limit` to `limit`; what lies beyond is in the outermost ones. */
  readonly bins: readonly Bin[];
  readonly limit: number;
  /** How many lie beyond the axis. */
  readonly beyond: number;
  /** Between these lies the middle half, and between these nineteen of twenty. */
  readonly half: readonly [number, number];
  readonly most: readonly [number, number];
}

/** Fewer ratios make no distribution. */
const leastRatios = 10;

const binCount = 25;

/** The axis ends at one of these, so that pages can be compared. */
const limits = [1.05, 1.1, 1.2, 1.5, 2, 4];

/**
 * The distribution of a run's control ratios; null where there are too few.
 *
 * @example
 * ```ts
 * import { controlDistribution } from "./control_distribution.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(controlDistribution({}), null);
 * ```
 */
export function controlDistribution({ noise }: Pick<Results, "noise">): ControlDistribution | null {
  const sorted = (noise?.controls ?? []).flatMap(({ ratios }) => ratios)
    .filter((one) => one > 0 && Number.isFinite(one)).toSorted((a, b) => a - b);
  if (sorted.length < leastRatios) return null;
  const quantile = (share: number) => quantileOf(sorted, share).value;
  const most = [quantile(0.025), quantile(0.975)] as const;
  const farthest = Math.max(1 / most[0], most[1]);
  const limit = limits.find((one) => one >= farthest) ?? limits.at(-1)!;
  const end = Math.log(limit);
  const width = 2 * end / binCount;
  const counts = new Array<number>(binCount).fill(0);
  for (const ratio of sorted) {
    const bin = Math.floor((Math.log(ratio) + end) / width);
    counts[Math.min(binCount - 1, Math.max(0, bin))]!++;
  }
  return {
    count: sorted.length,
    bins: counts.map((count, i) => ({
      low: Math.exp(i * width - end),
      high: Math.exp((i + 1) * width - end),
      count,
    })),
    limit,
    beyond: sorted.filter((one) => one < 1 / limit || one > limit).length,
    half: [quantile(0.25), quantile(0.75)],
    most,
  };
}
