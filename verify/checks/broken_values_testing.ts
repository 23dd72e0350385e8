/**
 * Kernels that go wrong on exceptional values and rare families of them, for
 * tests of the checks: each is right on ordinary numbers. `unlucky` is what a
 * product, an element or a sum becomes under a condition that ordinary data
 * never meet.
 *
 * @module
 */
import type { Product, View } from "../../kernels/heap.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { afterActivation, afterDense, afterGradient, alter, dataOf } from "../mutants/mutant.ts";
import { kernelOf } from "../mutants/subject.ts";

const { fround } = Math;
const largest = fround(3.4028234663852886e38);
const { abs } = Math;

/** A broken kernel and the cases that must find it. */
export interface Broken {
  readonly name: string;
  readonly cases: "exceptional" | "families";
  readonly create: () => Promise<Kernel>;
}

/** Where a term is in a product. */
interface At {
  readonly i: number;
  readonly j: number;
  readonly p: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: View;
  readonly b: View;
}

/** What can go wrong in a sequential product. */
interface Steps {
  /** Whether a product is left out. */
  readonly skip?: (a: number, b: number, at: At) => boolean;
  readonly left?: (a: number, at: At) => number;
  readonly right?: (b: number, at: At) => number;
  readonly product?: (product: number, a: number, b: number) => number;
  readonly sum?: (sum: number) => number;
  readonly result?: (sum: number, at: Omit<At, "p">) => number;
  readonly old?: (old: number) => number;
}

function productWith(steps: Steps): Product {
  const same = (value: number) => value;
  const { skip = () => false, left = same, right = same, product = same, sum = fround } = steps;
  const { result = same, old = same } = steps;
  const read = ({ data, rowStride, columnStride }: View, row: number, column: number) =>
    data[row * rowStride + column * columnStride]!;
  return ({ m, n, k }, a, b, out, accumulate) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let p = 0; p < k; p++) {
          const at = { i, j, p, m, n, k, a, b };
          const [x, w] = [left(read(a, i, p), at), right(read(b, p, j), at)];
          if (skip(x, w, at)) continue;
          total = sum(total + product(fround(x * w), x, w));
        }
        total = result(total, { i, j, m, n, k, a, b });
        const place = i * n + j;
        out[place] = accumulate ? fround(old(out[place]!) + total) : total;
      }
    }
  };
}

const inProduct = (name: string, cases: Broken["cases"], steps: Steps): Broken => ({
  name,
  cases,
  create: () => Promise.resolve(kernelOf(productWith(steps), {})),
});

const inNaive = (
  name: string,
  cases: Broken["cases"],
  change: (original: Kernel) => Partial<Kernel>,
): Broken => ({
  name,
  cases,
  create: async () => alter(await createKernel("naive"), change),
});

const flush = (value: number) => abs(value) < 2 ** -126 ? 0 : value;
const transposed = ({ columnStride, rowStride }: View) => rowStride === 1 && columnStride !== 1;

/** The upper 16 bits. */
const halved = (value: number) => {
  const scale = 2 ** (Math.floor(Math.log2(abs(value))) - 7);
  return Math.round(value / scale) * scale;
};

/** The kernels with a broken product. */
export const brokenProducts: readonly Broken[] = [
  inProduct("zeros of a are skipped", "exceptional", { skip: (a) => a === 0 }),
  inProduct("zeros of b are skipped", "exceptional", { skip: (_, b) => b === 0 }),
  inProduct("zeros of a are skipped in the last row", "exceptional", {
    skip: (a, _, { i, m }) => a === 0 && i === m - 1 && m > 1,
  }),
  inProduct("zeros are skipped where b is transposed", "exceptional", {
    skip: (a, b, at) => (a === 0 || b === 0) && transposed(at.b),
  }),
  inProduct("a NaN of b is lost in the tail of columns", "exceptional", {
    right: (b, { j, n }) => Number.isNaN(b) && j >= n - n % 4 ? 0 : b,
  }),
  inProduct("a NaN of a is lost but for p = 0", "exceptional", {
    left: (a, { p }) => Number.isNaN(a) && p > 0 ? 0 : a,
  }),
  inProduct("infinities are taken for the largest number", "exceptional", {
    left: (a) => abs(a) === Infinity ? Math.sign(a) * largest : a,
  }),
  inProduct("0 times infinity is 0", "exceptional", {
    product: (product, a, b) => Number.isNaN(product) && !Number.isNaN(a + b) ? 0 : product,
  }),
  inProduct("infinities of opposite sign add up to 0", "exceptional", {
    product: (product) => product,
    sum: (sum) => fround(sum),
    result: (sum, { a, b, i, j, k }) => {
      if (!Number.isNaN(sum)) return sum;
      for (let p = 0; p < k; p++) {
        const [x, w] = [
          a.data[i * a.rowStride + p * a.columnStride]!,
          b.data[p * b.rowStride + j * b.columnStride]!,
        ];
        if (Number.isNaN(x * w)) return sum;
      }
      return 0;
    },
  }),
  inProduct("sums stop at the largest number", "exceptional", {
    sum: (sum) => Number.isFinite(sum) ? Math.max(-largest, Math.min(largest, sum)) : sum,
  }),
  inProduct("sums overflow at half the largest number", "exceptional", {
    sum: (sum) => abs(sum) > largest / 2 ? sum * Infinity : fround(sum),
  }),
  inProduct("a NaN in the old content is overwritten", "exceptional", {
    old: (old) => Number.isNaN(old) ? 0 : old,
  }),
  inProduct("subnormal factors are flushed where a is transposed", "families", {
    left: (value, { a }) => transposed(a) ? flush(value) : value,
  }),
  inProduct("subnormal sums are flushed", "families", {
    sum: (sum) => flush(fround(sum)),
  }),
  inProduct("infinity times a subnormal number is NaN", "exceptional", {
    right: (b, { a, i, p }) =>
      abs(a.data[i * a.rowStride + p * a.columnStride]!) === Infinity ? flush(b) : b,
  }),
  inProduct("ties are rounded away from zero", "families", {
    sum: (sum) => {
      const near = fround(sum);
      if (near === sum || !Number.isFinite(near)) return near;
      const other = 2 * sum - near;
      return fround(other) === other && abs(other) > abs(near) ? other : near;
    },
  }),
  inProduct("large numbers are rounded to 8 bits", "families", {
    left: (a) => abs(a) > 2 ** 30 ? halved(a) : a,
  }),
  inProduct("small numbers of b are rounded to 8 bits", "families", {
    right: (b) => b !== 0 && abs(b) < 2 ** -30 ? halved(b) : b,
  }),
  inProduct("products below 2^-40 are left out", "families", {
    product: (product) => abs(product) < 2 ** -40 ? 0 : product,
  }),
  inProduct("sums that cancel to 2^-16 of a term become 0", "families", {
    result: (sum, { a, b, i, j, k }) => {
      let most = 0;
      for (let p = 0; p < k; p++) {
        const term = a.data[i * a.rowStride + p * a.columnStride]! *
          b.data[p * b.rowStride + j * b.columnStride]!;
        most = Math.max(most, abs(term));
      }
      return abs(sum) < most * 2 ** -16 ? 0 : sum;
    },
  }),
];

const nan = Number.isNaN;

/** Adds up the rows with some elements changed. */
const rowsChanged = (change: (value: number) => number) => (original: Kernel): Partial<Kernel> => ({
  sumRows: (a, out, options) => {
    using other = original.tensor(a.shape, dataOf(a).map(change));
    original.sumRows(other, out, options);
  },
});

/** Changes y of activate() by its index. */
const activated = (
  name: string,
  change: (z: Float32Array, y: Float32Array, columns: number) => void,
) =>
(original: Kernel): Partial<Kernel> => ({
  activate: (activation, z, y) => {
    original.activate(activation, z, y);
    if (activation === name) change(dataOf(z), dataOf(y), y.shape.at(-1) ?? 1);
  },
});

/** The kernels with a broken elementwise operation or bias. */
export const brokenElements: readonly Broken[] = [
  inNaive("a NaN of the bias is taken for 0", "exceptional", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      if (!bias) return original.dense(x, weight, null, activation, y, z);
      using other = original.tensor(bias.shape, dataOf(bias).map((b) => nan(b) ? 0 : b));
      original.dense(x, weight, other, activation, y, z);
    },
  })),
  inNaive("sums of rows leave NaN out", "exceptional", rowsChanged((a) => nan(a) ? 0 : a)),
  inNaive(
    "sums of rows stop at the largest number",
    "exceptional",
    rowsChanged((a) => Math.max(-largest, Math.min(largest, a))),
  ),
  inNaive("sums of rows flush subnormal numbers", "families", rowsChanged(flush)),
  inNaive(
    "relu in dense() makes NaN 0",
    "exceptional",
    afterDense((values, _columns, _bias, activation) => {
      if (activation === "relu") values.forEach((y, i) => values[i] = nan(y) ? 0 : y);
    }),
  ),
  inNaive(
    "relu of NaN is 0 in the tail of a vector",
    "exceptional",
    activated("relu", (z, y) => {
      for (let i = y.length - y.length % 4; i < y.length; i++) if (nan(z[i]!)) y[i] = 0;
    }),
  ),
  inNaive(
    "a NaN reaches its neighbour in tanh",
    "exceptional",
    activated("tanh", (z, y) => {
      for (let i = 1; i < y.length; i++) if (nan(z[i - 1]!)) y[i] = NaN;
    }),
  ),
  inNaive(
    "softmax leaves NaN out of the sum",
    "exceptional",
    activated("softmax", (z, y, columns) => {
      for (let row = 0; row < y.length; row += columns) {
        const own = z.subarray(row, row + columns);
        if (columns < 2 || !own.some(nan)) continue;
        own.forEach((value, j) => y[row + j] = nan(value) ? NaN : 1 / columns);
      }
    }),
  ),
  inNaive(
    "softmax of a row of -Infinity is uniform",
    "exceptional",
    activated("softmax", (z, y, columns) => {
      for (let row = 0; row < y.length; row += columns) {
        if (z.subarray(row, row + columns).every((value) => value === -Infinity)) {
          y.fill(1 / columns, row, row + columns);
        }
      }
    }),
  ),
  inNaive(
    "exponential clamps its input",
    "exceptional",
    afterActivation("exponential", (z, y) => z > 1e30 ? Math.exp(88) : y),
  ),
  inNaive(
    "the gradient of sigmoid loses a NaN of dy",
    "exceptional",
    afterGradient("sigmoid", (dz, dy) => nan(dy) ? 0 : dz),
  ),
  inNaive(
    "the gradient of tanh makes the largest number of an infinite dy",
    "exceptional",
    afterGradient("tanh", (dz, dy) => abs(dy) === Infinity ? Math.sign(dy) * largest : dz),
  ),
  inNaive(
    "the gradient of gelu is NaN at -Infinity",
    "exceptional",
    afterGradient("gelu", (dz, dy, _y, z) => z === -Infinity && dy !== 0 ? NaN : dz),
  ),
  inNaive(
    "the gradient of elu loses a NaN of y",
    "exceptional",
    afterGradient("elu", (dz, dy, y) => nan(y) ? dy : dz),
  ),
  inNaive(
    "the gradient of softplus flushes a subnormal dy",
    "exceptional",
    afterGradient("softplus", (dz, dy) => dy !== 0 && abs(dy) < 2 ** -126 ? 1e-30 : dz),
  ),
  inNaive("the gradient of sigmoid uses z where it is given", "exceptional", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation !== "sigmoid" || !z) return;
      const values = dataOf(dz);
      dataOf(z).forEach((each, i) => {
        const p = 1 / (1 + Math.exp(-each));
        values[i] = dataOf(dy)[i]! * p * (1 - p);
      });
    },
  })),
  inNaive(
    "the gradient of exponential makes 0 of 0 times infinity",
    "exceptional",
    afterGradient("exponential", (dz, dy, y) => dy === 0 && y === Infinity ? 0 : dz),
  ),
  inNaive(
    "the gradient of gelu loses a NaN of z",
    "exceptional",
    afterGradient("gelu", (dz, _dy, _y, z) => nan(z) ? 0 : dz),
  ),
  inNaive(
    "the gradient of silu flushes its result",
    "exceptional",
    afterGradient("silu", (dz) => flush(dz)),
  ),
  inNaive(
    "the gradient of tanh is 2 ULP off where dy is not 1",
    "exceptional",
    afterGradient("tanh", (dz, dy) => dy === 1 ? dz : dz * (1 + 2 ** -22)),
  ),
  inNaive(
    "tanh of -10000 is one number off its limit",
    "exceptional",
    afterActivation("tanh", (z, y) => z === -1e4 ? -1 + 2 ** -24 : y),
  ),
  inNaive(
    "sigmoid of Infinity is one number off its limit",
    "exceptional",
    afterActivation("sigmoid", (z, y) => z === Infinity ? 1 - 2 ** -24 : y),
  ),
  inNaive(
    "silu of -Infinity is infinity times 0",
    "exceptional",
    afterActivation("silu", (z, y) => z === -Infinity ? NaN : y),
  ),
  inNaive("the gradient of softmax leaves out a NaN of dy", "exceptional", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      if (activation !== "softmax") return original.activateGradient(activation, z, y, dy, dz);
      using other = original.tensor(dy.shape, dataOf(dy).map((value) => nan(value) ? 0 : value));
      original.activateGradient(activation, z, y, other, dz);
    },
  })),
];
