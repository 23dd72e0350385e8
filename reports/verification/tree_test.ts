import { assert, assertEquals } from "@std/assert";
import type { SumTree } from "../../results/verification/schema.ts";
import { foldTree, formatTree, leavesOf, partsOf } from "./tree.ts";
import { boxHeight, layOutTree, type Leaf, mostParts, type Node } from "./tree_layout.ts";
import { blocks, chain, lanes, pairwise } from "../../results/verification/formulas_testing.ts";

const texts: readonly (readonly [string, SumTree, number, string])[] = [
  ["one product", 0, 1, "0"],
  ["a product and the bias", [0, 1], 1, "0+bias"],
  ["a sum in turn", chain(0, 16), 16, "0…15"],
  ["a sum in turn and the bias", [chain(0, 16), 16], 16, "(0…15)+bias"],
  ["the bias first", [[[3, 0], 1], 2], 3, "bias+0…2"],
  ["backwards", [[[3, 2], 1], 0], 4, "3…0"],
  ["sums that stand right of what is added", [3, [2, [1, 0]]], 4, "0…3"],
  ["blocks and the bias", [blocks(67, 48), 67], 67, "((0…47)+(48…66))+bias"],
  ["pairs", pairwise(0, 8), 8, "((0+1)+(2+3))+((4+5)+(6+7))"],
  ["four lanes", lanes(16, 4), 16, "(((0,4…12)+(1,5…13))+(2,6…14))+(3,7…15)"],
  ["products after a sum", [[[[[0, 1], [2, 3]], 4], 5], 6], 7, "((0+1)+(2+3))+4…6"],
  ["all at once", [0, 1, 2, 3], 4, "0…3 at once"],
  [
    "many blocks",
    [blocks(960, 48), 960],
    960,
    "(0…47)+(48…95)+…+(912…959)+bias",
  ],
];

for (const [name, tree, k, text] of texts) {
  Deno.test(`formatTree() writes ${name}`, () => assertEquals(formatTree(tree, k), text));
}

Deno.test("foldTree() keeps every leaf", () => {
  for (const [name, tree, k] of texts) {
    assertEquals(leavesOf(foldTree(tree, k)), tree === 0 ? 1 : flat(tree).length, name);
  }
});

/** The tree of pairs that a folded one says, or sums at once. */
function unfold(tree: ReturnType<typeof foldTree>): SumTree {
  const leaves = (run: Extract<typeof tree, { kind: "run" }>) =>
    Array.from({ length: run.count }, (_, i) => run.first + i * run.step);
  if (tree.kind === "run") return tree.first;
  const items = tree.parts.flatMap((part) => part.kind === "run" ? leaves(part) : [unfold(part)]);
  if (tree.order === "at once") return items;
  return items.reduce<SumTree | null>((sum, item) => sum === null ? item : [sum, item], null) ?? 0;
}

function flat(tree: SumTree): number[] {
  return typeof tree === "number" ? [tree] : tree.flatMap(flat);
}

/** The same for trees that differ only in what stands left and right in a sum. */
function canonical(tree: SumTree): string {
  return typeof tree === "number" ? String(tree) : `(${tree.map(canonical).toSorted().join(" ")})`;
}

/** A tree of pairs over `leaves` in an order that looks random and follows from `seed`. */
function randomTree(leaves: number, seed: number): SumTree {
  const trees: SumTree[] = Array.from({ length: leaves }, (_, i) => i);
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  while (trees.length > 1) {
    const [a] = trees.splice(next(trees.length), 1);
    const at = next(trees.length);
    trees[at] = [trees[at] ?? 0, a ?? 0];
  }
  return trees[0] ?? 0;
}

Deno.test("foldTree() says the same sums as the whole tree", () => {
  const random = Array.from({ length: 200 }, (_, seed) => randomTree(2 + seed % 40, seed));
  for (const tree of [...texts.map(([, tree]) => tree), ...random]) {
    const k = Math.max(...flat(tree));
    for (const fold of [true, false]) {
      const folded = foldTree(tree, k, fold);
      assertEquals(canonical(unfold(folded)), canonical(tree), JSON.stringify(tree));
    }
  }
});

Deno.test("foldTree() makes few parts of many blocks", () => {
  assertEquals(partsOf(foldTree([blocks(259, 48), 259], 259)), 7);
  assertEquals(partsOf(foldTree(chain(0, 2000), 2000)), 1);
  assertEquals(partsOf(foldTree(chain(0, 16), 16, false)), 16);
});

Deno.test("formatTree() leaves nothing out where parts differ", () => {
  const uneven = [48, 96, 144, 190, 240, 288].reduce<SumTree>(
    (sum, to, i, ends) => [sum, chain(ends[i - 1] ?? 24, to)],
    chain(0, 24),
  );
  const text = formatTree(uneven, 288);
  const swapped = [0, 3, 9, 6, 12, 15, 18, 21].map((from) => chain(from, from + 3))
    .reduce((sum, block) => [sum, block]);
  assertEquals(
    formatTree(swapped, 24),
    "(0…2)+(3…5)+(9…11)+(6…8)+(12…14)+…+(18…20)+(21…23)",
  );
  assertEquals(text, "(0…23)+(24…47)+(48…95)+(96…143)+(144…189)+(190…239)+(240…287)");
});

/** All boxes and sums of a layout. */
function partsIn(node: Leaf | Node): (Leaf | Node)[] {
  return node.kind === "leaf" ? [node] : [node, ...node.children.flatMap(partsIn)];
}

for (const [name, tree, k] of texts) {
  for (const fold of [true, false]) {
    if (!fold && k > 16) continue;
    Deno.test(`layOutTree() keeps apart what it draws of ${name}, ${fold ? "" : "not "}folded`, () => {
      const layout = layOutTree(foldTree(tree, k, fold), k, fold);
      assert(layout !== null);
      const parts = partsIn(layout.root);
      const boxes = parts.filter((part) => part.kind === "leaf").toSorted((a, b) => a.x - b.x);
      let right = 0;
      for (const { x, y, width } of boxes) {
        assert(x - width / 2 >= right, "boxes overlap");
        right = x + width / 2;
        assert(y - boxHeight / 2 >= 0);
      }
      assert(right <= layout.width);
      for (const part of parts) {
        if (part.kind === "leaf") continue;
        assert(part.y < layout.height);
        for (const child of part.children) assert(child.y < part.y, "a sum stands above its parts");
      }
    });
  }
}

Deno.test("layOutTree() draws a level for every addition where it does not fold", () => {
  const sums = (tree: SumTree, k: number) => {
    const layout = layOutTree(foldTree(tree, k, false), k, false);
    return new Set(
      partsIn(layout?.root ?? { kind: "leaf", text: "", folded: false, x: 0, y: 0, width: 0 })
        .filter((part) => part.kind === "sum").map(({ y }) => y),
    ).size;
  };
  assertEquals(sums(chain(0, 16), 16), 15);
  assertEquals(sums(pairwise(0, 16), 16), 4);
  assertEquals(sums(lanes(16, 4), 16), 6);
});

Deno.test("formatTree() and layOutTree() end on the deepest trees that are read", () => {
  // Every sum is of two sums, the deeper one right; and of a leaf and a sum in turns.
  let right: SumTree = [0, 1];
  for (let i = 2; i < 4 * 1000; i += 2) right = [[i, i + 1], right];
  assert(layOutTree(foldTree(right, 4000), 4000) === null);
  assert(formatTree(right, 4000).length > 4000);
  let turns: SumTree = [0, 1];
  for (let i = 2; i < 4000; i++) turns = i % 3 === 0 ? [turns, i] : [i, turns];
  assertEquals(formatTree(turns, 4000), "0…3999");
});

Deno.test("layOutTree() draws no thicket", () => {
  const tree = randomTree(400, 7);
  assert(partsOf(foldTree(tree, 400)) > mostParts);
  assertEquals(layOutTree(foldTree(tree, 400), 400), null);
});
