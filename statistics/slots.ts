/**
 * Interleaved slots, and what one round says of two contenders. A shared machine
 * is fast in one millisecond and slow in the next: two contenders that are timed
 * one after the other meet different interference, in slots of half a millisecond
 * the same. So the samples of a slot are pairs, and the median of their ratios is
 * hardly moved by the pairs in which the machine's speed changed (the idea of duet
 * measurement, Bulej et al. 2020, on one processor). Pure functions.
 *
 * @module
 */
import { median } from "./estimators.ts";

/** What was measured of one contender in one round. */
export interface Round {
  /** Seconds of one call, for each sample. */
  readonly samples: readonly number[];
  /** The slots of the round, over which the samples are spread; absent where it had none. */
  readonly slots?: number;
}

/** Fewer pairs than this say less than the medians of all samples. */
const leastPairs = 3;

/**
 * In which of `slots` slots, counted from 0, each of so many samples is measured: evenly spread.
 *
 * @example
 * ```ts
 * import { slotsOf } from "./slots.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(slotsOf(3, 12), [2, 6, 10]);
 * assertEquals(slotsOf(4, 4), [0, 1, 2, 3]);
 * ```
 */
export function slotsOf(samples: number, slots: number): number[] {
  return Array.from({ length: samples }, (_, i) => Math.floor((i + 0.5) * slots / samples));
}

/**
 * ln(after / before) of one round: the median over the slots that both have, or,
 * where those are fewer than three, the ratio of the medians.
 *
 * @param before one contender in a round
 * @param after another in the same round
 *
 * @example
 * ```ts
 * import { logRatio } from "./slots.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // From the third slot on the machine is half as fast; the second one is always a tenth slower.
 * const before = { slots: 5, samples: [1, 1, 2, 2, 2] };
 * const after = { slots: 5, samples: [1.1, 1.1, 1.1, 2.2, 2.2] };
 * assertAlmostEquals(Math.exp(logRatio(before, after)), 1.1);
 * ```
 */
export function logRatio(before: Round, after: Round): number {
  if (before.slots !== undefined && before.slots === after.slots) {
    const [old, now] = [bySlot(before), bySlot(after)];
    const pairs = [...old].flatMap(([slot, time]) => {
      const other = now.get(slot);
      return other === undefined ? [] : [Math.log(other / time)];
    });
    if (pairs.length >= leastPairs) return median(pairs);
  }
  return Math.log(median(after.samples) / median(before.samples));
}

function bySlot({ samples, slots = 0 }: Round): Map<number, number> {
  return new Map(slotsOf(samples.length, slots).map((slot, i) => [slot, samples[i] ?? NaN]));
}
