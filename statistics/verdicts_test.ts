import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { array, assert as check, double, property } from "fast-check";
import { createRandom, normal } from "../common/random.ts";
import {
  benjaminiHochberg,
  holm,
  judge,
  smallestCalled,
  thresholdOf,
  unpaired,
} from "./verdicts.ts";
import { compared } from "./launches.ts";

const seed = 1;

/** A comparison of 10 rounds with this interval. */
function interval(low: number, high: number, estimate = (low + high) / 2) {
  return { estimate, low, high, confidence: 0.95, launches: 1, rounds: 10 };
}

// Intervals in units of θ, and the estimate where it is not their middle.
const theta = Math.log1p(0.03);
const cases = [
  [1.1, 3, "slower"],
  [0.2, 3, "slower"],
  [-3, -1.1, "faster"],
  [-3, -0.2, "faster"],
  [-0.9, 0.9, "equivalent"],
  [0.2, 0.9, "equivalent"],
  [0.2, 1.2, "inconclusive"],
  [-1.2, -0.2, "inconclusive"],
  [-0.2, 1.2, "inconclusive"],
  [-0.2, 3, "inconclusive"],
  [-2, 2, "inconclusive"],
] as const;

for (const [low, high, verdict] of cases) {
  Deno.test(`judge() of an interval from ${low} to ${high} times θ is ${verdict}`, () => {
    const { verdict: found, more } = judge(interval(low * theta, high * theta));
    assertEquals(found, verdict);
    assertEquals(more === null, verdict !== "inconclusive");
  });
}

Deno.test("judge() says how many rounds or launches are missing for an interval at all", () => {
  const few = { estimate: 1, low: 1, high: 1, confidence: 0, launches: 1, rounds: 4 };
  assertEquals(judge(few), { verdict: "inconclusive", more: 2 });
  const one = { ...few, launches: 2, rounds: 20 };
  assertEquals(judge(one), { verdict: "inconclusive", more: 4 });
  const endless = { ...few, low: -Infinity, high: Infinity, confidence: 0.95 };
  assertEquals(judge(endless), { verdict: "inconclusive", more: null });
});

Deno.test("judge() decides nothing by what is no number", () => {
  for (const estimate of [NaN, Infinity, -Infinity]) {
    const { verdict } = judge({ ...interval(estimate, estimate), estimate });
    assertEquals(verdict, "inconclusive");
  }
});

Deno.test("judge() asks for four times the rounds in all where the interval is twice as wide", () => {
  assertEquals(judge(interval(-2 * theta, 2 * theta)).more, 30); // 10 · (2θ / θ)² in all
  assertEquals(judge(interval(-4 * theta, 4 * theta)).more, 150);
});

Deno.test("judge() is symmetric, and never calls faster what a wider interval calls slower", () => {
  const opposite = { faster: "slower", slower: "faster" } as Record<string, string>;
  const number = double({ noNaN: true, min: -1, max: 1 });
  const share = double({ noNaN: true, min: 0, max: 0.5 });
  check(
    property(
      number,
      number,
      number,
      share,
      share,
      (a, b, c, floor, relevant) => {
        const level = { floor, relevant };
        const [low = 0, estimate = 0, high = 0] = [a, b, c].toSorted((x, y) => x - y);
        const found = judge(interval(low, high, estimate), level);
        const turned = judge(interval(-high, -low, -estimate), level);
        const wider = judge(interval(low - 0.1, high + 0.1, estimate), level);
        return turned.verdict === (opposite[found.verdict] ?? found.verdict) &&
          turned.more === found.more &&
          (wider.verdict !== "slower" || found.verdict === "slower");
      },
    ),
    { seed },
  );
});

Deno.test("judge() on a noisy machine calls less different, and nothing more the same", () => {
  const verdicts = (low: number, high: number) =>
    [0, 0.05, 0.5].map((floor) => judge(interval(low, high), { floor }).verdict);
  assertEquals(verdicts(0.06, 0.08), ["slower", "inconclusive", "inconclusive"]);
  assertEquals(verdicts(-0.3, -0.2), ["faster", "faster", "inconclusive"]);
  assertEquals(verdicts(-0.05, 0.05), ["inconclusive", "inconclusive", "inconclusive"]);
  assertEquals(verdicts(-0.02, 0.02), ["equivalent", "equivalent", "equivalent"]);
});

Deno.test("thresholdOf() is 3 %, or twice the noise", () => {
  assertEquals(thresholdOf(0.01), 0.03);
  assertEquals(thresholdOf(0.04), 0.08);
});

Deno.test("compared() ignores the interference that both met", () => {
  const interference = [1, 3, 2, 7, 1, 5, 4, 2];
  const found = compared([interference.map((time) => Math.log((1.2 * time) / time))]);
  assertAlmostEquals(Math.exp(found.low), 1.2);
  assertAlmostEquals(Math.exp(found.high), 1.2);
  assertEquals([found.rounds, found.p], [8, 2 / 2 ** 8]);
  assertLess(found.sigma, 1e-12);
});

Deno.test("compared() of one with itself is no difference", () => {
  const { estimate, low, high, p } = compared([[0, 0, 0, 0, 0, 0]]);
  assertEquals([estimate, low, high, p], [0, 0, 0, 1]);
});

Deno.test("unpaired() covers the true ratio as often as it says, where runs differ as was assumed", () => {
  const random = createRandom(seed);
  const spread = 0.04;
  const run = () => {
    const level = spread * normal(random);
    return [Array.from({ length: 30 }, () => Math.exp(level + 0.1 * normal(random)))];
  };
  let [covered, significant] = [0, 0];
  for (let i = 0; i < 3000; i++) {
    const { low, high, p } = unpaired(run(), run(), spread);
    if (low <= 0 && 0 <= high) covered++;
    if (p <= 0.05) significant++;
  }
  assertAlmostEquals(covered / 3000, 0.95, 0.012);
  assertEquals(significant, 3000 - covered);
});

Deno.test("unpaired() has no interval below six rounds", () => {
  const { confidence, low, p } = unpaired([[1, 1, 1, 1, 1]], [[2, 2, 2, 2, 2, 2]], 0.05);
  assertEquals([confidence, low, p], [0, -Infinity, 1]);
});

Deno.test("unpaired() takes launches as its units where both runs have several", () => {
  const random = createRandom(seed);
  // Rounds agree within a launch, and launches do not.
  const run = () =>
    Array.from({ length: 4 }, () => {
      const level = 0.05 * normal(random);
      return Array.from({ length: 8 }, () => Math.exp(level + 0.001 * normal(random)));
    });
  let covered = 0;
  for (let i = 0; i < 3000; i++) {
    const { low, high } = unpaired(run(), run(), 0);
    if (low <= 0 && 0 <= high) covered++;
  }
  assertAlmostEquals(covered / 3000, 0.95, 0.012);
});

Deno.test("smallestCalled() is called slower about as often as it says", () => {
  for (const [units, byLaunch] of [[3, true], [8, true], [8, false]] as const) {
    const random = createRandom(seed + units);
    const floor = 0.01;
    const sigma = 0.02;
    const difference = Math.log1p(smallestCalled({ units, byLaunch, sigma, floor }));
    let found = 0;
    for (let run = 0; run < 2000; run++) {
      const values = Array.from({ length: units }, () => difference + sigma * normal(random));
      const comparison = compared(byLaunch ? values.map((value) => [value]) : [values]);
      if (judge(comparison, { floor }).verdict === "slower") found++;
    }
    assertAlmostEquals(found / 2000, 0.8, 0.06);
  }
  assertEquals(smallestCalled({ units: 5, byLaunch: false, sigma: 0.1, floor: 0 }), Infinity);
  assertEquals(smallestCalled({ units: 9, byLaunch: true, sigma: NaN, floor: 0 }), Infinity);
});

const family = array(double({ noNaN: true, min: 0, max: 1 }), { minLength: 1, maxLength: 30 });

Deno.test("holm() rejects what the procedure rejects, step by step", () => {
  check(
    property(family, double({ noNaN: true, min: 0, max: 1 }), (p, alpha) => {
      const sorted = p.toSorted((a, b) => a - b);
      let rejected = 0;
      // Multiplied, not divided, so that both round alike.
      while (rejected < p.length && (p.length - rejected) * (sorted[rejected] ?? 1) <= alpha) {
        rejected++;
      }
      if (alpha === 1) return true; // adjusted values stop at 1
      return holm(p).filter((each) => each <= alpha).length === rejected;
    }),
    { seed },
  );
});

Deno.test("benjaminiHochberg() rejects what the procedure rejects", () => {
  // The second alone would not pass at 0.04; the third does, and takes it along.
  assertEquals(benjaminiHochberg([0.01, 0.03, 0.04]), [0.03, 0.04, 0.04]);
  check(
    property(family, double({ noNaN: true, min: 0, max: 0.99 }), (p, q) => {
      const sorted = p.toSorted((a, b) => a - b);
      const last = sorted.findLastIndex((each, i) => p.length / (i + 1) * each <= q);
      return benjaminiHochberg(p).filter((each) => each <= q).length === last + 1;
    }),
    { seed },
  );
});

Deno.test("holm() and benjaminiHochberg() keep the order, and lie between p and Bonferroni's", () => {
  check(
    property(family, (p) => {
      const [strict, mild] = [holm(p), benjaminiHochberg(p)];
      return p.every((each, i) => {
        const [h, b] = [strict[i] ?? NaN, mild[i] ?? NaN];
        const ordered = p.every((other, j) => other < each || (strict[j] ?? 0) >= h);
        return each <= b && b <= h && h <= Math.min(1, p.length * each) && ordered;
      });
    }),
    { seed },
  );
});

Deno.test("holm() raises a false alarm in a family of equals at most as often as it says", () => {
  const random = createRandom(seed);
  let alarms = 0;
  for (let run = 0; run < 4000; run++) {
    const p = Array.from({ length: 12 }, () => random.uniform());
    if (holm(p).some((each) => each <= 0.05)) alarms++;
  }
  assertLess(alarms / 4000, 0.06);
  assertGreater(alarms / 4000, 0.04);
});
