/**
 * The map of winners: which contender is the fastest at each batch size and
 * number of units, where a run has the same layer in several of both. A winner
 * whose interval overlaps the next one's shares its place.
 *
 * @module
 */
import { verifiedSeconds, withoutControls } from "./query.ts";
import type { Pass, Result, Results } from "./schema.ts";

/** The fastest of one batch size and number of units. */
export interface WinnerCell {
  readonly workload: string;
  readonly m: number;
  readonly n: number;
  /** The name of the contender with the lowest median. */
  readonly kernel: string;
  readonly gflops: number;
  /** The next one's time as a multiple of the winner's; null where the winner is the only one. */
  readonly lead: number | null;
  /** Those whose intervals overlap the winner's, the nearest first. */
  readonly level: readonly string[];
}

/** The winners of one layer, which varies in m and n alone. */
export interface WinnerMap {
  readonly k: number;
  readonly activation: string;
  readonly pass: Pass;
  readonly bias: boolean;
  /** Whether the caches were emptied before each call. */
  readonly cold: boolean;
  /** Ascending. */
  readonly rows: readonly number[];
  /** Ascending. */
  readonly units: readonly number[];
  /** By m, then n; there may be none where nothing was verified. */
  readonly cells: readonly WinnerCell[];
}

/**
 * The maps of a run: one for each k, activation, bias and pass of single layers
 * with two batch sizes and two numbers of units or more.
 *
 * @example
 * ```ts
 * import { winnerMaps } from "./winner_map.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(winnerMaps({ kernels: [], results: [] }), []);
 * ```
 */
export function winnerMaps(results: Pick<Results, "kernels" | "results">): WinnerMap[] {
  const layers = withoutControls(results).filter(({ layers }) => layers === undefined);
  const groups = Map.groupBy(
    layers,
    ({ k, activation, bias, pass, cold }) => JSON.stringify([k, activation, bias, pass, cold]),
  );
  return [...groups.values()].flatMap((group) => {
    const [rows, units] = [ascending(group.map(({ m }) => m)), ascending(group.map(({ n }) => n))];
    // A suite of unlike layers makes no map: at least half of the places must be taken.
    const places = new Set(group.map(({ m, n }) => `${m}x${n}`)).size;
    if (rows.length < 2 || units.length < 2 || 2 * places < rows.length * units.length) return [];
    const { k, activation, pass, bias, cold = false } = group[0]!;
    const cells = rows.flatMap((m) =>
      units.flatMap((n) => winnerOf(group.filter((one) => one.m === m && one.n === n)) ?? [])
    );
    return [{ k, activation, pass, bias, cold, rows, units, cells }];
  });
}

/** What a map is of, in words. */
export function titleOf({ k, activation, pass, bias, cold }: WinnerMap): string {
  return [
    `${k} inputs`,
    activation,
    pass,
    ...(bias ? [] : ["no bias"]),
    ...(cold ? ["cold caches"] : []),
  ].join(", ");
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function winnerOf(results: readonly Result[]): WinnerCell | null {
  const timed = results.flatMap((result) => {
    const seconds = verifiedSeconds(result);
    return seconds === null || result.gflops === null
      ? []
      : [{ ...result, seconds, gflops: result.gflops }];
  }).sort((a, b) => a.seconds.median - b.seconds.median);
  const [first, second] = timed;
  if (!first) return null;
  return {
    workload: first.workload,
    m: first.m,
    n: first.n,
    kernel: first.kernel,
    gflops: first.gflops,
    lead: second ? second.seconds.median / first.seconds.median : null,
    level: timed.slice(1).filter(({ seconds }) => seconds.low <= first.seconds.high)
      .map(({ kernel }) => kernel),
  };
}
