import { assert, assertEquals } from "@std/assert";
import { blocks, chain, exampleTrees, randomTree, rightTree } from "./formulas_testing.ts";
import type { SumTree } from "./schema.ts";
import { foldTree, formatTree, leavesOf, partsOf } from "./tree.ts";

for (const [name, tree, k, text] of exampleTrees) {
  Deno.test(`formatTree() writes ${name}`, () => assertEquals(formatTree(tree, k), text));
}

Deno.test("foldTree() keeps every leaf", () => {
  for (const [name, tree, k] of exampleTrees) {
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

Deno.test("foldTree() says the same sums as the whole tree", () => {
  const random = Array.from({ length: 200 }, (_, seed) => randomTree(2 + seed % 40, seed));
  for (const tree of [...exampleTrees.map(([, tree]) => tree), ...random]) {
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

Deno.test("formatTree() ends on the deepest trees that are read", () => {
  // Every sum is of two sums, the deeper one right; and of a leaf and a sum alternately.
  assert(formatTree(rightTree(4000), 4000).length > 4000);
  let alternate: SumTree = [0, 1];
  for (let i = 2; i < 4000; i++) alternate = i % 3 === 0 ? [alternate, i] : [i, alternate];
  assertEquals(formatTree(alternate, 4000), "0…3999");
});
