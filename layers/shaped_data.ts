/**
 * Values of a weight as a caller has them: row-major numbers, or rows, or with
 * their shape, which is compared with the weight's.
 *
 * @module
 */
import { typedArrayName } from "../common/describe.ts";
import { ShapeError } from "../common/errors.ts";
import type { TensorData } from "../kernels/data.ts";

/** An array with its shape, as {@linkcode matmul} gives it. */
export interface ShapedData {
  /** The length of each axis. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: TensorData;
}

/** The values of a weight: row-major, or with their shape, or as rows. */
export type WeightValues = TensorData | ShapedData | readonly TensorData[];

/** Whether a value is an array with its shape. */
export function isShaped(value: unknown): value is ShapedData {
  return typeof value === "object" && value !== null && "shape" in value && "data" in value &&
    Array.isArray(value.shape);
}

/** Rows as one array, where they are equally long arrays of a matrix; else as it is. */
function joinRows(value: unknown, rank: number): unknown {
  if (rank < 2 || !Array.isArray(value) || value.length === 0) return value;
  const isRow = (row: unknown): row is ArrayLike<number> =>
    Array.isArray(row) || typedArrayName(row) !== undefined;
  if (!value.every(isRow)) return value;
  const [{ length } = []] = value as readonly ArrayLike<number>[];
  if (!value.every((row) => row.length === length)) return value;
  return { shape: [value.length, length], data: value.flatMap((row) => Array.from(row)) };
}

/**
 * The values of one weight, row-major, once their shape was compared where they have one.
 *
 * @param wrong The message for values of another shape.
 */
export function flatValues(
  shape: readonly number[],
  given: unknown,
  wrong: (found: readonly number[]) => string,
): unknown {
  const value = joinRows(given, shape.length);
  if (!isShaped(value)) return value;
  const found = value.shape;
  if (found.length === shape.length && found.every((axis, i) => axis === shape[i])) {
    return value.data;
  }
  throw new ShapeError(wrong(found));
}
