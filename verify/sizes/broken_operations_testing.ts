/**
 * Operations that are wrong beyond some size alone: a bias of fewer bits, tails
 * of activations, of softmax and of sums that are lost. For the tests of the
 * checks of sizes, beside the products of `broken_testing.ts`.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { roundedTo, type SizeMutant } from "./broken_testing.ts";

const bfloat16 = roundedTo(8);

function operation(
  name: string,
  killer: SizeMutant["killer"],
  change: (original: Kernel) => Partial<Kernel>,
): SizeMutant {
  return { name, killer, create: async () => alter(await createKernel("naive"), change) };
}

const size = (values: ArrayLike<number>) => values.length;

/** A kernel whose results of softmax are changed. */
const softmax = (
  name: string,
  change: (values: Float32Array, columns: number) => void,
): SizeMutant =>
  operation(`softmax ${name}`, "array-sizes", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation === "softmax") change(dataOf(y), y.shape.at(-1) ?? 1);
    },
  }));

/** Operations that are wrong from some size on. */
export const brokenOperations: readonly SizeMutant[] = [
  operation("z is written for the first 65536 elements", "product-sizes", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (z) dataOf(z).fill(NaN, 65_536);
    },
  })),
  operation("the bias is bfloat16 for more than 128 columns", "product-sizes", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      if (!bias || bias.size <= 128) return original.dense(x, weight, bias, activation, y, z);
      using other = original.tensor(bias.shape, dataOf(bias).map(bfloat16));
      original.dense(x, weight, other, activation, y, z);
    },
  })),
  operation(
    "the gradient of a weight skips the last row of a batch beyond 512",
    "product-sizes",
    (original) => ({
      matmul: (a, b, out, options) => {
        const rows = a.shape[0] ?? 0;
        if (!options?.transposeA || rows <= 512) return original.matmul(a, b, out, options);
        const values = dataOf(a).slice();
        values.fill(0, (rows - 1) * (a.shape[1] ?? 0));
        using other = original.tensor(a.shape, values);
        original.matmul(other, b, out, options);
      },
    }),
  ),
  operation(
    "what an output held is lost for more than 2^15 elements",
    "product-sizes",
    (original) => ({
      matmul: (a, b, out, options) =>
        original.matmul(a, b, out, {
          ...options,
          accumulate: options?.accumulate === true && out.size <= 2 ** 15,
        }),
    }),
  ),
  operation("dense() leaves tanh out from column 300", "product-sizes", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const n = y.shape.at(-1) ?? 1;
      if (activation !== "tanh" || n <= 300) return;
      using plain = original.tensor(y.shape);
      original.dense(x, weight, bias, "linear", plain);
      dataOf(plain).forEach((value, i) => i % n >= 300 && (dataOf(y)[i] = value));
    },
  })),
  operation("relu leaves the last row out for more than 4096", "product-sizes", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const n = y.shape.at(-1) ?? 1;
      if (activation === "relu" && z && y.size / n > 4096) {
        dataOf(y).set(dataOf(z).subarray(-n), y.size - n);
      }
    },
  })),
  operation("the gradient of a bias drops rows beyond 4096", "array-sizes", (original) => ({
    sumRows: (a, out, options) => {
      const values = dataOf(a).slice();
      values.fill(0, 4096 * (a.shape.at(-1) ?? 1));
      using other = original.tensor(a.shape, values);
      original.sumRows(other, out, options);
    },
  })),
  operation("sums of rows are wrong from column 1025", "array-sizes", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      const values = dataOf(out);
      for (let j = 1025; j < size(values); j++) values[j] = values[j - 1]!;
    },
  })),
  operation("sums of more than 100 rows are of bfloat16", "array-sizes", (original) => ({
    sumRows: (a, out, options) => {
      if (a.size / out.size <= 100) return original.sumRows(a, out, options);
      using other = original.tensor(a.shape, dataOf(a).map(bfloat16));
      original.sumRows(other, out, options);
    },
  })),
  operation("sums are not accumulated for more than 3000 columns", "array-sizes", (original) => ({
    sumRows: (a, out, options) =>
      original.sumRows(a, out, { accumulate: options?.accumulate === true && out.size <= 3000 }),
  })),
  softmax("leaves the last column of rows beyond 2048 out of its sum", (values, columns) => {
    if (columns <= 2048) return;
    for (let start = 0; start < values.length; start += columns) {
      const rest = 1 - values[start + columns - 1]!;
      if (rest > 0) { for (let j = 0; j < columns; j++) values[start + j]! /= rest; }
    }
  }),
  softmax("is off in one column of the last of several rows of 257", (values, columns) => {
    if (columns === 257 && values.length > columns) values[values.length - 57]! *= 1.001;
  }),
  softmax("does not normalise rows beyond 300", (values, columns) => {
    for (let i = 300 * columns; i < values.length; i++) values[i]! *= 1.001;
  }),
  softmax(
    "does not see a maximum in the last column of rows of 3 modulo 4 beyond 1000",
    (values, columns) => {
      if (columns <= 1000 || columns % 4 !== 3) return;
      for (let end = columns - 1; end < values.length; end += columns) {
        if (values[end] === 1) values[end] = NaN;
      }
    },
  ),
  operation(
    "the gradient of softmax has bfloat16 dy for more than 512 columns",
    "array-sizes",
    (original) => ({
      activateGradient: (activation, z, y, dy, dz) => {
        if (activation !== "softmax" || (y.shape.at(-1) ?? 1) <= 512) {
          return original.activateGradient(activation, z, y, dy, dz);
        }
        using other = original.tensor(dy.shape, dataOf(dy).map((value) => bfloat16(value)));
        original.activateGradient(activation, z, y, other, dz);
      },
    }),
  ),
  operation(
    "activate() leaves the last of 15 modulo 16 elements beyond 10000",
    "array-sizes",
    (original) => ({
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        if (y.size % 16 === 15 && y.size > 10_000) dataOf(y)[y.size - 1] = NaN;
      },
    }),
  ),
  operation(
    "activate() of gelu leaves the last of 30 modulo 32 elements beyond 1000",
    "array-sizes",
    (original) => ({
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        if (activation === "gelu" && y.size % 32 === 30 && y.size > 1000) {
          dataOf(y)[y.size - 1] = NaN;
        }
      },
    }),
  ),
  operation("activate() takes elements beyond 2^20 as they are", "array-sizes", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (y.size > 2 ** 20) dataOf(y).set(dataOf(z).subarray(2 ** 20), 2 ** 20);
    },
  })),
  operation("tanh is 2 ULP off for more than 20000 elements", "array-sizes", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation !== "tanh" || y.size <= 20_000) return;
      dataOf(y).forEach((value, i, values) => values[i] = value * (1 + 2 ** -22));
    },
  })),
  operation(
    "the gradient of an activation skips the last element beyond 5000 where it is 1 modulo 32",
    "array-sizes",
    (original) => ({
      activateGradient: (activation, z, y, dy, dz) => {
        original.activateGradient(activation, z, y, dy, dz);
        if (dz.size > 5000 && dz.size % 32 === 1) dataOf(dz)[dz.size - 1] = 0;
      },
    }),
  ),
  operation("tensors keep what they held beyond 2^20 elements", "array-sizes", (original) => ({
    tensor: (shape, data) =>
      original.tensor(shape, data && data.map((value, i) => i < 2 ** 20 ? value : 0)),
  })),
];
