/**
 * Trees of sums, made short enough to read: leaves that are added one after
 * the other, at equal steps, are folded into one run, so that a sum of
 * hundreds of products in blocks is a handful of parts. Nothing of the order is
 * lost: a folded tree says exactly what the whole one does.
 *
 * Notation: sums are taken from the left, brackets first. `(0…47)` is a sum of
 * its own; `+4…7` adds 4, 5, 6 and 7 in turn to what stands before it.
 *
 * @module
 */
import type { SumTree } from "./schema.ts";

/** Leaves at equal steps: `first`, `first + step` … `last`; one leaf where `count` is 1. */
export interface Run {
  readonly kind: "run";
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly count: number;
}

/** Parts that are added: in turn from the left, or all at once, in an order that was not seen. */
export interface Sum {
  readonly kind: "sum";
  readonly order: "in turn" | "at once";
  /** Two or more parts, or a single run of two or more leaves. */
  readonly parts: readonly Folded[];
}

/** A tree of sums, folded. */
export type Folded = Run | Sum;

/** Fewer leaves than this at equal steps are not folded. */
const shortest = 3;

/** A tree over k products, and the bias k, with its runs folded; `fold` false keeps every leaf a part of its own. */
export function foldTree(tree: SumTree, k: number, fold = true): Folded {
  if (typeof tree === "number") return leaf(tree);
  if (tree.length === 1) return foldTree(tree[0] ?? 0, k, fold);
  const atOnce = tree.length > 2;
  const items = atOnce ? [...tree] : unroll(tree, k);
  const parts: Folded[] = [];
  for (let i = 0; i < items.length;) {
    const run = fold ? runAt(items, i, k) : null;
    if (run === null) {
      const item = items[i++];
      if (item !== undefined) parts.push(foldTree(item, k, fold));
    } else {
      parts.push(run);
      i += run.count;
    }
  }
  return { kind: "sum", order: atOnce ? "at once" : "in turn", parts };
}

function leaf(index: number): Run {
  return { kind: "run", first: index, last: index, step: 1, count: 1 };
}

/**
 * What is added in turn in a tree of pairs, in order: the spine of the tree,
 * walked from its root down. A leaf is added to a sum, not a sum to a leaf; of
 * two sums the first goes on. (All the same to the result: sums commute.)
 */
function unroll(tree: SumTree, k: number): SumTree[] {
  const added: SumTree[] = [];
  let at = tree;
  while (typeof at !== "number" && at.length === 2) {
    const [a, b]: readonly SumTree[] = at;
    if (a === undefined || b === undefined) break;
    const swap = typeof a === "number" && typeof b !== "number";
    added.push(swap ? a : b);
    at = swap ? b : a;
  }
  added.push(at);
  added.reverse();
  // The first two are a pair without order: the bias first, else as the third goes on.
  const [a, b, c] = added;
  if (typeof a === "number" && typeof b === "number" && a !== k) {
    const onward = typeof c === "number" && c !== k ? a - b === c - a : b < a;
    const swap = b === k ? c !== undefined : onward;
    if (swap) [added[0], added[1]] = [b, a];
  }
  return added;
}

/** The longest run of products at equal steps that begins at `start`; null where it is too short to fold. */
function runAt(items: readonly SumTree[], start: number, k: number): Run | null {
  const [first, second] = [items[start], items[start + 1]];
  if (typeof first !== "number" || typeof second !== "number") return null;
  if (first === k || second === k) return null;
  const step = second - first;
  let last = second;
  let end = start + 2;
  for (; end < items.length; end++) {
    const next = items[end];
    if (typeof next !== "number" || next === k || next - last !== step) break;
    last = next;
  }
  const count = end - start;
  return count < shortest ? null : { kind: "run", first, last, step, count };
}

/** How many parts without parts a folded tree has. */
export function partsOf(tree: Folded): number {
  return tree.kind === "run" ? 1 : tree.parts.reduce((sum, part) => sum + partsOf(part), 0);
}

/** How many leaves a folded tree stands for. */
export function leavesOf(tree: Folded): number {
  return tree.kind === "run"
    ? tree.count
    : tree.parts.reduce((sum, part) => sum + leavesOf(part), 0);
}

/** A run as text: `7`, `bias`, `0…47`, `0,4…12`; leaf `k` is the bias. */
export function formatRun({ first, last, step, count }: Run, k: number): string {
  const name = (index: number) => index === k ? "bias" : String(index);
  if (count === 1) return name(first);
  if (Math.abs(step) === 1) return `${name(first)}…${name(last)}`;
  return `${name(first)},${name(first + step)}…${name(last)}`;
}

/** More parts than this in one sum, and those of its middle are left out where they follow a pattern. */
const most = 6;

/**
 * The parts of a sum, with one null for those left out: as many leaves each as
 * their neighbours, and as far from them, so that first and last tell them all.
 */
export function abridged({ order, parts }: Sum): readonly (Folded | null)[] {
  if (order === "at once" || parts.length <= most) return parts;
  const start = (i: number) => firstLeaf(parts[i]);
  const kept: (Folded | null)[] = [];
  for (const [i, part] of parts.entries()) {
    const alike = i >= 2 && i < parts.length - 2 && part.kind === "sum" &&
      [i - 1, i + 1].every((beside) => {
        const other = parts[beside];
        return other?.kind === "sum" && leavesOf(other) === leavesOf(part);
      }) && start(i) - start(i - 1) === start(i + 1) - start(i);
    if (!alike) kept.push(part);
    else if (kept.at(-1) !== null) kept.push(null);
  }
  return kept;
}

function firstLeaf(tree: Folded | undefined): number {
  if (tree === undefined) return NaN;
  return tree.kind === "run" ? tree.first : firstLeaf(tree.parts[0]);
}

/**
 * A tree of the products 0 to k − 1, and the bias k, as text:
 * `((0…47)+(48…66))+bias`.
 *
 * @example Four products in turn, and the bias
 * ```ts
 * import { formatTree } from "./tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTree([[[[0, 1], 2], 3], 4], 4), "(0…3)+bias");
 * ```
 */
export function formatTree(tree: SumTree, k: number): string {
  return format(foldTree(tree, k), k);
}

function format(tree: Folded, k: number): string {
  if (tree.kind === "run") return formatRun(tree, k);
  const texts = abridged(tree).map((part, i, { length }) => {
    if (part === null) return "…";
    if (part.kind === "sum") return `(${format(part, k)})`;
    // At the start a run is a sum by itself; behind another part it is added leaf by leaf.
    return i === 0 && part.count > 1 && length > 1 && tree.order === "in turn"
      ? `(${formatRun(part, k)})`
      : formatRun(part, k);
  });
  if (tree.order === "at once") return `${texts.join("+")} at once`;
  if (tree.parts.length > most) return texts.join("+");
  return texts.reduce((sum, text, i) => i === 1 ? `${sum}+${text}` : `(${sum})+${text}`);
}
