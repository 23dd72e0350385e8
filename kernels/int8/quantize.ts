/**
 * Quantization to int8 as Keras 3 has it: each column of a weight, and each row of
 * an input, is scaled by 127/(its largest magnitude + 1e-7) and rounded to a whole
 * number, halves to even, all in float32.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError, ShapeError } from "../../common/errors.ts";
import { sizeOf } from "../checks.ts";
import { roundToEven } from "../formula/evaluate.ts";

const { fround } = Math;
const epsilon = fround(1e-7);

/** The multiplier of numbers whose largest magnitude is this. */
export function scaleOf(largest: number): number {
  return fround(127 / fround(fround(largest) + epsilon));
}

/** A number by its multiplier, as a whole number from −127 to 127. */
export function quantized(value: number, scale: number): number {
  return Math.min(127, Math.max(-127, roundToEven(fround(value * scale))));
}

/** A weight [k, n] in whole numbers, which divided by the multiplier of their column are what it was. */
export interface QuantizedWeight {
  /** Row by row, from −127 to 127. */
  readonly values: Int8Array;
  /** One multiplier for each of the n columns. */
  readonly scale: Float32Array;
}

/**
 * Quantizes a weight [k, n] by columns, as Keras's `quantize("int8")` does. A column with NaN or
 * an infinity, of which Keras makes numbers that mean nothing, is refused.
 *
 * @param n How many columns the weight has, a whole number >= 0.
 * @throws {ShapeError} where n is none, or the weight has not rows of n.
 * @throws {ArgumentError} where the weight is no Float32Array, or a number is not finite.
 *
 * @example A layer of one row and two columns
 * ```ts
 * import { createKernel, quantizeWeight } from "@densemark/densemark";
 *
 * const { values, scale } = quantizeWeight(Float32Array.of(0.5, -2), 2);
 * await using kernel = await createKernel("wasm-simd");
 * using weight = kernel.int8Weight!([1, 2], values, scale);
 * using x = kernel.tensor([1, 1], [3]);
 * using y = kernel.tensor([1, 2]);
 * kernel.denseInt8!(x, weight, null, "linear", y);
 * const rounded = Array.from(await y.read(), (each) => Math.round(1e5 * each) / 1e5);
 * if (`${values}` !== "127,-127" || `${rounded}` !== "1.5,-6") throw new Error(`${rounded}`);
 * ```
 */
export function quantizeWeight(weight: Float32Array, n: number): QuantizedWeight {
  if (!(weight instanceof Float32Array)) {
    throw new ArgumentError(`a weight to be quantized is a Float32Array; got ${describe(weight)}`);
  }
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new ShapeError(`a weight has a whole number >= 0 of columns; got ${describe(n)}`);
  }
  sizeOf([n]);
  if (n === 0 ? weight.length !== 0 : weight.length % n !== 0) {
    throw new ShapeError(`a weight has rows of ${n}; got ${weight.length} numbers`);
  }
  const largest = new Float32Array(n);
  for (let i = 0; i < weight.length; i++) {
    const magnitude = Math.abs(weight[i]!);
    if (!(magnitude < Infinity)) {
      throw new ArgumentError(
        `a weight to be quantized has finite numbers; got ${weight[i]} at ${i}`,
      );
    }
    if (magnitude > largest[i % n]!) largest[i % n] = magnitude;
  }
  const scale = largest.map(scaleOf);
  // A loop: TypedArray.from() with a function collects all numbers in an ordinary array first.
  const values = new Int8Array(weight.length);
  for (let i = 0; i < values.length; i++) values[i] = quantized(weight[i]!, scale[i % n]!);
  return { values, scale };
}
