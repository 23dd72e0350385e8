/**
 * Rivals that take turns within a round, and what one round says of two of
 * them. A shared machine is fast in one millisecond and slow in the next: two
 * that are timed one after the other meet different weather, two that take
 * turns by half-milliseconds meet the same. So the blocks of one turn are pairs,
 * and the median of their ratios is hardly moved by pairs that a change of the
 * weather split (the idea of duet measurement, Bulej et al. 2020, on one
 * processor). Pure functions.
 *
 * @module
 */
import { median } from "./estimators.ts";

/** What was measured of one rival in one round. */
export interface Round {
  /** Seconds of one call, for each block. */
  readonly blocks: readonly number[];
  /** The turns that the round had, over which the blocks are spread; absent where rivals took none. */
  readonly turns?: number;
}

/** Fewer pairs than this say less than the medians of all blocks. */
const leastPairs = 3;

/**
 * In which of `turns` turns, counted from 0, each of so many blocks is measured: evenly spread.
 *
 * @example
 * ```ts
 * import { turnsOf } from "./slots.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(turnsOf(3, 12), [2, 6, 10]);
 * assertEquals(turnsOf(4, 4), [0, 1, 2, 3]);
 * ```
 */
export function turnsOf(blocks: number, turns: number): number[] {
  return Array.from({ length: blocks }, (_, i) => Math.floor((i + 0.5) * turns / blocks));
}

/**
 * ln(after / before) of one round: the median over the turns that both have
 * had, or, where those are fewer than three, that of the medians.
 *
 * @param before one rival in a round
 * @param after another in the same round
 *
 * @example
 * ```ts
 * import { logRatio } from "./slots.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // From the third turn on the machine is half as fast; the second one is always a tenth slower.
 * const before = { turns: 5, blocks: [1, 1, 2, 2, 2] };
 * const after = { turns: 5, blocks: [1.1, 1.1, 1.1, 2.2, 2.2] };
 * assertAlmostEquals(Math.exp(logRatio(before, after)), 1.1);
 * ```
 */
export function logRatio(before: Round, after: Round): number {
  if (before.turns !== undefined && before.turns === after.turns) {
    const [old, now] = [byTurn(before), byTurn(after)];
    const pairs = [...old].flatMap(([turn, time]) => {
      const other = now.get(turn);
      return other === undefined ? [] : [Math.log(other / time)];
    });
    if (pairs.length >= leastPairs) return median(pairs);
  }
  return Math.log(median(after.blocks) / median(before.blocks));
}

function byTurn({ blocks, turns = 0 }: Round): Map<number, number> {
  return new Map(turnsOf(blocks.length, turns).map((turn, i) => [turn, blocks[i] ?? NaN]));
}
