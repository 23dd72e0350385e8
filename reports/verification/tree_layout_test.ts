import { assert, assertEquals } from "@std/assert";
import {
  chain,
  exampleTrees,
  lanes,
  pairwise,
  randomTree,
  rightTree,
} from "../../results/verification/formulas_testing.ts";
import type { SumTree } from "../../results/verification/schema.ts";
import { foldTree, partsOf } from "../../results/verification/tree.ts";
import { boxHeight, layOutTree, type Leaf, mostParts, type Node } from "./tree_layout.ts";

/** All boxes and sums of a layout. */
function partsIn(node: Leaf | Node): (Leaf | Node)[] {
  return node.kind === "leaf" ? [node] : [node, ...node.children.flatMap(partsIn)];
}

for (const [name, tree, k] of exampleTrees) {
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

Deno.test("layOutTree() ends on the deepest trees that are read", () => {
  assertEquals(layOutTree(foldTree(rightTree(4000), 4000), 4000), null);
});

Deno.test("layOutTree() draws no thicket", () => {
  const tree = randomTree(400, 7);
  assert(partsOf(foldTree(tree, 400)) > mostParts);
  assertEquals(layOutTree(foldTree(tree, 400), 400), null);
});
