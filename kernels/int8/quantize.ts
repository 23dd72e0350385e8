/**
 * Quantization to int8 as Keras 3 has it: each column of a weight, and each row of
 * an input, is scaled by 127/(its largest magnitude + 1e-7) and rounded to a whole
 * number, halves to even, all in float32.
 *
 * @module
 */
import { ShapeError } from "../../common/errors.ts";
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
 * Quantizes a weight [k, n] by columns, as Keras's `quantize("int8")` does.
 *
 * @throws {ShapeError} where the weight has not rows of n.
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
  if (n === 0 ? weight.length !== 0 : weight.length % n !== 0) {
    throw new ShapeError(`a weight has rows of ${n}; got ${weight.length} numbers`);
  }
  const largest = new Float32Array(n);
  for (let i = 0; i < weight.length; i++) {
    largest[i % n] = Math.max(largest[i % n]!, Math.abs(weight[i]!));
  }
  const scale = Float32Array.from(largest, scaleOf);
  const values = Int8Array.from(weight, (value, i) => quantized(value, scale[i % n]!));
  return { values, scale };
}
