/**
 * Kernels that are unusual but conform to the contract: other orders of
 * summation, fused or wider arithmetic, and what WGSL allows. A verifier that
 * rejects one of them demands more than the contract.
 *
 * @module
 */
import type { KernelTraits } from "../../kernels/kernel.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { adjacentFloat } from "../float32.ts";
import { alter, type ConformingVariant, dataOf } from "./mutant.ts";
import { kernelOf, subjectKernel } from "./subject.ts";
import {
  blocked,
  downFrom,
  fused,
  inFloat64,
  inOrder,
  interleaved,
  pairwise,
  productOf,
  type Sum,
  upTo,
} from "./sums.ts";

const { fround } = Math;

const unspecified: Partial<KernelTraits> = { summation: { order: "unspecified" } };

/** What WGSL promises, which is little. */
const wgsl: Partial<KernelTraits> = {
  ...unspecified,
  rounding: "either",
  denormals: "flushed",
  nan: "unspecified",
};

/** Zero for a subnormal. */
export function flush(value: number): number {
  return Math.abs(value) < 2 ** -126 ? 0 : value;
}

/** One of the two adjacent float32 numbers, by a rule that looks random. */
export function eitherNeighbour(value: number): number {
  const near = fround(value);
  if (near === value || !Number.isFinite(near)) return near;
  // The product's fourth digit decides.
  if (Math.floor(Math.abs(near) * 1e4) % 2 === 0) return near;
  return adjacentFloat(near, (near < value) === (near > 0) ? 1 : -1);
}

function variant(
  name: string,
  sum: Sum,
  claims: Partial<KernelTraits>,
): ConformingVariant {
  const sumsOnly = claims.rounding === undefined && claims.denormals === undefined;
  return { name, sumsOnly, create: () => Promise.resolve(kernelOf(productOf(sum), claims)) };
}

/** Variants that must be accepted. */
export const conformingVariants: readonly ConformingVariant[] = [
  variant("sums run backwards", inOrder(downFrom), unspecified),
  variant("sums are pairwise", pairwise(), unspecified),
  variant("sums run in eight lanes", interleaved(8, "sequential"), unspecified),
  variant("multiply-add is fused", inOrder(upTo, fused), { fused: true }),
  variant("sums are in float64", inOrder(upTo, inFloat64), { accumulator: "float64" }),
  variant(
    "sums run in a random order",
    inOrder((k) => shuffle([...upTo(k)], createRandom(k))),
    unspecified,
  ),
  variant(
    "k is split between two threads, whose sums are added in order",
    blocked((k) => Math.ceil(k / 2)),
    { summation: { order: "blocked", block: (k) => Math.ceil(k / 2) } },
  ),
  {
    name: "chunks of 16 are summed one after the other",
    create: () => Promise.resolve(subjectKernel({})),
  },
  variant(
    "subnormal numbers are taken for zero, which WGSL allows",
    inOrder(upTo, (sum, a, b) => flush(fround(sum + flush(fround(flush(a) * flush(b)))))),
    wgsl,
  ),
  variant(
    "every result is rounded to either neighbour, which WGSL allows",
    inOrder(upTo, (sum, a, b) => eitherNeighbour(sum + eitherNeighbour(a * b))),
    wgsl,
  ),
  {
    name: "zeros have the other sign",
    create: () =>
      Promise.resolve(alter(subjectKernel({}), (original) => ({
        activate: (activation, z, y) => {
          original.activate(activation, z, y);
          dataOf(y).forEach((value, i, values) => values[i] = value === 0 ? -value : value);
        },
      }))),
  },
];
