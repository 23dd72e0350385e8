import { assert, assertEquals, assertGreater } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { limitsFor, logUniform, remaindersFrom, sizesAround, thresholdsOf } from "./limits.ts";

Deno.test("sizesAround() has both sides of every power of two, of three times it, and of thresholds", () => {
  const sizes = sizesAround([1000], 3000);
  const centres = [1, 2, 4, 512, 2048, 3, 96, 768, 1536, 1000];
  for (const size of centres.flatMap((centre) => [centre - 1, centre, centre + 1])) {
    assertEquals(sizes.includes(size), size > 0, String(size));
  }
  assertEquals(sizes, sizes.toSorted((a, b) => a - b));
  assertEquals(Math.max(...sizesAround([1000], 800)), 769);
});

Deno.test("remaindersFrom() has every remainder modulo 32", () => {
  assertEquals(new Set(remaindersFrom(1056).map((size) => size % 32)).size, 32);
});

Deno.test("logUniform() stays within its limits and is as often in each octave, seed 5", () => {
  const random = createRandom(5);
  const drawn = Array.from({ length: 4000 }, () => logUniform(1, 2 ** 20 - 1, random));
  assert(drawn.every((size) => Number.isInteger(size) && size >= 1 && size < 2 ** 20));
  const octaves = new Map<number, number>();
  for (const size of drawn) {
    const octave = Math.floor(Math.log2(size));
    octaves.set(octave, (octaves.get(octave) ?? 0) + 1);
  }
  // 200 are expected in each, with a standard deviation of 14.
  for (let octave = 4; octave < 20; octave++) assertGreater(octaves.get(octave) ?? 0, 120);
});

Deno.test("thresholdsOf() names tiles, blocks, claimed blocks and shares of threads", () => {
  const found = thresholdsOf({
    tile: { mr: 3, nr: 16, mc: 90, nc: 640, kc: 64 },
    summation: { order: "blocked", block: () => 48 },
    threads: 2,
  });
  for (const size of [3, 90, 6, 32]) assert(found.m.includes(size), `m ${size}`);
  for (const size of [16, 640, 32]) assert(found.n.includes(size), `n ${size}`);
  for (const size of [64, 48, 96]) assert(found.k.includes(size), `k ${size}`);
});

Deno.test("limitsFor() allows compiled kernels more work than JavaScript, and less where software stands in for a GPU", () => {
  const traits = { rounding: "nearest" } as Parameters<typeof limitsFor>[0]["traits"];
  const work = (device: string) => limitsFor({ traits: { ...traits, device } }, "quick").work;
  assertGreater(work("WebAssembly SIMD"), work("JavaScript"));
  assertGreater(work("JavaScript"), work("llvmpipe (LLVM 15)"));
});
