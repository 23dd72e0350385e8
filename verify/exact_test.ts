import { assertEquals, assertGreater } from "@std/assert";
import { exactDot, scaled, testReferenceProduct } from "./exact.ts";

Deno.test("scaled() takes a double apart exactly", () => {
  const cases: [number, bigint][] = [
    [0, 0n],
    [1, 1n << 1074n],
    [-0.5, -(1n << 1073n)],
    [Number.MIN_VALUE, 1n],
    [-(2 ** -1060), -(1n << 14n)],
    [1.5 * 2 ** 200, 3n << 1273n],
    [0.1, 0x1999999999999an << 1018n],
  ];
  for (const [value, want] of cases) assertEquals(scaled(value), want, String(value));
});

Deno.test("exactDot() loses nothing where float64 loses all", () => {
  assertEquals(exactDot([2 ** 60, 1, -(2 ** 60)], [1, 1, 1]), scaled(1));
});

Deno.test("testReferenceProduct() finds the reference right, seed 5", () => {
  const { points, failures } = testReferenceProduct(5);
  assertGreater(points, 100);
  assertEquals([...failures], []);
});
