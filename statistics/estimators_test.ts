import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { array, assert as check, double, integer, property } from "fast-check";
import { createRandom } from "../layers/random.ts";
import { isSettled, median, medianInterval, medianRanks, trendPValue } from "./estimators.ts";

Deno.test("median() is the middle, or the mean of the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(Number.isNaN(median([])), true);
});

// The exact ranks and coverages from the binomial distribution.
const table = [
  [6, 1, 6, 0.969],
  [8, 1, 8, 0.992],
  [10, 2, 9, 0.979],
  [12, 3, 10, 0.961],
  [15, 4, 12, 0.965],
  [20, 6, 15, 0.959],
  [30, 10, 21, 0.957],
] as const;

for (const [n, low, high, confidence] of table) {
  Deno.test(`medianRanks() of ${n} are ${low} and ${high}`, () => {
    const ranks = medianRanks(n);
    assertEquals([ranks?.low, ranks?.high], [low, high]);
    assertAlmostEquals(ranks?.confidence ?? 0, confidence, 6e-4);
  });
}

Deno.test("medianRanks() has none below 6 values", () => {
  for (let n = 0; n < 6; n++) assertEquals(medianRanks(n), null);
});

Deno.test("medianInterval() of too few values is their range, with confidence 0", () => {
  assertEquals(medianInterval([3, 1, 2]), { low: 1, high: 3, confidence: 0 });
});

Deno.test("medianInterval() contains the median of its values", () => {
  check(
    property(array(double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (values) => {
      const { low, high } = medianInterval(values);
      return low <= median(values) && median(values) <= high;
    }),
    { seed: 1 },
  );
  check(
    property(integer({ min: 6, max: 500 }), (n) => {
      const ranks = medianRanks(n);
      return ranks !== null && ranks.confidence >= 0.95 && ranks.low + ranks.high === n + 1;
    }),
    { seed: 1 },
  );
});

Deno.test("medianInterval() covers the true median as often as it says", () => {
  const random = createRandom(1);
  let covered = 0;
  const runs = 4000;
  for (let run = 0; run < runs; run++) {
    // Skewed, as times are; the median of -ln(u) is ln 2.
    const values = Array.from({ length: 10 }, () => -Math.log(1 - random.uniform()));
    const { low, high } = medianInterval(values);
    if (low <= Math.LN2 && Math.LN2 <= high) covered++;
  }
  assertAlmostEquals(covered / runs, 0.979, 0.01);
});

Deno.test("trendPValue() is small for a trend and rarely for none", () => {
  assertLess(trendPValue([1, 2, 3, 4, 5, 6, 7, 8]), 0.01);
  assertEquals(trendPValue([5, 5, 5, 5]), 1);
  const random = createRandom(2);
  let low = 0;
  for (let run = 0; run < 2000; run++) {
    if (trendPValue(Array.from({ length: 16 }, () => random.uniform())) < 0.05) low++;
  }
  assertGreater(low / 2000, 0.03);
  assertLess(low / 2000, 0.07);
});

Deno.test("isSettled() waits for 16 times without trend or step", () => {
  const noise = (i: number) => 1 + 0.002 * ((i * 7) % 5);
  assert(!isSettled(Array.from({ length: 15 }, (_, i) => noise(i))));
  assert(isSettled(Array.from({ length: 16 }, (_, i) => noise(i))));
  assert(!isSettled(Array.from({ length: 16 }, (_, i) => noise(i) * (i < 8 ? 1.1 : 1))));
  assert(!isSettled(Array.from({ length: 16 }, (_, i) => 1 - i / 500)));
});
