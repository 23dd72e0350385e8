import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { clopperPearson } from "./proportions.ts";

// From the quantiles of the beta distribution; for 0 and n of n they are 1 − 0.025^(1/n) and 0.025^(1/n).
const table = [
  [0, 10, 0, 0.3084971],
  [10, 10, 0.6915029, 1],
  [5, 10, 0.1870860, 0.8129140],
  [1, 20, 0.0012651, 0.2487328],
  [0, 40, 0, 0.0880973],
  [0, 1, 0, 0.975],
  [3, 12, 0.0548606, 0.5718585],
] as const;

for (const [found, trials, low, high] of table) {
  Deno.test(`clopperPearson() of ${found} in ${trials} is ${low} to ${high}`, () => {
    const interval = clopperPearson(found, trials);
    assertEquals(interval.share, found / trials);
    assertAlmostEquals(interval.low, low, 1e-6);
    assertAlmostEquals(interval.high, high, 1e-6);
  });
}

Deno.test("clopperPearson() of no trials says nothing", () => {
  const { share, low, high } = clopperPearson(0, 0);
  assert(Number.isNaN(share));
  assertEquals([low, high], [0, 1]);
});

Deno.test("clopperPearson() mirrors found and not found, also of thousands", () => {
  for (const [found, trials] of [[2, 9], [31, 207], [64, 3000]] as const) {
    const one = clopperPearson(found, trials);
    const other = clopperPearson(trials - found, trials);
    assertAlmostEquals(one.low, 1 - other.high, 1e-9);
    assertAlmostEquals(one.high, 1 - other.low, 1e-9);
    assert(one.low < found / trials && found / trials < one.high);
  }
});

Deno.test("clopperPearson() covers the true share as often as it says, or more often", () => {
  const trials = 40;
  for (const p of [0.02, 0.05, 0.3, 0.5]) {
    let [covered, chance] = [0, (1 - p) ** trials];
    for (let found = 0; found <= trials; found++) {
      const { low, high } = clopperPearson(found, trials);
      if (low <= p && p <= high) covered += chance;
      chance *= (trials - found) / (found + 1) * p / (1 - p);
    }
    assert(covered >= 0.95, `${p} is covered with ${covered}`);
  }
});
