import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { meanAndDeviation } from "./estimators.ts";
import { logRatio, slotsOf } from "./slots.ts";

Deno.test("slotsOf() spreads samples evenly, no two in one slot", () => {
  for (let slots = 1; slots <= 60; slots++) {
    for (let samples = 1; samples <= slots; samples++) {
      const found = slotsOf(samples, slots);
      assertEquals(new Set(found).size, samples);
      assert(found.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < slots));
      const gaps = found.slice(1).map((slot, i) => slot - found[i]!);
      assert(gaps.length === 0 || Math.max(...gaps) - Math.min(...gaps) <= 1);
    }
  }
});

Deno.test("logRatio() pairs samples by their slots, also where one has fewer", () => {
  // Every slot is twice as slow as the one before it.
  const speeds = Array.from({ length: 12 }, (_, slot) => 2 ** slot);
  const all = { slots: 12, samples: speeds };
  const few = { slots: 12, samples: slotsOf(4, 12).map((slot) => 3 * speeds[slot]!) };
  assertAlmostEquals(Math.exp(logRatio(all, few)), 3);
  assertAlmostEquals(Math.exp(logRatio(few, all)), 1 / 3);
});

Deno.test("logRatio() goes by medians without slots, with other slots, or with too few pairs", () => {
  const medians = Math.log(10 / 2);
  const [one, other] = [[1, 2, 3], [30, 10, 9]];
  assertAlmostEquals(logRatio({ samples: one }, { samples: other }), medians);
  assertAlmostEquals(logRatio({ samples: one, slots: 3 }, { samples: other }), medians);
  assertAlmostEquals(logRatio({ samples: one, slots: 3 }, { samples: other, slots: 4 }), medians);
  assertAlmostEquals(
    Math.exp(logRatio({ samples: one, slots: 3 }, { samples: other, slots: 3 })),
    5,
  );
  assertAlmostEquals(
    Math.exp(logRatio({ samples: [7, 1], slots: 2 }, { samples: [14, 2], slots: 2 })),
    2,
  );
});

Deno.test("logRatio() is hardly moved by a machine that changes between two speeds, medians are", () => {
  const random = createRandom(20261125);
  const slots = 60;
  const rounds = Array.from({ length: 300 }, () => {
    let slow = random.uniform() < 0.5;
    const next = () => {
      if (random.uniform() < 0.1) slow = !slow;
      return (slow ? 1.7 : 1) * (1 + 0.02 * random.uniform());
    };
    const [before, after]: [number[], number[]] = [[], []];
    for (let slot = 0; slot < slots; slot++) {
      const first = random.uniform() < 0.5;
      if (first) before.push(next());
      after.push(1.1 * next());
      if (!first) before.push(next());
    }
    return { before, after };
  });
  const spread = (slots?: number) =>
    meanAndDeviation(rounds.map(({ before, after }) =>
      logRatio(
        { samples: before, ...(slots && { slots }) },
        { samples: after, ...(slots && { slots }) },
      )
    ));
  const paired = spread(slots);
  assertAlmostEquals(paired.mean, Math.log(1.1), 0.002);
  assertLess(paired.deviation, 0.005);
  assertLess(10 * paired.deviation, spread().deviation);
});
