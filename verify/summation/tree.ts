/**
 * Trees of sums: which order a kernel claims to add in, as a tree whose leaves
 * are the products, and comparisons of such trees. A kernel's claim and what
 * the probes find are compared as trees.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import type { AddendPosition, Summation } from "../../kernels/kernel.ts";
import { chain, isExact, planOf } from "./plan.ts";

/** A tree with other trees in place of its leaves. */
function graft(tree: SumTree, parts: readonly SumTree[]): SumTree {
  return typeof tree === "number" ? parts[tree]! : tree.map((child) => graft(child, parts));
}

/**
 * The tree that a kernel claims for k >= 1 products, null where it claims none.
 *
 * @param addend Where something, the leaf number k, is added: a bias, or what an output held; null where nothing is.
 *
 * @example
 * ```ts
 * import { claimedTree } from "./tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(claimedTree({ order: "blocked", block: () => 2 }, 3, "after"), [[[0, 1], 2], 3]);
 * ```
 */
export function claimedTree(
  summation: Summation,
  k: number,
  addend: AddendPosition | null,
): SumTree | null {
  if (!isExact(summation)) return null;
  // What a tree begins with is not said.
  if (summation.order === "tree" && addend === "first") return null;
  if (summation.order === "tree") return addend ? [summation.tree(k), k] : summation.tree(k);
  const { chains, combine } = planOf(summation, k);
  const sums = chains.map((products, i) =>
    chain(i === 0 && addend === "first" ? [k, ...products] : products)
  );
  const tree = graft(combine, sums);
  return addend && addend !== "first" ? [tree, k] : tree;
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

/** The leaves of a tree, each as often as it has it. */
export function leavesOf(tree: SumTree): number[] {
  const leaves: number[] = [];
  const open: SumTree[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node === "number") leaves.push(node);
    else for (const child of node) open.push(child);
  }
  return leaves;
}

/** The smallest leaf of a tree, by which children are ordered. */
function firstLeaf(tree: SumTree): number {
  return leavesOf(tree).reduce((least, leaf) => Math.min(least, leaf), Infinity);
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
  switch (summation.order) {
    case "sequential":
      return summation.reversed ? "sequential from the end" : "sequential";
    case "blocked": {
      const [short, long] = [summation.block(16), summation.block(1024)];
      return short >= 16 ? `blocks of ${long}` : `blocks of ${short} to ${long}`;
    }
    case "interleaved":
      return `${summation.accumulators} accumulators, ${summation.combine}`;
    case "compensated":
      return `compensated, products ${summation.products}`;
    default:
      return summation.order;
  }
}
