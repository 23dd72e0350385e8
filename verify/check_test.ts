import { assertEquals } from "@std/assert";
import { createRandom, seedOf } from "../common/random.ts";
import { createKernel } from "../kernels/registry.ts";
import { type Case, exactMost, findCase, integers, runCase, shapedCase } from "./check.ts";
import { outcomeOf } from "./compare.ts";
import { formatDimensions } from "./dimensions.ts";
import { classOf, exactShapes } from "./shapes.ts";
import { shrink } from "./shrink.ts";

const failing = (fails: (shape: { m: number; n: number; k: number }) => boolean) =>
  shapedCase(
    "check/family",
    { m: 40, n: 50, k: 60 },
    "relu",
    (shape) =>
      Promise.resolve(outcomeOf(fails(shape) ? `wrong at ${formatDimensions(shape)}` : null)),
  );

Deno.test("findCase() finds a case by its id, and one of another shape by resizing", () => {
  const one = failing(() => false);
  const other: Case = { id: "check/plain", run: one.run };
  assertEquals(findCase([other, one], "check/plain"), other);
  assertEquals(findCase([other, one], "check/family/40x50x60/relu"), one);
  assertEquals(findCase([other, one], "check/family/1x2x3/relu")?.shape, { m: 1, n: 2, k: 3 });
  for (const id of ["check/family/1x2x3/tanh", "check/family/1x2/relu", "other", "", "1x1x1"]) {
    assertEquals(findCase([other, one], id), null, id);
  }
  // A shape whose data no memory holds is no case.
  assertEquals(findCase([one], "check/family/99999x99999x1/relu"), null);
});

Deno.test("shrink() finds the smallest shape that fails", async () => {
  await using kernel = await createKernel("naive");
  const found = await shrink(failing(({ m, n, k }) => m >= 3 && n >= 7 && k >= 2), kernel, 1);
  assertEquals(found?.id, "check/family/3x7x2/relu");
});

Deno.test("shrink() leaves what is smallest, or has no shape, as it is", async () => {
  await using kernel = await createKernel("naive");
  const all = failing(() => true);
  assertEquals(await shrink(all.resize!({ m: 1, n: 1, k: 1 }), kernel, 1), null);
  assertEquals(await shrink({ id: "check/plain", run: all.run }, kernel, 1), null);
});

Deno.test("runCase() gives the same data for the same id and seed, and other data else", async () => {
  await using kernel = await createKernel("naive");
  const drawn: number[] = [];
  const one: Case = {
    id: "check/draw",
    run: (_kernel, random) => Promise.resolve(outcomeOf(drawn.push(random.integer()) ? null : "")),
  };
  await runCase(one, kernel, 1);
  await runCase(one, kernel, 1);
  await runCase(one, kernel, 2);
  await runCase({ ...one, id: "check/other" }, kernel, 1);
  assertEquals(drawn[0], drawn[1]);
  assertEquals(new Set(drawn).size, 3);
});

Deno.test("integers() of exactMost() add up exactly, and none is 0, seed 3", () => {
  for (const k of [1, 5, 1000, 70_001]) {
    const most = exactMost(k);
    assertEquals(k * most * most + most * most <= 2 ** 24, true, String(k));
    const values = integers(2000, most, createRandom(seedOf("integers", 3)));
    assertEquals(values.every((value) => value !== 0 && Math.abs(value) <= most), true);
    assertEquals(values.some((value) => value < 0) && values.some((value) => value > 0), true);
  }
});

Deno.test("exactShapes() has both sides of every edge in each dimension", () => {
  const tile = { mr: 4, nr: 16, mc: 32, nc: 64, kc: 24 };
  const shapes = exactShapes({ tile }, "quick");
  const has = (axis: "m" | "n" | "k", sizes: number[]) => {
    for (const size of sizes) {
      assertEquals(shapes.some((shape) => shape[axis] === size), true, `${axis} ${size}`);
    }
  };
  has("m", [0, 1, 3, 4, 5, 9, 31, 32, 33]);
  has("n", [0, 1, 15, 16, 17, 33, 63, 64, 65]);
  has("k", [0, 1, 23, 24, 25, 49]);
  assertEquals(classOf({ m: 0, n: 1, k: 1 }, { tile }), "empty");
  assertEquals(classOf({ m: 6, n: 1, k: 1 }, { tile }), "small");
  assertEquals(classOf({ m: 1, n: 17, k: 1 }, { tile }), "edge");
  assertEquals(classOf({ m: 100, n: 100, k: 100 }, { tile }), "large");
});
