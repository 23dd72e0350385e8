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

/** Whether product p of k is fused with its addition to some other one. */
async function isFused(kernel: Kernel, k: number, p: number): Promise<boolean> {
  const rows = upTo(k).filter((q) => q !== p).map((q) => {
    const terms = new Float32Array(k);
    terms[p] = 1 + epsilon;
    terms[q] = -1;
    return terms;
  });
  return (await sumsOf(kernel, rows, ones(k, { [p]: 1 - epsilon }))).some((sum) => sum !== 0);
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

/** So many of its products are tried, as far apart as they can be. */
const tried = 32;

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
  let count = 0;
  for (let i = 0; i < tried; i++) {
    const p = longSum - 1 - Math.floor(i * (longSum - 1) / tried);
    if (await isFused(kernel, longSum, p)) count++;
  }
  return count >= leastShare * tried
    ? null
    : `the claim is fused: true, but of ${tried} products of sums of ${longSum} only ${count} are; where some are, fused: "either" says so`;
}
