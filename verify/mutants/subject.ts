/**
 * The subject of the mutation tests that change index arithmetic: a small
 * blocked product in JavaScript, with a tile of 4 x 4 and chunks of 16 along k,
 * each of whose steps can be replaced by a wrong one. As it is, it is right.
 *
 * @module
 */
import { HeapKernel, type Product, type View } from "../../kernels/heap.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";

const { fround } = Math;

/** Its tile. */
export const tile = { mr: 4, nr: 4, mc: 8, nc: 8, kc: 16 } as const;

/** The steps of the product. */
export interface Steps {
  /** How many of m rows, n columns and k products are taken. */
  rows(m: number): number;
  columns(n: number): number;
  depth(k: number): number;
  /** How often the chunk that begins at p is added. */
  timesOfChunk(p: number, k: number): number;
  /** The element of a view. */
  at(view: View, row: number, column: number, which: "a" | "b"): number;
  /** The column of b that is read for column j. */
  columnOfB(j: number, n: number): number;
  /** What a sum begins with. */
  start(old: number, before: number, place: { i: number; j: number; m: number; n: number }): number;
  /** Rounding, after each product and each sum. */
  round(value: number): number;
  /** Writes a sum. */
  store(out: Float32Array, i: number, j: number, n: number, sum: number): void;
}

/** The element of a view. */
export function elementOf(
  { data, rowStride, columnStride }: View,
  row: number,
  column: number,
): number {
  return data[row * rowStride + column * columnStride]!;
}

const right: Steps = {
  rows: (m) => m,
  columns: (n) => n,
  depth: (k) => k,
  timesOfChunk: () => 1,
  at: elementOf,
  columnOfB: (j) => j,
  start: () => 0,
  round: fround,
  store: (out, i, j, n, sum) => out[i * n + j] = sum,
};

/** The product, with some of its steps replaced. */
export function productWith(steps: Partial<Steps>): Product {
  const { rows, columns, depth, timesOfChunk, at, columnOfB, start, round, store } = {
    ...right,
    ...steps,
  };
  return ({ m, n, k }, a, b, out, accumulate) => {
    let before = 0;
    // From the last row to the first, as a loop that counts down does.
    for (let i = rows(m) - 1; i >= 0; i--) {
      for (let j = 0; j < columns(n); j++) {
        let sum = start(out[i * n + j]!, before, { i, j, m, n });
        for (let p = 0; p < depth(k); p += tile.kc) {
          let chunk = 0;
          for (let q = p; q < Math.min(p + tile.kc, depth(k)); q++) {
            const product = round(at(a, i, q, "a") * at(b, q, columnOfB(j, n), "b"));
            chunk = round(chunk + product);
          }
          for (let time = 0; time < timesOfChunk(p, k); time++) sum = round(sum + chunk);
        }
        before = sum;
        store(out, i, j, n, accumulate ? fround(out[i * n + j]! + sum) : sum);
      }
    }
  };
}

/** A kernel of that product, with what it claims. */
export function subjectKernel(steps: Partial<Steps>, claims: Partial<KernelTraits> = {}): Kernel {
  return kernelOf(productWith(steps), {
    tile,
    summation: { order: "blocked", block: () => tile.kc },
    ...claims,
  });
}

/** A kernel on the heap with any product and any claims. */
export function kernelOf(product: Product, claims: Partial<KernelTraits>): Kernel {
  const kernel = new HeapKernel("subject", {
    tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
    accumulator: "float32",
    summation: { order: "sequential" },
  }, product);
  return Object.assign(kernel, { traits: { ...kernel.traits, ...claims } });
}
