import { assertAlmostEquals, assertEquals } from "@std/assert";
import { binomialTail, incompleteBeta } from "./beta.ts";

Deno.test("incompleteBeta() is a binomial tail for whole numbers", () => {
  // P(X >= 3) of 10 tries at 0.2.
  let tail = 0;
  const choose = [1, 10, 45];
  for (const [i, c] of choose.entries()) tail += c * 0.2 ** i * 0.8 ** (10 - i);
  assertAlmostEquals(incompleteBeta(0.2, 3, 8), 1 - tail, 1e-13);
  assertEquals([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)], [0, 1]);
  assertAlmostEquals(incompleteBeta(0.4, 500, 700) + incompleteBeta(0.6, 700, 500), 1, 1e-12);
});

Deno.test("binomialTail() sums the chances, also where each is tiny", () => {
  assertAlmostEquals(binomialTail(1, 2, 0.5), 0.75);
  assertEquals(binomialTail(-1, 5, 0.5), 0);
  assertAlmostEquals(binomialTail(5000, 10000, 0.5), 0.504, 0.001);
});
