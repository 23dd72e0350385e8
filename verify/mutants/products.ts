/**
 * Mutants of the product: wrong bounds, tails, strides, blocks, accumulators,
 * precisions and orders of summation.
 *
 * @module
 */
import type { KernelTraits } from "../../kernels/kernel.ts";
import { adjacentFloat } from "../float32.ts";
import type { Mutant } from "./mutant.ts";
import { elementOf, kernelOf, type Steps, subjectKernel, tile } from "./subject.ts";
import { inOrder, productOf, truncated, upTo } from "./sums.ts";

const { fround } = Math;

function product(
  name: string,
  killer: string,
  steps: Partial<Steps>,
  claims: Partial<KernelTraits> = {},
  { key = false } = {},
): Mutant {
  return {
    name,
    kind: "JavaScript",
    killer,
    key,
    create: () => Promise.resolve(subjectKernel(steps, claims)),
  };
}

const key = { key: true };

/** Cut to so many bits of mantissa, rounded to the nearest. */
function roundTo(bits: number): (value: number) => number {
  return (value) => {
    if (value === 0 || !Number.isFinite(value)) return value;
    const scale = 2 ** (bits - 1 - Math.floor(Math.log2(Math.abs(value))));
    return Math.round(value * scale) / scale;
  };
}

/** float32 towards minus infinity. */
function roundedDown(value: number): number {
  const near = fround(value);
  if (near <= value || !Number.isFinite(near)) return near;
  return adjacentFloat(near, near > 0 ? -1 : 1);
}

/** What whole tiles cover of a size. */
function wholeTiles(size: number): number {
  return size - size % tile.nr;
}

/** Products whose results are wrong. */
const wrongResults: readonly Mutant[] = [
  product(
    "the last product of a sum is left out",
    "exact-forward",
    { depth: (k) => k - 1 },
    {},
    key,
  ),
  product("the tail of k behind whole vectors is left out", "exact-forward", {
    depth: (k) => k > 4 ? wholeTiles(k) : k,
  }),
  product(
    "the columns behind the last whole tile are not written",
    "exact-forward",
    {
      columns: (n) => n > 4 ? wholeTiles(n) : n,
    },
    {},
    key,
  ),
  product("the rows behind the last whole tile are not written", "exact-forward", {
    rows: (m) => m > 4 ? wholeTiles(m) : m,
  }),
  product("the last column is computed from the one before", "exact-forward", {
    columnOfB: (j, n) => j === n - 1 && n % 4 === 1 && j > 0 ? j - 1 : j,
  }),
  product("a whole vector is stored where a row has less left", "exact-forward", {
    store: (out, i, j, n, sum) => {
      out[i * n + j] = sum;
      if (j === n - 1 && n % 4 === 3 && i * n + j + 1 < out.length) out[i * n + j + 1] = sum;
    },
  }),
  product("b is read with the stride of a", "exact-forward", {
    at: (view, row, column, which) =>
      which === "b" && view.columnStride === 1 && view.rowStride > 1
        ? view.data[row * (view.rowStride - 1) + column]!
        : elementOf(view, row, column),
  }),
  product("one product of the last column reads the wrong row of b", "exact-forward", {
    at: (view, row, column, which) =>
      which === "b" && row === 2 && column === 3 && view.data.length > 12
        ? elementOf(view, 1, column)
        : elementOf(view, row, column),
  }),
  product(
    "a chunk of k is left out where there are several",
    "exact-forward",
    {
      timesOfChunk: (p, k) => k > tile.kc && p === tile.kc ? 0 : 1,
    },
    {},
    key,
  ),
  product("a chunk of k is added twice where there are several", "exact-forward", {
    timesOfChunk: (p, k) => k > tile.kc && p === 0 ? 2 : 1,
  }),
  product(
    "sums begin with what the output held",
    "exact-forward",
    { start: (old) => old },
    {},
    key,
  ),
  product("sums of the last column alone begin with what the output held", "exact-forward", {
    start: (old, _, { j, n }) => j === n - 1 && n % 4 === 1 && n > 1 ? old : 0,
  }),
  product("a tile begins with the sums of the tile before", "exact-forward", {
    start: (_, before, { j }) => j > 0 && j % 4 === 0 ? before : 0,
  }),
  product("m and n change places", "exact-forward", {
    store: (out, i, j, n, sum) => {
      const m = out.length / n;
      out[m === n ? i * n + j : j * m + i] = sum;
    },
  }),
  product(
    "one output is 64 ULP off",
    "rigorous-forward",
    {
      store: (out, i, j, n, sum) =>
        out[i * n + j] = i === 1 && j === 1 ? sum * (1 + 2 ** -17) : sum,
    },
    {},
    key,
  ),
  product(
    "only 65,535 rows are computed",
    "freivalds",
    { rows: (m) => Math.min(m, 65_535) },
    {},
    key,
  ),
  product("offsets are cut to 16 bits", "freivalds", {
    store: (out, i, j, n, sum) => out[(i * n + j) & 0xffff] = sum,
  }),
];

/** Products that are less precise than they claim. */
const lessPrecise: readonly Mutant[] = [
  product(
    "inputs are cut to 11 bits, as TF32 is",
    "exact-forward",
    {
      at: (view, row, column) => roundTo(11)(elementOf(view, row, column)),
    },
    {},
    key,
  ),
  product("inputs are cut to 8 bits, as bfloat16 is", "exact-forward", {
    at: (view, row, column) => roundTo(8)(elementOf(view, row, column)),
  }),
  product("sums are kept to 11 bits, as float16 is", "exact-forward", {
    round: (value) => fround(roundTo(11)(value)),
  }),
  product("sums are kept to 20 bits", "rigorous-forward", {
    round: (value) => fround(roundTo(20)(value)),
  }, { summation: { order: "unspecified" } }),
  product("subnormal numbers are taken for zero", "rigorous-forward", {
    round: (value) => Math.abs(fround(value)) < 2 ** -126 ? 0 : fround(value),
  }),
  product("sums are rounded towards minus infinity", "metamorphic", {
    round: roundedDown,
  }),
  {
    name: "sums are rounded towards zero, in an order that is not told",
    kind: "JavaScript",
    killer: "statistics",
    create: () =>
      Promise.resolve(kernelOf(
        productOf(inOrder(upTo, (sum, a, b) => {
          const value = sum + a * b;
          // What overflows is not to give it away.
          return Number.isFinite(fround(value)) ? truncated(value) : fround(value);
        })),
        { summation: { order: "unspecified" } },
      )),
  },
];

/** Products that add in another order than they claim. */
const wrongClaims: readonly Mutant[] = [
  product("chunks are of 16 where 8 are claimed", "order", {}, {
    summation: { order: "blocked", block: () => 8 },
  }, key),
  product("chunks are claimed not to be", "order", {}, { summation: { order: "sequential" } }),
  product("products are said to be fused", "order", {}, { fused: true }),
  product("sums are said to be in float64", "order", {}, {
    accumulator: "float64",
    summation: { order: "sequential" },
  }),
  {
    name: "a single row is added in another order than many",
    kind: "JavaScript",
    killer: "determinism",
    create: () =>
      Promise.resolve(kernelOf(({ m, n, k }, a, b, out, accumulate) => {
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let step = 0; step < k; step++) {
              const p = m === 1 ? k - 1 - step : step;
              sum = fround(sum + fround(elementOf(a, i, p) * elementOf(b, p, j)));
            }
            out[i * n + j] = accumulate ? fround(out[i * n + j]! + sum) : sum;
          }
        }
      }, {})),
  },
];

/** Mutants of the product. */
export const productMutants: readonly Mutant[] = [...wrongResults, ...lessPrecise, ...wrongClaims];
