/**
 * What an order of summation prescribes for k products: chains, whose products
 * are added one after the other, and a tree in which the sums of the chains are
 * put together. Trees, emulation and bounds are all derived from it.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import type { KernelTraits, Summation } from "../../kernels/kernel.ts";

/** The orders that say of every addition when it comes. */
export type ExactSummation = Extract<
  Summation,
  { order: "sequential" | "blocked" | "interleaved" | "tree" }
>;

/** How k products are added. */
export interface Plan {
  /** The products of each chain, in the order in which they are added. */
  readonly chains: readonly (readonly number[])[];
  /** How the chains' sums are added; leaves are the indices of chains. */
  readonly combine: SumTree;
}

/** Whether an order says of every addition when it comes. */
export function isExact(summation: Summation): summation is ExactSummation {
  return ["sequential", "blocked", "interleaved", "tree"].includes(summation.order);
}

/** Whether the claims determine every bit of a product on real numbers. */
export function heldToTheBit(
  { summation, rounding, fused }: Pick<KernelTraits, "summation" | "rounding" | "fused">,
): boolean {
  // Which products of a tree are fused is not said: both children of a node may be products.
  return isExact(summation) && rounding === "nearest" && fused !== "either" &&
    !(summation.order === "tree" && fused);
}

/**
 * Whether the claims determine a product on real numbers to the bit, or to the interval of all that
 * they allow at each step. Which products of a tree are fused is not said, nor where in a wide sum
 * a rounding goes to either side.
 */
export function hasInterval(
  { summation, accumulator, fused, rounding, denormals, bias }: Pick<
    KernelTraits,
    "summation" | "accumulator" | "fused" | "rounding" | "denormals" | "bias"
  >,
): boolean {
  const open = summation.order === "tree" && (fused !== false || bias === "first");
  const wide = accumulator === "float64" && (rounding === "either" || denormals === "flushed");
  return isExact(summation) && !open && !wide;
}

/** First to last, added one after the other. */
export function chain(parts: readonly SumTree[]): SumTree {
  return parts.reduce((sum, part) => [sum, part]);
}

/** Neighbours two by two, and again, until one is left; one without a neighbour goes up as it is. */
function pairs(parts: readonly SumTree[]): SumTree {
  let level = parts;
  while (level.length > 1) {
    const above: SumTree[] = [];
    for (let i = 0; i < level.length; i += 2) {
      above.push(i + 1 < level.length ? [level[i]!, level[i + 1]!] : level[i]!);
    }
    level = above;
  }
  return level[0]!;
}

/**
 * The second half added to the first, element by element, and again, until one
 * is left. Of `count` accumulators those beyond the parts are empty: they decide
 * where a half ends, and add nothing.
 */
function halves(parts: readonly SumTree[], count: number): SumTree {
  let level = parts;
  for (let length = count; length > 1; length = Math.ceil(length / 2)) {
    const half = Math.ceil(length / 2);
    const upper = level.slice(half);
    level = level.slice(0, half).map((part, i) => i < upper.length ? [part, upper[i]!] : part);
  }
  return level[0]!;
}

type Interleaved = Extract<Summation, { order: "interleaved" }>;

/** Ways of putting accumulators together, by the names of the claim: the first of them, which hold something, and how many there are. */
export const combinations: Readonly<
  Record<Interleaved["combine"], (parts: readonly SumTree[], count: number) => SumTree>
> = { sequential: chain, pairs, halves };

/** Their names. */
export const combinationNames = Object.keys(combinations) as readonly Interleaved["combine"][];

const indices = (length: number) => Array.from({ length }, (_, i) => i);

/** The lengths of the blocks in which k products are summed; one block where the order is sequential. */
export function blocksOf(
  summation: Extract<Summation, { order: "sequential" | "blocked" }>,
  k: number,
): number[] {
  const block = summation.order === "sequential" ? k : Math.max(1, summation.block(k));
  const count = Math.max(1, Math.ceil(k / Math.max(1, block)));
  return Array.from({ length: count }, (_, i) => Math.min(block, k - i * block));
}

/** How the accumulators are put together that hold any of k >= 1 products; leaves are their indices. */
export function combinedAccumulators({ accumulators, combine }: Interleaved, k: number): SumTree {
  return combinations[combine](indices(Math.max(1, Math.min(accumulators, k))), accumulators);
}

/** How an exact order adds k products. */
export function planOf(summation: ExactSummation, k: number): Plan {
  if (k === 0) return { chains: [[]], combine: 0 };
  if (summation.order === "tree") {
    return { chains: indices(k).map((p) => [p]), combine: summation.tree(k) };
  }
  if (summation.order === "interleaved") {
    const count = Math.max(1, Math.min(summation.accumulators, k));
    const lanes = indices(count).map((lane) => indices(k).filter((p) => p % count === lane));
    return { chains: lanes, combine: combinedAccumulators(summation, k) };
  }
  if (summation.order === "sequential" && summation.reversed) {
    return { chains: [indices(k).reverse()], combine: 0 };
  }
  let start = 0;
  const chains = blocksOf(summation, k).map((length) => {
    start += length;
    return Array.from({ length }, (_, i) => start - length + i);
  });
  return { chains, combine: chain(indices(chains.length)) };
}
