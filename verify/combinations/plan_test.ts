import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { caseOf } from "../check.ts";
import { combinations } from "../checks/combinations.ts";
import { idOf, rowOfId } from "./ids.ts";
import { rowsOf } from "./plan.ts";
import { levelOf, type Subject } from "./subject.ts";
import { subjects } from "./subjects.ts";

await using wasm = await createKernel("wasm-simd");

const quick = (seed: number) => ({ effort: "quick", another: true, seed }) as const;

function rows(subject: Subject, kernel: Kernel, seed: number) {
  return rowsOf(subject, kernel, quick(seed));
}

/** Levels with those among them that an operation allows, by trying; null where none were found. */
function someRowWith({ features, allows }: Subject, fixed: Record<string, string>) {
  const random = createRandom(9);
  for (let attempt = 0; attempt < 300; attempt++) {
    const levels = Object.fromEntries(features.map(({ name, levels }) => [
      name,
      // Sizes and most others plain, so that a row is found if there is one.
      fixed[name] ??
        (random.integer() % 3 ? levels[0]! : levels[random.between(0, levels.length - 1)]!),
    ]));
    if (allows((name) => levels[name])) return levels;
  }
  return null;
}

Deno.test("every operation of wasm-simd is combined", () => {
  assertEquals(subjects.filter((subject) => !subject.has(wasm)), []);
  assertEquals(new Set(subjects.map(({ name }) => name)).size, subjects.length);
});

for (const subject of subjects) {
  Deno.test(`rows of ${subject.name} are allowed, within the limits, and made again from their ids`, () => {
    for (const row of rows(subject, wasm, 3)) {
      assert(subject.allows(levelOf(row)));
      const { m, n, k } = row.shape;
      assert(m * n * k <= 540_000 && Math.min(m, n, k) >= 1, idOf(subject, row));
      assertEquals(rowOfId(subject, idOf(subject, row)), row);
    }
  });

  Deno.test(`rows of ${subject.name} are the same for a seed, and others for another`, () => {
    assertEquals(rows(subject, wasm, 4), rows(subject, wasm, 4));
    assertNotEquals(rows(subject, wasm, 4), rows(subject, wasm, 5));
  });

  Deno.test(`each level of each feature of ${subject.name} is met with each level of another that it may be with`, () => {
    const found = rows(subject, wasm, 6);
    const features = subject.features.filter(({ name }) => !["m", "n", "k"].includes(name));
    for (const [i, one] of features.entries()) {
      for (const other of features.slice(i + 1)) {
        for (const level of one.levels) {
          for (const beside of other.levels) {
            const isMet = found.some(({ levels }) =>
              levels[one.name] === level && levels[other.name] === beside
            );
            if (isMet) continue;
            const fixed = { [one.name]: level, [other.name]: beside };
            const possible = someRowWith(subject, fixed);
            assertEquals(possible, null, `${one.name}=${level} with ${other.name}=${beside}`);
          }
        }
      }
    }
  });
}

Deno.test("a case is found by its id, and ids of no row are none", () => {
  const context = { effort: "quick", create: null } as const;
  const id = "combinations/dense/64x10x33/bias=none+activation=relu+uses=2";
  assertEquals(caseOf(combinations, wasm, context, id)?.id, id);
  for (
    const wrong of [
      "combinations/dense/64x10x33/bias=some",
      "combinations/dense/64x10",
      "combinations/dense/0x10x3",
      "combinations/nothing/1x1x1",
      "combinations/dense/64x10x33/changed=x",
      "combinations/dense/3x3x3/uses=0+in=left",
    ]
  ) assertEquals(combinations.find!(wrong, context), null, wrong);
});
