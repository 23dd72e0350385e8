/**
 * Matrices as arrays, row-major.
 *
 * @module
 */

/**
 * A matrix [rows, columns] as [columns, rows].
 *
 * @example
 * ```ts
 * import { transpose } from "./matrix.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(transpose(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3), Float32Array.of(1, 4, 2, 5, 3, 6));
 * ```
 */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) transposed[j * rows + i] = values[i * columns + j]!;
  }
  return transposed;
}
