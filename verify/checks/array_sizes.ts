/**
 * Arrays of every size: activations and their gradients by number of elements,
 * softmax and its gradient by rows and by columns, sums of rows by rows and by
 * columns, what is written and read. Each crosses every power of two, every
 * remainder modulo 32 and random sizes up to fixed limits (`sizes/limits.ts`);
 * all results are compared.
 *
 * @module
 */
import { createRandom, type Random, seedOf, shuffle } from "../../common/random.ts";
import { activations, type Pointwise } from "../../kernels/activation.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, type Check, shapedCase, uniqueCases } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { compareActivated, compareGradient } from "../sizes/elementwise.ts";
import {
  limitsFor,
  logUniform,
  remaindersFrom,
  type SizeLimits,
  sizesAround,
  thresholdsOf,
} from "../sizes/limits.ts";
import {
  compareContents,
  compareRowSums,
  compareSoftmax,
  compareSoftmaxGradient,
} from "../sizes/rowwise.ts";
import { runSized } from "../sizes/running.ts";

const name = "array-sizes";

const pointwise = activations.filter((activation): activation is Pointwise =>
  activation !== "softmax"
);

/** An operation on [rows, columns]. */
type Compare = (
  kernel: Kernel,
  rows: number,
  columns: number,
  random: Random,
) => Promise<Outcome>;

type Size = readonly [rows: number, columns: number];

/** A case in which m are the rows and n the columns; there is no k. */
function arrayCase(operation: string, [m, n]: Size, suffix: string | null, compare: Compare): Case {
  return shapedCase(
    `${name}/${operation}`,
    { m, n, k: 1 },
    suffix,
    ({ m, n }, kernel, random) =>
      runSized(
        kernel,
        m * n,
        () =>
          m * n === 0
            ? Promise.resolve({ worst: 0, problem: null })
            : compare(kernel, m, n, random),
      ),
  );
}

/** Operations for which rows and columns matter, each with the most columns that its data keep exact. */
const rowwise: Readonly<Record<string, { readonly most: number; readonly compare: Compare }>> = {
  "sum-rows": { most: Infinity, compare: compareRowSums },
  softmax: { most: Infinity, compare: compareSoftmax },
  "softmax-gradient": { most: 2 ** 22, compare: compareSoftmaxGradient },
};

/** Operations on each element, by the cost of which the lengths are chosen. */
const elementwise = {
  activate: compareActivated,
  gradient: compareGradient,
} as const;

function pointwiseCase(
  operation: keyof typeof elementwise,
  activation: Pointwise,
  size: Size,
): Case {
  const compare = elementwise[operation];
  return arrayCase(
    operation,
    size,
    activation,
    (kernel, rows, columns, random) => compare(kernel, activation, rows, columns, random),
  );
}

/** Both sides of every threshold, every remainder at one size, as rows and as columns. */
function sweptSizes({ everySize }: SizeLimits, thresholds: readonly number[]): Size[] {
  const sizes = [
    ...sizesAround(thresholds, 4 * everySize),
    ...remaindersFrom(everySize + everySize / 16),
  ];
  return [...new Set(sizes)].flatMap((size, i): Size[] => [
    [size, 1 + i % 5],
    [1 + (i + 2) % 5, size],
  ]);
}

/** Several rows of columns on both sides of every threshold: what is wrong in one row of them may be right in the first. */
function severalRows({ everySize }: SizeLimits, thresholds: readonly number[]): Size[] {
  return sizesAround(thresholds, 4 * everySize).map((size): Size => [3 + size % 5, size]);
}

/** Batches and classes as networks end in. */
const usualSizes: readonly Size[] = [32, 64, 100, 128, 256].flatMap((rows) =>
  [2, 3, 10, 100].map((columns): Size => [rows, columns])
);

/** Long in one direction, in both, and drawn. */
function largeSizes({ long, everySize, drawn }: SizeLimits, random: Random): Size[] {
  const side = Math.floor(Math.sqrt(long));
  return [
    [long + 1, 1],
    [1, long + 1],
    [Math.floor(long / 3), 3],
    [3, Math.floor(long / 3)],
    [side, side - 1],
    [4 * everySize + 3, 33],
    [33, 4 * everySize + 5],
    ...Array.from({ length: drawn }, (): Size => {
      const rows = logUniform(1, long / 2, random);
      return [rows, logUniform(1, Math.max(1, long / 2 / rows), random)];
    }),
  ];
}

/** The cases, those first that find most for their time. */
function casesFor(kernel: Kernel, limits: SizeLimits, random: Random): Case[] {
  const { longest, long, everySize } = limits;
  const thresholds = thresholdsOf(kernel.traits);
  const swept = sweptSizes(limits, [...thresholds.m, ...thresholds.n]);
  const several = severalRows(limits, thresholds.n);
  const large = largeSizes(limits, random);
  const byRows = Object.entries(rowwise).map(([operation, { most, compare }]) => ({
    operation,
    most,
    make: (size: Size) => arrayCase(operation, size, null, compare),
  }));
  // The longest are for the cheapest and for one that is drawn.
  const order = shuffle([...pointwise], random);
  const pointwiseCases = (["activate", "gradient"] as const).flatMap((operation, o) => [
    ...pointwise.map((activation, a) =>
      pointwiseCase(operation, activation, [1, long + 2 * a + 1])
    ),
    ...pointwise.flatMap((activation) =>
      remaindersFrom(everySize + everySize / 32).map((count) =>
        pointwiseCase(operation, activation, [1, count])
      )
    ),
    // Where arrays are cut into pieces, or into shares of threads, it is for all activations alike.
    ...remaindersFrom(long / 8 + long / 64).map((count) =>
      pointwiseCase(operation, "relu", [count, 1])
    ),
    ...swept.map((size, s) => pointwiseCase(operation, order[(s + o) % order.length]!, size)),
    ...large.map((size, s) => pointwiseCase(operation, order[(s + o) % order.length]!, size)),
  ]);
  const longestCases = (["activate", "gradient"] as const).flatMap((operation) => [
    pointwiseCase(operation, "relu", [1, longest + 7]),
    pointwiseCase(operation, order[0]!, [longest / 4 + 5, 1]),
  ]);
  // More than 65,535 groups of 64, which is what a GPU takes in one dimension; and no more than 2^22,
  // so that the memory of its data is used again.
  const manyGroups: Size = [1, 65_535 * 64 + 37];
  const isLong = longest >= 2 ** 20;
  const contents = [
    ...sizesAround([], everySize).map((size): Size => [1, size]),
    ...large,
    [1, 2 * longest + 3] as const,
    [longest / 8 + 1, 3] as const,
  ];
  return uniqueCases([
    ...byRows.flatMap(({ most, make }) => large.filter(([, n]) => n <= most).map(make)),
    ...byRows.flatMap(({ make }) => [...swept, ...several, ...usualSizes].map(make)),
    ...pointwiseCases,
    ...contents.map((size) => arrayCase("contents", size, null, compareContents)),
    ...byRows.flatMap(({ most, make }) =>
      ([[longest + 1, 1], [1, longest / 4 + 1]] as const).filter(([, n]) => n <= most).map(make)
    ),
    ...longestCases,
    ...(isLong ? (["activate", "gradient"] as const) : []).map((operation) =>
      pointwiseCase(operation, "relu", manyGroups)
    ),
  ]);
}

/** The check. */
export const arraySizes: Check = {
  name,
  anyShape: true,
  description:
    "activations, softmax, gradients, sums of rows and contents are right for arrays of every size",
  cases: (kernel, { effort, seed = 1 }) =>
    casesFor(kernel, limitsFor(kernel, effort), createRandom(seedOf(name, seed))),
};
