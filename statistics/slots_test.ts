import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { meanAndDeviation } from "./estimators.ts";
import { logRatio, turnsOf } from "./slots.ts";

Deno.test("turnsOf() spreads blocks evenly, no two in one turn", () => {
  for (let turns = 1; turns <= 60; turns++) {
    for (let blocks = 1; blocks <= turns; blocks++) {
      const found = turnsOf(blocks, turns);
      assertEquals(new Set(found).size, blocks);
      assert(found.every((turn) => Number.isInteger(turn) && turn >= 0 && turn < turns));
      const gaps = found.slice(1).map((turn, i) => turn - found[i]!);
      assert(gaps.length === 0 || Math.max(...gaps) - Math.min(...gaps) <= 1);
    }
  }
});

Deno.test("logRatio() pairs blocks by their turns, also where one has fewer", () => {
  // Every turn is twice as slow as the one before it.
  const weather = Array.from({ length: 12 }, (_, turn) => 2 ** turn);
  const all = { turns: 12, blocks: weather };
  const few = { turns: 12, blocks: turnsOf(4, 12).map((turn) => 3 * weather[turn]!) };
  assertAlmostEquals(Math.exp(logRatio(all, few)), 3);
  assertAlmostEquals(Math.exp(logRatio(few, all)), 1 / 3);
});

Deno.test("logRatio() goes by medians without turns, with other turns, or with too few pairs", () => {
  const medians = Math.log(10 / 2);
  const [one, other] = [[1, 2, 3], [30, 10, 9]];
  assertAlmostEquals(logRatio({ blocks: one }, { blocks: other }), medians);
  assertAlmostEquals(logRatio({ blocks: one, turns: 3 }, { blocks: other }), medians);
  assertAlmostEquals(logRatio({ blocks: one, turns: 3 }, { blocks: other, turns: 4 }), medians);
  assertAlmostEquals(Math.exp(logRatio({ blocks: one, turns: 3 }, { blocks: other, turns: 3 })), 5);
  assertAlmostEquals(
    Math.exp(logRatio({ blocks: [7, 1], turns: 2 }, { blocks: [14, 2], turns: 2 })),
    2,
  );
});

Deno.test("logRatio() is hardly moved by a machine that changes between two speeds, medians are", () => {
  const random = createRandom(20261125);
  const turns = 60;
  const rounds = Array.from({ length: 300 }, () => {
    let slow = random.uniform() < 0.5;
    const next = () => {
      if (random.uniform() < 0.1) slow = !slow;
      return (slow ? 1.7 : 1) * (1 + 0.02 * random.uniform());
    };
    const [before, after]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      const first = random.uniform() < 0.5;
      if (first) before.push(next());
      after.push(1.1 * next());
      if (!first) before.push(next());
    }
    return { before, after };
  });
  const spread = (turns?: number) =>
    meanAndDeviation(rounds.map(({ before, after }) =>
      logRatio(
        { blocks: before, ...(turns && { turns }) },
        { blocks: after, ...(turns && { turns }) },
      )
    ));
  const paired = spread(turns);
  assertAlmostEquals(paired.mean, Math.log(1.1), 0.002);
  assertLess(paired.deviation, 0.005);
  assertLess(10 * paired.deviation, spread().deviation);
});
