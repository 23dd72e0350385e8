import { assertEquals } from "@std/assert";
import { bitPatterns, bitsOf, floatOf, hexBits } from "./float_bits.ts";

Deno.test("bitsOf() and floatOf() are inverse", () => {
  for (const value of [0, -0, 1, Infinity, 2 ** -149, Math.fround(0.1)]) {
    assertEquals(Object.is(floatOf(bitsOf(value)), value), true);
  }
  assertEquals(floatOf(0x7fc00000), NaN);
});

Deno.test("hexBits() rounds to float32 and has eight digits", () => {
  assertEquals([1, -0, Infinity, 0.1, 2 ** -149].map(hexBits), [
    "0x3f800000",
    "0x80000000",
    "0x7f800000",
    "0x3dcccccd",
    "0x00000001",
  ]);
});

Deno.test("bitPatterns() sees the numbers of a part of an array", () => {
  const values = new Float32Array([1, -0, 2, 1]);
  assertEquals([...bitPatterns(values.subarray(1, 3))], [0x80000000, 0x40000000]);
});
