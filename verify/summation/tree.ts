/**
 * Trees of sums: which order a kernel claims to add in, as a tree whose leaves
 * are the products, and comparisons of such trees. A kernel's claim and what
 * the probes find are compared as trees.
 *
 * @module
 */
import type { Summation } from "../../kernels/kernel.ts";
import type { SumTree } from "../../results/verification/schema.ts";

/** Leaves first to last, added one after the other. */
function chain(leaves: readonly SumTree[]): SumTree {
  return leaves.reduce((sum, leaf) => [sum, leaf]);
}

/** The lengths of the blocks in which k products are summed; one block where the order is sequential. */
export function blocksOf(
  summation: Exclude<Summation, { order: "unspecified" }>,
  k: number,
): number[] {
  const block = summation.order === "sequential" ? k : Math.max(1, summation.block(k));
  const count = Math.max(1, Math.ceil(k / Math.max(1, block)));
  return Array.from({ length: count }, (_, i) => Math.min(block, k - i * block));
}

/**
 * The tree that a kernel claims for k >= 1 products, null where it claims none.
 *
 * @param addend Whether something, the leaf number k, is added at the end: a bias, or what an output held.
 *
 * @example
 * ```ts
 * import { claimedTree } from "./tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(claimedTree({ order: "blocked", block: () => 2 }, 3, true), [[[0, 1], 2], 3]);
 * ```
 */
export function claimedTree(summation: Summation, k: number, addend: boolean): SumTree | null {
  if (summation.order === "unspecified") return null;
  let next = 0;
  const sums = blocksOf(summation, k).map((length) => chain(Array.from({ length }, () => next++)));
  return chain(addend ? [...sums, k] : sums);
}

/** The most additions that a leaf passes through. */
export function depthOfTree(tree: SumTree): number {
  let deepest = 0;
  const open: [SumTree, number][] = [[tree, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, depth] = next;
    if (typeof node === "number") deepest = Math.max(deepest, depth);
    else for (const child of node) open.push([child, depth + 1]);
  }
  return deepest;
}

/** The smallest leaf of a tree, by which children are ordered. */
function firstLeaf(tree: SumTree): number {
  let smallest = Infinity;
  const open: SumTree[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node === "number") smallest = Math.min(smallest, node);
    else open.push(...node);
  }
  return smallest;
}

/** Whether two trees add the same leaves in the same order, a + b being b + a. */
export function sameTree(a: SumTree, b: SumTree): boolean {
  const open: [SumTree, SumTree][] = [[a, b]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [left, right] = next;
    if (typeof left === "number" || typeof right === "number") {
      if (left !== right) return false;
      continue;
    }
    if (left.length !== right.length) return false;
    const byLeaf = (children: readonly SumTree[]) =>
      children.map((child) => ({ child, first: firstLeaf(child) }))
        .sort((one, other) => one.first - other.first);
    const others = byLeaf(right);
    for (const [i, { child }] of byLeaf(left).entries()) open.push([child, others[i]!.child]);
  }
  return true;
}

/** An order in words, for tables. */
export function describeSummation(summation: Summation): string {
  if (summation.order !== "blocked") return summation.order;
  const [short, long] = [summation.block(16), summation.block(1024)];
  return short >= 16 ? `blocks of ${long}` : `blocks of ${short} to ${long}`;
}
