/**
 * Exact sums of products in whole numbers of any size: every double is a
 * multiple of 2^-1074. What the float64 reference itself is checked against.
 *
 * @module
 */
import { createRandom, type Random } from "../common/random.ts";
import type { ReferenceTest } from "../results/verification/schema.ts";
import { floats } from "./check.ts";
import { referenceProduct } from "./reference.ts";

const view = new DataView(new ArrayBuffer(8));

/**
 * A finite number times 2^1074.
 *
 * @example
 * ```ts
 * import { scaled } from "./exact.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scaled(0.75), 3n << 1072n);
 * assertEquals(scaled(-Number.MIN_VALUE), -1n);
 * ```
 */
export function scaled(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n & 0x7ffn;
  const fraction = bits & (1n << 52n) - 1n;
  const magnitude = exponent === 0n ? fraction : (fraction | 1n << 52n) << exponent - 1n;
  return bits >> 63n ? -magnitude : magnitude;
}

/** The sum of the products, times 2^1074; products of two float32 numbers are exact doubles. */
export function exactDot(x: ArrayLike<number>, w: ArrayLike<number>): bigint {
  let sum = 0n;
  for (let p = 0; p < x.length; p++) sum += scaled(x[p]! * w[p]!);
  return sum;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

const kinds: readonly ((k: number, random: Random) => [Float32Array, Float32Array])[] = [
  (k, random) => [floats(k, -1, 1, random), floats(k, -1, 1, random)],
  (k, random) => {
    const wide = () => floats(k, -1, 1, random).map((v) => v * 2 ** random.between(-60, 60));
    return [wide(), wide()];
  },
  (k, random) => {
    const tiny = () => floats(k, -1, 1, random).map((v) => v * 2 ** random.between(-148, -126));
    return [tiny(), floats(k, -1, 1, random)];
  },
  // The second half takes away what the first has added, but for the last digits.
  (k, random) => {
    const [x, w] = [floats(k, -1, 1, random), floats(k, -1, 1, random)];
    const half = k >> 1;
    for (let p = 0; p < half; p++) {
      x[half + p] = x[p]!;
      w[half + p] = -w[p]! * (1 + 2 ** -20);
    }
    return [x, w];
  },
];

/** The reference product against exact sums. */
export function testReferenceProduct(seed: number): ReferenceTest {
  const points = 400;
  const random = createRandom(seed);
  const failures: string[] = [];
  for (let point = 0; point < points; point++) {
    const k = random.between(1, 200);
    const [x, w] = kinds[point % kinds.length]!(k, random);
    const { value, gauge } = referenceProduct({ m: 1, n: 1, k }, x, w);
    const exact = exactDot(x, w);
    const error = magnitude(scaled(value[0]!) - exact);
    // One rounding of the result, and what compensated sums leave: 2^-53 of it and 2^-90 of the gauge.
    const allowed = (magnitude(exact) >> 52n) + (scaled(gauge[0]!) >> 90n) + 1n;
    if (!(error <= allowed)) {
      failures.push(`a sum of ${k} products is ${value[0]}, ${error} · 2^-1074 from the exact one`);
    }
  }
  return { name: "float64 product against exact whole numbers", points, failures };
}
