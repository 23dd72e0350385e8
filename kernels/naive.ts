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

const product: Product = ({ m, n, k }, a, b, out, accumulate) => {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = fround(0);
      let atA = i * a.rowStride;
      let atB = j * b.columnStride;
      for (let p = 0; p < k; p++) {
        sum = fround(sum + fround(a.data[atA]! * b.data[atB]!));
        atA += a.columnStride;
        atB += b.rowStride;
      }
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
