/**
 * Numbers as a part of a longer array, of which a kernel must not take the rest:
 * one that reads from the beginning of a buffer, or to its end, is found out.
 *
 * @module
 */
import type { TensorData } from "../kernels/data.ts";

/** A typed array that a tensor can be made of. */
export type NumberArray = Exclude<TensorData, readonly number[]>;

/** The same numbers as elements 3 and following of a longer array, whose others are `rest`. */
export function partOf<Numbers extends NumberArray>(numbers: Numbers, rest: number): Numbers {
  const { constructor: type, length } = numbers;
  const longer = new (type as new (length: number) => Numbers)(length + 5).fill(rest);
  longer.set(numbers, 3);
  return longer.subarray(3, 3 + length) as Numbers;
}
