/**
 * What a kernel's sums are made of, seen from outside: the width of the
 * accumulator and where it is rounded, whether roundings are compensated, how
 * results are rounded, where a bias is added and what becomes of NaN. Every probe has several lengths, since short sums
 * do not leave the first block or the registers.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import { createRandom } from "../../common/random.ts";
import type { AddendPosition, Kernel } from "../../kernels/kernel.ts";
import { floats, Workspace } from "../check.ts";
import { adjacentFloat } from "../float32.ts";
import { depthOfTree, leavesOf } from "./tree.ts";

const { fround } = Math;

/** Swallows ones in float32, not in float64. */
const large = 2 ** 40;

/** Swallows ones in float64 too. */
const huge = 2 ** 120;

const columns = 3;

/** The longest sums in which a chain is looked for, unless they have but short ones: then the longest of all are tried too. */
const longestChain = 300;

/** A chain of so many terms has several products of one accumulator, and not only sums of one each. */
const longChain = 8;

/** The sums of the rows times one column of weights, by one call of dense. */
export async function sumsOf(
  kernel: Kernel,
  rows: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  bias: number | null = null,
): Promise<number[]> {
  const [m, k] = [rows.length, weights.length];
  using space = new Workspace(kernel);
  const x = new Float32Array(m * k);
  for (const [i, row] of rows.entries()) x.set(row, i * k);
  const w = Float32Array.from({ length: k * columns }, (_, i) => weights[Math.floor(i / columns)]!);
  const y = space.output([m, columns]);
  const addend = bias === null
    ? null
    : space.tensor([columns], new Float32Array(columns).fill(bias));
  kernel.dense(space.tensor([m, k], x), space.tensor([k, columns], w), addend, "linear", y);
  const got = await y.read();
  return rows.map((_, i) => got[i * columns + columns - 1]!);
}

/** k ones, but for some places. */
export function ones(k: number, changes: Readonly<Record<number, number>> = {}): Float32Array {
  const terms = new Float32Array(k).fill(1);
  for (const [p, value] of Object.entries(changes)) terms[Number(p)] = value;
  return terms;
}

/** How many ones are lost beside a large number in the first of these terms whose negative is in the second, the third, … */
async function lost(kernel: Kernel, terms: readonly number[], value: number): Promise<number[]> {
  const [k, [first = 0, ...others]] = [terms.length, terms];
  const rows = others.map((other) => ones(k, { [first]: value, [other]: -value }));
  return (await sumsOf(kernel, rows, ones(k))).map((sum) => k - 2 - sum);
}

/** The format of sums as observed. */
export interface Width {
  readonly accumulator: "float32" | "float64";
  /** Lengths of sums and after how many products a wider sum was rounded to float32 there; none where it never was. */
  readonly stored: readonly (readonly [k: number, every: number])[];
  /** Whether nothing at all is lost beside 2^120: the sum is compensated, or wider than float64. */
  readonly kept: boolean;
}

/** The lengths that are tried: the longer ones show where a wide sum is stored. */
const lengths = [3, 17, 67, 300, 1031];

const narrow: Width = { accumulator: "float32", stored: [], kept: false };

/** The whole numbers below k. */
export const upTo = (k: number): number[] => Array.from({ length: k }, (_, p) => p);

/**
 * Finds the format of sums; one that is narrower beyond some length is narrow.
 *
 * @param search Whether a sum that is narrow from its first product on is also tried along a chain that is looked for: it may begin elsewhere, or run in many accumulators.
 */
export async function observeWidth(kernel: Kernel, search = true): Promise<Width> {
  const stored: [number, number][] = [];
  let kept = true;
  for (const k of lengths) {
    const terms = upTo(k);
    const block = await blockOf(kernel, terms);
    if (block > 0) {
      if (block < 3 || !await keepsOne(kernel, terms)) {
        return search ? await widthOfChains(kernel) : narrow;
      }
      stored.push([k, block]);
    }
    kept &&= (await lost(kernel, terms, huge)).every((count) => count === 0);
  }
  return { accumulator: "float64", stored, kept };
}

/** After how many of these terms something is lost beside a large number in the first; 0 for never. */
async function blockOf(kernel: Kernel, terms: readonly number[]): Promise<number> {
  // Ones are kept within a block: the first loss is where the negative is beyond its end.
  return (await lost(kernel, terms, large)).findIndex((count) => count !== 0) + 1;
}

/** Whether a one is kept beside a large number and its negative, in every order of the first three of these terms. */
async function keepsOne(kernel: Kernel, chain: readonly number[]): Promise<boolean> {
  const rows = [[large, 1, -large], [1, large, -large], [large, -large, 1]].map((first) => {
    const terms = new Float32Array(chain.length);
    for (const [i, value] of first.entries()) terms[chain[i]!] = value;
    return terms;
  });
  return (await sumsOf(kernel, rows, ones(chain.length))).every((sum) => sum === 1);
}

/** The terms in the order in which they are added to one that is added to another first, and how many there are before several come at once; null where none is found. */
async function chainOf(
  kernel: Kernel,
  k: number,
): Promise<{ readonly terms: readonly number[]; readonly alone: number } | null> {
  const random = createRandom(k);
  let first = 0;
  // Of those that are added to the first before it meets others, half are left each time, more or less.
  for (let tries = 0; tries < 32; tries++) {
    const others = upTo(k).filter((p) => p !== first);
    // The more is lost beside them, the later they meet.
    const counts = await lost(kernel, [first, ...others], huge);
    if (counts.some(Number.isNaN)) return null;
    const found = others.map((term, i) => ({ term, count: counts[i]! }))
      .sort((one, other) => one.count - other.count);
    const several = found.findIndex(({ count }, i) => count === found[i + 1]?.count);
    if (several !== 0) {
      const terms = [first, ...found.map(({ term }) => term)];
      return { terms, alone: several < 0 ? k : several + 1 };
    }
    const nearest = found.filter(({ count }) => count === found[0]!.count);
    first = nearest[random.between(0, nearest.length - 1)]!.term;
  }
  return null;
}

/** The format of sums that begin elsewhere, or run in many accumulators: along the chain that is found for each length. */
async function widthOfChains(kernel: Kernel): Promise<Width> {
  const within: [number, number][] = [];
  const atEnds: [number, number][] = [];
  for (const k of lengths) {
    if (k > longestChain && within.length + atEnds.length > 0) break;
    const { terms, alone } = await chainOf(kernel, k) ?? { terms: upTo(k), alone: k };
    const block = await blockOf(kernel, terms);
    if (block >= 3 && await keepsOne(kernel, terms)) {
      (block < alone ? within : atEnds).push([k, block]);
    } else if (within.length + atEnds.length > 0 || k >= longestChain && alone >= longChain) {
      // Chains of short sums may have a product or two, which shows nothing; those of longer ones have more.
      return narrow;
    }
  }
  if (within.length + atEnds.length === 0) return narrow;
  // A chain that ends is stored there, however long it could be.
  return { accumulator: "float64", stored: within.length > 0 ? within : atEnds, kept: false };
}

/** Whether what a compensated sum keeps is itself summed in float32: beside 2^120, 2^40 swallows a one there. */
export async function correctsInFloat32(kernel: Kernel): Promise<boolean> {
  const [sum] = await sumsOf(kernel, [[huge, large, 1, -large, -huge]], ones(5));
  return sum !== 1;
}

/**
 * The terms that a tree of plain float32 sums loses most of: 2^24, and a one
 * that meets it at each addition, where it is half a unit in the last place.
 */
function stagnating(tree: SumTree, k: number): { terms: Float32Array; count: number } {
  const terms = new Float32Array(k);
  let count = 0;
  let node = tree;
  while (typeof node !== "number") {
    const depths = node.map(depthOfTree);
    const deepest = depths.indexOf(Math.max(...depths));
    for (const [i, child] of node.entries()) {
      const leaf = Math.min(...leavesOf(child));
      if (i === deepest || leaf >= k) continue;
      terms[leaf] = 1;
      count++;
    }
    node = node[deepest]!;
  }
  if (node < k) terms[node] = 2 ** 24;
  return { terms, count };
}

/** How many of the ones that are added to 2^24 one by one are lost, and how many there are. */
export async function observeStagnation(
  kernel: Kernel,
  tree: SumTree,
  k: number,
): Promise<{ lost: number; count: number }> {
  const { terms, count } = stagnating(tree, k);
  const [sum = NaN] = await sumsOf(kernel, [terms], ones(k));
  return { lost: 2 ** 24 + count - sum, count };
}

/** How products and sums of two are rounded; null where they are farther off than to either side. */
export async function observeRounding(kernel: Kernel): Promise<"nearest" | "either" | null> {
  const count = 256;
  const random = createRandom(17);
  const left = floats(count, 0.5, 2, random);
  const right = floats(count, 0.5, 2, random).map((value, i) => i % 2 ? value : -value);
  // All rows of one call are multiplied by the same weight; one with a full mantissa makes their products inexact.
  const weight = fround(1 + 1 / 3);
  const products = await sumsOf(kernel, [...left].map((a) => [a]), [weight]);
  const sums = await sumsOf(kernel, [...left].map((a, i) => [a, right[i]! / 3]), [1, 1]);
  let rounding: "nearest" | "either" = "nearest";
  const exact = [...left].flatMap((a, i) => [
    [products[i]!, a * weight],
    [sums[i]!, a + fround(right[i]! / 3)],
  ]);
  for (const [got = NaN, want = NaN] of exact) {
    const near = fround(want);
    if (got === near) continue;
    const other = adjacentFloat(near, near < want === near > 0 ? 1 : -1);
    if (near === want || got !== other) return null;
    rounding = "either";
  }
  return rounding;
}

/** Where a bias is added to a sum. */
export async function observeBias(kernel: Kernel): Promise<AddendPosition> {
  // 2^24 + 1 is no float32 number: where its sum is rounded before −2^24 is added, the 1 is lost.
  const [rounded = NaN] = await sumsOf(kernel, [[2 ** 24, 1]], [1, 1], -(2 ** 24));
  if (rounded === 0) return "after";
  // A sum that loses nothing shows no order.
  if ((await lost(kernel, upTo(17), huge)).every((count) => count === 0)) return "unrounded";
  // What meets 2^120 of the bias first is swallowed with it; what comes after both is not.
  const k = 9;
  const rows = Array.from({ length: k }, (_, p) => ones(k, { [p]: -huge }));
  const sums = await sumsOf(kernel, rows, ones(k), huge);
  return sums.every((sum) => sum === 0) ? "unrounded" : "first";
}

/** What becomes of a product that is subnormal. */
export async function observeDenormals(kernel: Kernel): Promise<"kept" | "flushed"> {
  const [sum] = await sumsOf(kernel, [[2 ** -126]], [0.5]);
  return sum === 2 ** -127 ? "kept" : "flushed";
}

/**
 * Whether a NaN opposite zeros reaches the output from every place of sums of
 * several lengths, and infinities too.
 *
 * @param open Whether an infinity may become NaN, as in compensated sums.
 */
export async function observeNaN(kernel: Kernel, open: boolean): Promise<"propagates" | "lost"> {
  for (const k of [1, 2, 3, 5, 17, 67]) {
    const rows = Array.from({ length: k }, (_, p) => {
      const terms = new Float32Array(k).fill(1);
      terms[p] = NaN;
      return terms;
    });
    const fromX = await sumsOf(kernel, rows, new Float32Array(k));
    const zeros = [new Float32Array(k)];
    const fromWeight = await Promise.all(
      [0, k >> 1, k - 1].map((p) => sumsOf(kernel, zeros, ones(k, { [p]: NaN }))),
    );
    if (![...fromX, ...fromWeight.flat()].every(Number.isNaN)) return "lost";
    const infinite = rows.map((row) => row.map((value) => value === 1 ? 1 : Infinity));
    const sums = await sumsOf(kernel, infinite, ones(k));
    if (!sums.every((sum) => sum === Infinity || open && Number.isNaN(sum))) return "lost";
  }
  return "propagates";
}
