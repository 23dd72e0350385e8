/**
 * naive: the textbook triple loop, each product and each sum rounded to
 * float32 by Math.fround. It improves on nothing: it is the arithmetic that every
 * other kernel is compared with.
 *
 * @module
 */
import { HeapKernel, type Product } from "./heap.ts";
import type { KernelFactory } from "./kernel.ts";

const { fround } = Math;

/**
 * One element: the sum over k of a row of a with a column of b. In a function of
 * its own so that V8 optimises it by how often it is called. The three loops in one
 * function run only a few times a program: when V8 drops its code, they are
 * interpreted for as long as the call takes, fifty times slower.
 */
function sumOfProducts(
  a: Float32Array,
  startA: number,
  stepA: number,
  b: Float32Array,
  startB: number,
  stepB: number,
  k: number,
): number {
  let sum = fround(0);
  for (let p = 0, atA = startA, atB = startB; p < k; p++, atA += stepA, atB += stepB) {
    sum = fround(sum + fround(a[atA]! * b[atB]!));
  }
  return sum;
}

const product: Product = ({ m, n, k }, a, b, out, accumulate) => {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const sum = sumOfProducts(
        a.data,
        i * a.rowStride,
        a.columnStride,
        b.data,
        j * b.columnStride,
        b.rowStride,
        k,
      );
      const at = i * n + j;
      out[at] = accumulate ? fround(out[at]! + sum) : sum;
    }
  }
};

/** Makes the kernel `naive`. */
export const factory: KernelFactory = {
  create: () =>
    Promise.resolve(
      new HeapKernel("naive", {
        tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
        accumulator: "float32",
        summation: { order: "sequential" },
      }, product),
    ),
};
