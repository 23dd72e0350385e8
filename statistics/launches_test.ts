import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createRandom, normal, type Random } from "../common/random.ts";
import { median } from "./estimators.ts";
import { compared, timeInterval } from "./launches.ts";
import { judge } from "./verdicts.ts";

const seed = 20261129;
const runs = 4000;

/** Differences whose launches vary by 2 %, and one of ten by ten times as much, with rounds that nearly agree. */
function draw(launches: number, random: Random): number[][] {
  return Array.from({ length: launches }, () => {
    const level = (random.uniform() < 0.1 ? 0.2 : 0.02) * normal(random);
    return Array.from({ length: 4 }, () => level + 0.002 * normal(random));
  });
}

for (const launches of [2, 3, 5, 6, 10]) {
  Deno.test(`compared() covers no difference as often as it says, by ${launches} launches of heavy tails`, () => {
    const random = createRandom(seed);
    let [missed, called] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const found = compared(draw(launches, random));
      if (found.low > 0 || found.high < 0) missed++;
      if (["slower", "faster"].includes(judge(found).verdict)) called++;
      // The interval excludes none exactly where the test does.
      assertEquals(found.low > 0 || found.high < 0, found.p < 0.05, JSON.stringify(found));
    }
    assertLess(missed / runs, 0.06);
    assertLess(called / runs, 0.04);
  });
}

Deno.test("compared() by rounds alone misses what launches share, which is why there are several", () => {
  const random = createRandom(seed);
  let missed = 0;
  for (let run = 0; run < 1000; run++) {
    const { low, high } = compared([
      draw(6, random).map((rounds) => rounds[0]!).map((_, i, all) =>
        // One launch of six rounds: all at its level.
        all[0]! + 0.002 * (i - 2.5)
      ),
    ]);
    if (low > 0 || high < 0) missed++;
  }
  assert(missed > 500);
});

Deno.test("compared() leaves out launches without rounds, and decides nothing by NaN", () => {
  const { launches, rounds, estimate } = compared([[0.1, 0.1], [], [0.3]]);
  assertEquals([launches, rounds], [2, 3]);
  assertAlmostEquals(estimate, 0.2);
  for (const differences of [[], [[]], [[NaN, 1, 2, 3, 4, 5]], [[1], [Infinity]]]) {
    const { confidence, p, low } = compared(differences);
    assertEquals([confidence, p, low], [0, 1, -Infinity]);
  }
});

Deno.test("compared() of two launches that agree to the bit has no width, and of two that do not a great one", () => {
  const exact = compared([[0.5], [0.5]]);
  assertEquals([exact.low, exact.high, exact.p], [0.5, 0.5, 0]);
  const { low, high, p } = compared([[0.5], [0.51]]);
  assertAlmostEquals(high - low, 2 * 12.706 * 0.005, 1e-4);
  assert(p < 0.05 && p > 0.001);
});

Deno.test("timeInterval() holds the median of all rounds, and widens with the launches' spread", () => {
  const random = createRandom(seed);
  for (let run = 0; run < 500; run++) {
    const launches = Array.from(
      { length: random.between(1, 8) },
      () => Array.from({ length: random.between(1, 5) }, () => Math.exp(normal(random))),
    );
    const { low, high } = timeInterval(launches);
    const middle = median(launches.flat());
    assert(0 < low && low <= middle && middle <= high);
  }
  const [near, far] = [[[1, 1], [1.01, 1.01], [0.99]], [[1, 1], [1.2, 1.2], [0.8]]].map(
    timeInterval,
  );
  assertLess(near!.high - near!.low, (far!.high - far!.low) / 5);
});

Deno.test("timeInterval() of launches that are worlds apart still ends in numbers that a file can hold", () => {
  const { low, high } = timeInterval([[1e-7], [1e5]]);
  assert(low > 1e-15 && high < 1e12 && low < high);
});
