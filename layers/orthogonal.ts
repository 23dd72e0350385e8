/**
 * The first values that are orthogonal: the Q of a random matrix's QR
 * decomposition whose R has a positive diagonal (Saxe et al., ICLR 2014), by
 * Gram & Schmidt, twice over, in float64.
 *
 * @module
 */
import { normal, type Random } from "../common/random.ts";

/** Removes from a vector what lies along those before it. */
function removeEarlier(vectors: readonly Float64Array[], vector: Float64Array): void {
  for (const other of vectors) {
    let along = 0;
    for (let i = 0; i < vector.length; i++) along += other[i]! * vector[i]!;
    for (let i = 0; i < vector.length; i++) vector[i]! -= along * other[i]!;
  }
}

/** Vectors of this length that are orthogonal to each other and of length 1; at most as many as they are long. */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => normal(random));
    const before = Math.hypot(...norms(vector));
    removeEarlier(vectors, vector);
    removeEarlier(vectors, vector);
    const size = Math.hypot(...norms(vector));
    // What is left of a vector that depended on the others would be noise.
    if (size < 1e-8 * before) continue;
    for (let i = 0; i < length; i++) vector[i]! /= size;
    vectors.push(vector);
  }
  return vectors;
}

/** The length of each 4096 elements: an argument list has its limits. */
function norms(vector: Float64Array): number[] {
  const parts: number[] = [];
  for (let i = 0; i < vector.length; i += 4096) {
    parts.push(Math.hypot(...vector.subarray(i, i + 4096)));
  }
  return parts;
}

/** Fills a matrix whose rows, or columns where those are fewer, are orthogonal and of length `gain`. */
export function fillOrthogonal(
  values: Float32Array,
  rows: number,
  columns: number,
  gain: number,
  random: Random,
): void {
  const tall = rows >= columns;
  const vectors = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
  for (const [j, vector] of vectors.entries()) {
    for (const [i, value] of vector.entries()) {
      values[tall ? i * columns + j : j * columns + i] = gain * value;
    }
  }
}
