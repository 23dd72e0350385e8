/**
 * Sums of products in many orders and precisions, and the product made of one: the
 * material of conforming variants, of variants by claim, and of kernels that claim
 * what they are not. Compensated sums follow Higham (Accuracy and Stability, §4.3)
 * and Ogita, Rump & Oishi (SISC 2005).
 *
 * @module
 */
import type { Product } from "../../kernels/heap.ts";
import { adjacentFloat } from "../float32.ts";
import { fusedMultiplyAdd } from "../summation/emulate.ts";
import { elementOf } from "./subject.ts";

const { fround } = Math;

/** The factors of the products that one output is the sum of. */
export type TermAt = (p: number) => readonly [a: number, b: number];

/** The sum of k products, not yet rounded to float32 where it is wider; `begin` is what it begins with. */
export type Sum = (terms: TermAt, k: number, begin?: number) => number;

/** A product whose every output is a sum of k products; what it accumulates on is its beginning where `inPlace`. */
export function productOf(sum: Sum, inPlace = false): Product {
  return ({ m, n, k }, a, b, out, accumulate) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const terms = (p: number) => [elementOf(a, i, p), elementOf(b, p, j)] as const;
        const old = out[i * n + j]!;
        const begin = accumulate && inPlace ? old : 0;
        const total = fround(sum(terms, k, begin));
        out[i * n + j] = accumulate && !inPlace ? fround(old + total) : total;
      }
    }
  };
}

/** a + b and its rounding error, exactly (Knuth). */
function twoSum(a: number, b: number): [sum: number, error: number] {
  const sum = fround(a + b);
  const back = fround(sum - a);
  return [sum, fround(fround(a - fround(sum - back)) + fround(b - back))];
}

/** How a product is added to a sum. */
type Add = (sum: number, a: number, b: number) => number;

/** Rounded twice. */
export const separate: Add = (sum, a, b) => fround(sum + fround(a * b));

/** Rounded once. */
export const fused: Add = (sum, a, b) => fusedMultiplyAdd(a, b, sum);

/** Not rounded to float32. */
export const inFloat64: Add = (sum, a, b) => sum + a * b;

/** An order by length, kept, since every output asks for it. */
function ofLength(make: (k: number) => readonly number[]): (k: number) => readonly number[] {
  const kept = new Map<number, readonly number[]>();
  return (k) => {
    const known = kept.get(k) ?? make(k);
    kept.set(k, known);
    return known;
  };
}

/** float32 towards zero. */
export function truncated(value: number): number {
  const near = fround(value);
  return Math.abs(near) > Math.abs(value) ? adjacentFloat(near, -1) : near;
}

/** Rounded towards zero, twice. */
export const towardsZero: Add = (sum, a, b) => truncated(sum + truncated(a * b));

/** The products in an order, one after the other. */
export function inOrder(orderOf: (k: number) => readonly number[], add: Add = separate): Sum {
  const order = ofLength(orderOf);
  return (terms, k, begin = 0) => {
    let sum = begin;
    for (const p of order(k)) {
      const [a, b] = terms(p);
      sum = add(sum, a, b);
    }
    return sum;
  };
}

/** 0 to k − 1. */
export const upTo = ofLength((k) => Array.from({ length: k }, (_, p) => p));

/** k − 1 to 0. */
export const downFrom = (k: number): readonly number[] => upTo(k).toReversed();

const combinations = {
  sequential: (sums: readonly number[], round: (value: number) => number) =>
    sums.reduce((total, sum) => round(total + sum)),
  pairs: (sums: readonly number[], round: (value: number) => number) => {
    let level = sums;
    while (level.length > 1) {
      level = upTo(Math.ceil(level.length / 2)).map((i) =>
        2 * i + 1 < level.length ? round(level[2 * i]! + level[2 * i + 1]!) : level[2 * i]!
      );
    }
    return level[0]!;
  },
  halves: (sums: readonly number[], round: (value: number) => number) => {
    let level = sums;
    while (level.length > 1) {
      const half = Math.ceil(level.length / 2);
      level = upTo(half).map((i) =>
        i + half < level.length ? round(level[i]! + level[i + half]!) : level[i]!
      );
    }
    return level[0]!;
  },
} as const;

/** Product p in accumulator p mod `count`; those that are left without one are 0. */
export function interleaved(
  count: number,
  combine: keyof typeof combinations,
  add: Add = separate,
): Sum {
  return (terms, k) => {
    if (k === 0) return 0;
    const lanes = new Array<number>(count).fill(0);
    for (let p = 0; p < k; p++) {
      const [a, b] = terms(p);
      lanes[p % count] = add(lanes[p % count]!, a, b);
    }
    return combinations[combine](lanes, add === inFloat64 ? (value) => value : fround);
  };
}

/** Blocks whose sums are rounded and added in float32. */
export function blocked(block: (k: number) => number, add: Add = separate): Sum {
  return (terms, k) => {
    let total: number | null = null;
    for (let start = 0; start < k; start += block(k)) {
      let sum = 0;
      for (let p = start; p < Math.min(k, start + block(k)); p++) sum = add(sum, ...terms(p));
      total = total === null ? fround(sum) : fround(total + fround(sum));
    }
    return total ?? 0;
  };
}

/** One float64 sum that is stored as float32 after every `every` products, as where a panel of the output is updated. */
export function stored(
  every: number,
  orderOf: (k: number) => readonly number[] = upTo,
): Sum {
  return (terms, k) =>
    orderOf(k).reduce((sum, p, i) => {
      const [a, b] = terms(p);
      const next = inFloat64(sum, a, b);
      return (i + 1) % every === 0 ? fround(next) : next;
    }, 0);
}

/** Accumulators in float64 that are each stored as float32 after `every` products, and added by halves. */
export function storedLanes(count: number, every: number): Sum {
  return (terms, k) => {
    const lanes = new Array<number>(count).fill(0);
    for (let p = 0; p < k; p++) {
      const next = inFloat64(lanes[p % count]!, ...terms(p));
      lanes[p % count] = (Math.floor(p / count) + 1) % every === 0 ? fround(next) : next;
    }
    return combinations.halves(lanes.map(fround), fround);
  };
}

/** A product by zero is left out where k > 1, and with it a NaN in the other factor. */
export const withoutZeros: Sum = (terms, k) =>
  upTo(k).reduce((sum, p) => {
    const [a, b] = terms(p);
    return k > 1 && (a === 0 || b === 0) ? sum : separate(sum, a, b);
  }, 0);

/** By halves, down to `base` products one after the other. */
export function pairwise(base = 1): Sum {
  return (terms, k) => {
    const sum = (from: number, to: number): number => {
      if (to - from <= base) {
        let total = 0;
        for (let p = from; p < to; p++) total = separate(total, ...terms(p));
        return total;
      }
      const middle = (from + to) >> 1;
      return fround(sum(from, middle) + sum(middle, to));
    };
    return sum(0, k);
  };
}

/** Neighbours two by two, from the products upwards. */
export const pairsUpwards: Sum = (terms, k) =>
  k === 0 ? 0 : combinations.pairs(upTo(k).map((p) => fround(terms(p)[0] * terms(p)[1])), fround);

/** Kahan's sum of the products of an order. */
export function kahan(orderOf: (k: number) => readonly number[] = upTo): Sum {
  return (terms, k) => {
    let [sum, lost] = [0, 0];
    for (const p of orderOf(k)) {
      const [a, b] = terms(p);
      const term = fround(fround(a * b) - lost);
      const next = fround(sum + term);
      lost = fround(fround(next - sum) - term);
      sum = next;
    }
    return sum;
  };
}

/** Kahan's sum in several accumulators, which are added as they are. */
export function kahanLanes(count: number): Sum {
  return (terms, k) => {
    const lane = (first: number) => (length: number) =>
      upTo(length).filter((p) => p % count === first);
    return upTo(count).map((first) => kahan(lane(first))(terms, k))
      .reduce((total, sum) => fround(total + sum));
  };
}

/** Neumaier's: the smaller of the two gives the error. */
export const neumaier: Sum = (terms, k) => {
  let [sum, correction] = [0, 0];
  for (const p of upTo(k)) {
    const term = fround(terms(p)[0] * terms(p)[1]);
    const next = fround(sum + term);
    const error = Math.abs(sum) >= Math.abs(term)
      ? fround(fround(sum - next) + term)
      : fround(fround(term - next) + sum);
    correction = fround(correction + error);
    sum = next;
  }
  return fround(sum + correction);
};

/** Sum2: errors by TwoSum, added up. */
export const sum2: Sum = (terms, k) => {
  let [sum, correction] = [0, 0];
  for (const p of upTo(k)) {
    const [next, error] = twoSum(sum, fround(terms(p)[0] * terms(p)[1]));
    sum = next;
    correction = fround(correction + error);
  }
  return fround(sum + correction);
};

/** Dot2: the errors of the products are added up too. */
export const dot2: Sum = (terms, k) => {
  let [sum, correction] = [0, 0];
  for (const p of upTo(k)) {
    const [a, b] = terms(p);
    const product = fround(a * b);
    const [next, error] = twoSum(sum, product);
    sum = next;
    correction = fround(correction + fround(error + fusedMultiplyAdd(a, b, -product)));
  }
  return fround(sum + correction);
};

/** Twice as many digits as float64 has. */
export const doubleDouble: Sum = (terms, k) => {
  let [high, low] = [0, 0];
  for (const p of upTo(k)) {
    const term = terms(p)[0] * terms(p)[1];
    const sum = high + term;
    const back = sum - high;
    low += (high - (sum - back)) + (term - back);
    high = sum;
  }
  return high + low;
};
