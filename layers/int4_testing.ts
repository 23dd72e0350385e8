/**
 * Keras 3's int4 quantization in plain JavaScript, one number after the other and
 * each step in float32: what tests hold the layer's operations to.
 *
 * @module
 */
const { fround } = Math;

/** Halves to even. */
function rounded(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

const clip = (value: number) => Math.min(7, Math.max(-8, value));

/** What Keras makes of a weight. */
export interface Encoded {
  readonly numbers: number[];
  readonly scale: number[];
  readonly zero: number[] | null;
}

/** Keras's formulas, one number after the other, each step in float32. */
export function encoded(
  weight: readonly number[],
  k: number,
  n: number,
  block: number | null,
): Encoded {
  const column = (j: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => weight[(from + i) * n + j]!);
  const epsilon = fround(1e-7);
  if (block === null) {
    const scale = Array.from({ length: n }, (_, j) => {
      const largest = Math.max(0, ...column(j, 0, k).map(Math.abs));
      return fround(7 / fround(largest + epsilon));
    });
    const numbers = weight.map((value, i) => clip(rounded(fround(value * scale[i % n]!))));
    return { numbers, scale, zero: null };
  }
  const groups = Math.ceil(k / block);
  const [scale, zero]: [number[], number[]] = [[], []];
  for (let g = 0; g < groups; g++) {
    for (let j = 0; j < n; j++) {
      // A last group that is short has zeros behind it, and every range has 0 in it.
      const values = [0, ...column(j, g * block, Math.min(k, (g + 1) * block))];
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const step = fround(fround(fround(high - low) + epsilon) / 15);
      scale.push(step);
      zero.push(clip(rounded(fround(-low / step)) - 8));
    }
  }
  const numbers = weight.map((value, i) => {
    const at = Math.floor(i / n / block) * n + i % n;
    return clip(rounded(fround(value / scale[at]!)) + zero[at]!);
  });
  return { numbers, scale, zero };
}

/** What the numbers stand for, in float64. */
export function decoded(
  { numbers, scale, zero }: Encoded,
  n: number,
  block: number | null,
): number[] {
  return numbers.map((value, i) => {
    if (block === null) return value / scale[i % n]!;
    const at = Math.floor(i / n / block) * n + i % n;
    return (value - zero![at]!) * scale[at]!;
  });
}

/** The bytes of rows of numbers: two columns in each, the first in the lower half. */
export function bytesOf(numbers: readonly number[], k: number, n: number): number[] {
  return Array.from({ length: k }, (_, i) => {
    const row = numbers.slice(i * n, (i + 1) * n);
    return Array.from({ length: Math.ceil(n / 2) }, (_, j) => {
      const byte = (row[2 * j]! & 15) | ((row[2 * j + 1] ?? 0) & 15) << 4;
      return byte > 127 ? byte - 256 : byte;
    });
  }).flat();
}
