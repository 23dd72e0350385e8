/**
 * Whether products are fused with their additions, seen from outside: in
 * (1 + ε)(1 − ε) − 1 a product that is rounded before leaves 0, and a fused one
 * −ε². The −1 must come first, so that every other place is tried for it.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { ones, sumsOf, upTo } from "./observe.ts";
import { heldToTheBit } from "./plan.ts";

const epsilon = 2 ** -13;

/** A sum so long that what begins a chain, and is not fused, is the smaller part of it, in a hundred chains too. */
const longSum = 259;

/** Whether product p of k is fused with its addition to some other one; in calls of all rows, or of one row each, which may have a path of its own. */
async function isFused(
  kernel: Kernel,
  k: number,
  p: number,
  rowsOfCall: "all" | "one" = "all",
): Promise<boolean> {
  const rows = upTo(k).filter((q) => q !== p).map((q) => {
    const terms = new Float32Array(k);
    terms[p] = 1 + epsilon;
    terms[q] = -1;
    return terms;
  });
  const weights = ones(k, { [p]: 1 - epsilon });
  for (const part of rowsOfCall === "all" ? [rows] : rows.map((row) => [row])) {
    if ((await sumsOf(kernel, part, weights)).some((sum) => sum !== 0)) return true;
  }
  return false;
}

/** Whether any product of a sum is fused. */
export async function observeFused(kernel: Kernel): Promise<boolean> {
  for (const k of [2, 3, 8, 19]) {
    for (let p = 0; p < k; p++) if (await isFused(kernel, k, p)) return true;
  }
  // In many chains short sums are of products that begin one, and are not fused.
  return await isFused(kernel, longSum, longSum - 1) ||
    await isFused(kernel, longSum, Math.floor(longSum / 2));
}

/** So many of its products are tried, as far apart as they can be, in calls of many rows and of one. */
const tried = { all: 32, one: 8 } as const;

/** Fewer than this share of them are not what `fused: true` means: where sums are by halves of two products each, one of two is fused. */
const leastShare = 1 / 4;

/** Whether a claim of fused products says more than is held to the bit. */
export function isOpenlyFused(traits: KernelTraits): boolean {
  const { fused, accumulator, rounding, denormals, summation } = traits;
  return fused === true && accumulator === "float32" && rounding === "nearest" &&
    denormals === "kept" && summation.order !== "compensated" && !heldToTheBit(traits);
}

/** What is wrong with the claim that products are fused, where no order says which; null for nothing. */
export async function faultOfFused(kernel: Kernel): Promise<string | null> {
  for (const rowsOfCall of ["all", "one"] as const) {
    const all = tried[rowsOfCall];
    let count = 0;
    for (let i = 0; i < all; i++) {
      const p = longSum - 1 - Math.floor(i * (longSum - 1) / all);
      if (await isFused(kernel, longSum, p, rowsOfCall)) count++;
    }
    if (count >= leastShare * all) continue;
    const where = rowsOfCall === "all" ? "" : " in one row";
    return `the claim is fused: true, but of ${all} products of sums of ${longSum}${where} only ${count} are; where some are, fused: "either" says so`;
  }
  return null;
}
