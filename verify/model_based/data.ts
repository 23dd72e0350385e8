/**
 * The data that a step of a sequence gives to a kernel, from its seed: whole
 * numbers, whose sums are exact in any order, or real ones; every other time as a
 * part of a larger array, of which a kernel must not take the rest.
 *
 * @module
 */
import { createRandom } from "../../common/random.ts";
import { floats, integers } from "../check.ts";
import { partOf } from "../part_of.ts";
import type { Plan } from "./plan.ts";

/** Whole numbers up to this: products of two of them add up exactly for hundreds of terms. */
const mostInteger = 9;

/** The largest magnitude in data of a kind. */
export function largestIn(kind: Plan["data"]): number {
  return kind === "integers" ? mostInteger : 1;
}

/** Data of so many elements, of which the one that is `changed`, counted round, differs from those of the seed. */
export function drawData(
  kind: Plan["data"],
  length: number,
  { seed, changed }: { readonly seed: number; readonly changed?: number },
): Float32Array {
  const random = createRandom(seed);
  const values = kind === "integers"
    ? integers(length, mostInteger, random)
    : floats(length, -1, 1, random);
  if (changed !== undefined && length > 0) {
    const at = changed % length;
    values[at] = values[at] === 0 ? 1 : -values[at]!;
  }
  return seed % 2 === 0 ? values : partOf(values, NaN);
}
