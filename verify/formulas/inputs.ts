/**
 * The inputs on which functions of formulas are tried: all powers of two, special
 * values, both sides of every point where a function's nature changes (see
 * critical_points.ts), halves and whole numbers, and random bits.
 *
 * @module
 */
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import { type Random, shuffle } from "../../common/random.ts";
import { drawn } from "../check.ts";
import { largestFloat, smallestNormal } from "../float32.ts";
import { changesOf } from "../sweep/critical_points.ts";

/** Numbers in which kernels go wrong. */
export const specialValues: readonly number[] = [
  0,
  2 ** -149,
  2 ** -127,
  floatOf(0x007fffff),
  smallestNormal,
  floatOf(0x3f7fffff),
  1,
  floatOf(0x3f800001),
  2 ** 24,
  largestFloat,
  Infinity,
].flatMap((value) => [value, -value]).concat(NaN);

const powersOfTwo: readonly number[] = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149))
  .flatMap((value) => [value, -value]);

/** Ties of rounding to whole numbers, as far as there are halves, and small whole numbers. */
const halves: readonly number[] = [
  ...Array.from({ length: 65 }, (_, i) => (i - 32) / 2),
  ...[8, 16, 22].flatMap((exponent) =>
    Array.from({ length: 8 }, (_, i) => 2 ** exponent + (i - 4) / 2)
  ).flatMap((value) => [value, -value]),
];

/** All finite float32 numbers by their bits. */
const finite = [{ start: 0, end: 0x7f800000 }, { start: 0x80000000, end: 0xff800000 }];

/** So many floats on either side of a point are inputs. */
const reach = 3;

function around(bits: number): number[] {
  const from = Math.max(0, bits - reach);
  return Array.from({ length: 2 * reach + 1 }, (_, i) => floatOf(from + i));
}

/** So many numbers, of which the first are drawn, and are then repeated: a prime number of them, so that no row is like the next. */
export function repeating(length: number, draw: () => number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  const first = drawn(Math.min(length, 4093), draw);
  for (let at = 0; at < length; at += first.length) {
    values.set(first.subarray(0, Math.min(first.length, length - at)), at);
  }
  return values;
}

/** Random bits, and numbers of magnitudes as they are usual. */
export function randomFloat(random: Random): number {
  const value = random.uniform() < 0.5
    ? floatOf(random.integer())
    : (random.integer() % 2 ? 1 : -1) * 2 ** (random.uniform() * 12 - 8);
  return Math.fround(value);
}

/** The inputs of a function, in a random order, since kernels compute lane by lane. */
export function inputsOf(
  value: (x: number) => number,
  count: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  const chosen = [
    ...specialValues,
    ...powersOfTwo,
    ...halves.flatMap((half) => around(bitsOf(half)).slice(reach - 1, reach + 2)),
    ...changesOf(value, finite).flatMap(around),
  ];
  const inputs = new Float32Array(chosen.length + count);
  inputs.set(shuffle(chosen, random));
  inputs.set(drawn(count, () => randomFloat(random)), chosen.length);
  return inputs;
}

/** Pairs: special ones with each other, equal, adjacent, cancelling and random ones. */
export function pairsOf(
  count: number,
  random: Random,
): readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  const pairs: [number, number][] = specialValues.flatMap((a) =>
    specialValues.map((b): [number, number] => [a, b])
  );
  for (let i = 0; i < count; i++) {
    const a = randomFloat(random);
    const near = floatOf(bitsOf(a) + random.between(-2, 2));
    const b = [near, -near, Math.fround(a * randomFloat(random)), randomFloat(random)][i % 4]!;
    pairs.push(i % 8 < 4 ? [a, b] : [b, a]);
  }
  shuffle(pairs, random);
  return [Float32Array.from(pairs, ([a]) => a), Float32Array.from(pairs, ([, b]) => b)];
}
