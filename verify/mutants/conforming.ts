/**
 * Kernels that are unusual but conform to the contract: other orders of
 * summation, fused or wider arithmetic, and what WGSL allows. A verifier that
 * rejects one of them demands more than the contract.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { Product, View } from "../../kernels/heap.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { adjacentFloat } from "../float32.ts";
import { fusedMultiplyAdd } from "../summation/emulate.ts";
import { alter, type ConformingVariant, dataOf } from "./mutant.ts";
import { kernelOf, subjectKernel } from "./subject.ts";

const { fround } = Math;

/** The products that one output is the sum of. */
export type TermAt = (p: number) => readonly [a: number, b: number];

/** A product whose every output is `sum` of its k terms. */
export function productBySums(sum: (terms: TermAt, k: number) => number): Product {
  const at = ({ data, rowStride, columnStride }: View, row: number, column: number) =>
    data[row * rowStride + column * columnStride]!;
  return ({ m, n, k }: Dimensions, a, b, out, accumulate) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const total = fround(sum((p) => [at(a, i, p), at(b, p, j)], k));
        out[i * n + j] = accumulate ? fround(out[i * n + j]! + total) : total;
      }
    }
  };
}

/** A function of a length that is called for every output, with its results kept. */
function ofLength<T>(make: (k: number) => T): (k: number) => T {
  const kept = new Map<number, T>();
  return (k) => {
    const known = kept.get(k) ?? make(k);
    kept.set(k, known);
    return known;
  };
}

function inOrder(orderOf: (k: number) => readonly number[]): Product {
  const order = ofLength(orderOf);
  return productBySums((terms, k) =>
    order(k).reduce((sum, p) => {
      const [a, b] = terms(p);
      return fround(sum + fround(a * b));
    }, 0)
  );
}

export const upTo: (k: number) => readonly number[] = ofLength((k) =>
  Array.from({ length: k }, (_, p) => p)
);

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

export function variant(
  name: string,
  product: Product,
  claims: Partial<KernelTraits>,
): ConformingVariant {
  const sumsOnly = claims.rounding === undefined && claims.denormals === undefined;
  return { name, sumsOnly, create: () => Promise.resolve(kernelOf(product, claims)) };
}

/** Variants that must be accepted. */
export const conformingVariants: readonly ConformingVariant[] = [
  variant("sums run backwards", inOrder((k) => upTo(k).toReversed()), unspecified),
  variant(
    "sums are pairwise",
    productBySums((terms, k) => {
      const sum = (from: number, to: number): number => {
        if (to - from === 0) return 0;
        if (to - from === 1) {
          const [a, b] = terms(from);
          return fround(a * b);
        }
        const middle = (from + to) >> 1;
        return fround(sum(from, middle) + sum(middle, to));
      };
      return sum(0, k);
    }),
    unspecified,
  ),
  variant(
    "sums run in eight lanes",
    productBySums((terms, k) => {
      const lanes = new Float32Array(8);
      for (let p = 0; p < k; p++) {
        const [a, b] = terms(p);
        lanes[p % 8] = lanes[p % 8]! + fround(a * b);
      }
      return lanes.reduce((sum, lane) => fround(sum + lane));
    }),
    unspecified,
  ),
  variant(
    "multiply-add is fused",
    productBySums((terms, k) => upTo(k).reduce((sum, p) => fusedMultiplyAdd(...terms(p), sum), 0)),
    { fused: true },
  ),
  variant(
    "sums are in float64",
    productBySums((terms, k) =>
      upTo(k).reduce((sum, p) => {
        const [a, b] = terms(p);
        return sum + a * b;
      }, 0)
    ),
    { accumulator: "float64" },
  ),
  variant(
    "sums run in a random order",
    inOrder((k) => shuffle([...upTo(k)], createRandom(k))),
    unspecified,
  ),
  variant(
    "k is split between two threads, whose sums are added in order",
    productBySums((terms, k) => {
      const half = Math.ceil(k / 2);
      const part = (from: number, to: number) => {
        let sum = 0;
        for (let p = from; p < to; p++) {
          const [a, b] = terms(p);
          sum = fround(sum + fround(a * b));
        }
        return sum;
      };
      return fround(part(0, half) + part(half, k));
    }),
    { summation: { order: "blocked", block: (k) => Math.ceil(k / 2) } },
  ),
  {
    name: "chunks of 16 are summed one after the other",
    create: () => Promise.resolve(subjectKernel({})),
  },
  variant(
    "subnormal numbers are taken for zero, which WGSL allows",
    productBySums((terms, k) =>
      upTo(k).reduce((sum, p) => {
        const [a, b] = terms(p);
        return flush(fround(sum + flush(fround(flush(a) * flush(b)))));
      }, 0)
    ),
    wgsl,
  ),
  variant(
    "every result is rounded to either neighbour, which WGSL allows",
    productBySums((terms, k) =>
      upTo(k).reduce((sum, p) => {
        const [a, b] = terms(p);
        return eitherNeighbour(sum + eitherNeighbour(a * b));
      }, 0)
    ),
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
