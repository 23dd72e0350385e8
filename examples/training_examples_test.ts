import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { explainLayer } from "./article_layer.ts";
import { learnCars } from "./cars.ts";
import { learnIris } from "./iris.ts";
import { learnXor } from "./xor.ts";

Deno.test("the article's layer computes what comes out by hand", async () => {
  const lines: string[] = [];
  const compared = await explainLayer((line) => lines.push(line));
  assertEquals(compared.map(({ what }) => what), [
    "outputs",
    "loss",
    "weights",
    "outputs after the step",
  ]);
  for (const { what, layer, byHand } of compared) {
    assertEquals(layer.length, byHand.length, what);
    for (const [i, value] of byHand.entries()) {
      assertLess(Math.abs(layer[i]! - value), 1e-6, `${what}, ${i}`);
    }
  }
  assert(lines.some((line) => line.includes("x1 = 2 · (22 - 10)/(40 - 10) - 1 = -0.2000")));
});

Deno.test("two layers learn XOR", async () => {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = await learnXor(() => {});
  assertLess(Math.max(a, d), 0.05);
  assertGreater(Math.min(b, c), 0.95);
});

Deno.test("a small network tells irises apart", async () => {
  const lines: string[] = [];
  assertGreater(await learnIris((line) => lines.push(line)), 0.9);
  assertEquals(lines.length, 2);
});

Deno.test("a network tells how far cars go on a gallon", async () => {
  const lines: string[] = [];
  const { validation, test, ofMean } = await learnCars((line) => lines.push(line));
  // Tutorials that do the same are off by 1.6 to 2.
  assertLess(validation, 2.2);
  assertLess(test, 2.2);
  assertGreater(ofMean, 5);
  assertEquals(lines.length, 3);
});
