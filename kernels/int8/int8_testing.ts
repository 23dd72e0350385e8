/**
 * For tests: Dense quantized to int8 by Keras's formulas, one number after the other.
 *
 * @module
 */
import { quantized, type QuantizedWeight, scaleOf } from "./quantize.ts";

const { fround } = Math;

/** Keras's formulas in float32, one operation after the other. */
export function denseByFormulas(
  x: Float32Array,
  { values, scale }: QuantizedWeight,
  bias: Float32Array | null,
  k: number,
): Float32Array {
  const n = scale.length;
  const rows = Array.from(
    { length: k ? x.length / k : 0 },
    (_, i) => x.subarray(i * k, (i + 1) * k),
  );
  return Float32Array.from(rows.flatMap((row) => {
    const own = scaleOf(row.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0));
    const whole = Array.from(row, (each) => quantized(each, own));
    return Array.from({ length: n }, (_, j) => {
      const sum = whole.reduce((total, each, i) => total + each * values[i * n + j]!, 0);
      const quotient = fround(fround(sum) / fround(own * scale[j]!));
      return bias ? fround(quotient + bias[j]!) : quotient;
    });
  }));
}
