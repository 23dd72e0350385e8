import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { array, assert as check, double, integer, property } from "fast-check";
import { createRandom } from "../common/random.ts";
import {
  autocorrelation,
  geometricMean,
  hodgesLehmann,
  isSettled,
  meanAndDeviation,
  median,
  medianInterval,
  medianRanks,
  modifiedZ,
  normalQuantile,
  rangeOf,
  signedRankCut,
  signedRankPValue,
  theilSen,
  trendPValue,
} from "./estimators.ts";

const seed = 1;

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
    { seed },
  );
  check(
    property(integer({ min: 6, max: 500 }), (n) => {
      const ranks = medianRanks(n);
      return ranks !== null && ranks.confidence >= 0.95 && ranks.low + ranks.high === n + 1;
    }),
    { seed },
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

// The exact cuts and coverages from the distribution of signed ranks; of 99 % the cuts alone.
const cuts = [
  [6, 0.95, 1, 0.969],
  [8, 0.95, 4, 0.961],
  [10, 0.95, 9, 0.951],
  [12, 0.95, 14, 0.958],
  [15, 0.95, 26, 0.952],
  [20, 0.95, 53, 0.952],
  [30, 0.95, 138, 0.950],
  [8, 0.99, 1, null],
  [10, 0.99, 4, null],
  [12, 0.99, 8, null],
  [20, 0.99, 38, null],
  [30, 0.99, 110, null],
] as const;

for (const [n, confidence, rank, covered] of cuts) {
  Deno.test(`signedRankCut() of ${n} at ${confidence} is ${rank}`, () => {
    const cut = signedRankCut(n, confidence);
    assertEquals(cut?.rank, rank);
    assert((cut?.confidence ?? 0) >= confidence);
    if (covered !== null) assertAlmostEquals(cut?.confidence ?? 0, covered, 6e-4);
  });
}

Deno.test("signedRankCut() has none below 6 values at 0.95, nor below 8 at 0.99", () => {
  for (let n = 0; n < 6; n++) assertEquals(signedRankCut(n), null);
  for (let n = 0; n < 8; n++) assertEquals(signedRankCut(n, 0.99), null);
});

Deno.test("signedRankCut() beyond 200 values goes on where the exact one ends", () => {
  // Near n²/4 − 0.98·n^1.5/√3, whose step from one n to the next is near n/2.
  const step = (signedRankCut(201)?.rank ?? 0) - (signedRankCut(200)?.rank ?? 0);
  const before = (signedRankCut(200)?.rank ?? 0) - (signedRankCut(199)?.rank ?? 0);
  assertAlmostEquals(step, before, 1);
});

/** All 2ⁿ patterns of signs of the sizes, each as the differences that it makes. */
function* signPatterns(sizes: readonly number[]): Generator<number[]> {
  for (let bits = 0; bits < 2 ** sizes.length; bits++) {
    yield sizes.map((size, i) => bits >> i & 1 ? -size : size);
  }
}

/** The sum of the mean ranks of the positive ones, zeros ranked and left out. */
function positiveRankSum(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs).toSorted((a, b) => a - b);
  return differences.filter((difference) => difference > 0).reduce((sum, difference) => {
    const [first, last] = [sizes.indexOf(difference), sizes.lastIndexOf(difference)];
    return sum + (first + last) / 2 + 1;
  }, 0);
}

Deno.test("signedRankPValue() is the share of all sign patterns that are as extreme, with ties and zeros", () => {
  check(
    property(array(integer({ min: -4, max: 4 }), { maxLength: 9 }), (differences) => {
      const sums = [...signPatterns(differences.map(Math.abs))].map(positiveRankSum);
      const centre = sums.reduce((sum, each) => sum + each, 0) / sums.length;
      const found = Math.abs(positiveRankSum(differences) - centre);
      const share = sums.filter((sum) => Math.abs(sum - centre) > found - 1e-9).length /
        sums.length;
      return Math.abs(signedRankPValue(differences) - share) < 1e-12;
    }),
    { seed, numRuns: 200 },
  );
});

Deno.test("signedRankPValue() by the normal approximation continues the exact one", () => {
  const random = createRandom(3);
  const values = Array.from({ length: 200 }, () => random.uniform() - 0.42);
  // A value next to nothing moves all ranks by one, and the sum hardly.
  const [exact, approximate] = [signedRankPValue(values), signedRankPValue([...values, 1e-9])];
  assertLess(exact, 0.2);
  assertAlmostEquals(approximate / exact, 1, 0.1);
});

Deno.test("hodgesLehmann() covers the centre in just so many of all sign patterns", () => {
  // For symmetric differences all patterns of signs are equally likely; the true centre is 0.
  for (const n of [6, 8, 10, 12]) {
    const sizes = Array.from({ length: n }, (_, i) => 1 + i * Math.SQRT2 + i * i / 7);
    let covered = 0;
    for (const differences of signPatterns(sizes)) {
      const { low, high } = hodgesLehmann(differences);
      if (low <= 0 && 0 <= high) covered++;
    }
    assertEquals(covered / 2 ** n, signedRankCut(n)?.confidence);
  }
});

Deno.test("hodgesLehmann() with ties covers the centre no less often", () => {
  check(
    property(array(integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 9 }), (sizes) => {
      const patterns = [...signPatterns(sizes)].map((differences) => hodgesLehmann(differences));
      const covered = patterns.filter(({ low, high }) => low <= 0 && 0 <= high).length;
      return covered / patterns.length >= 0.95;
    }),
    { seed, numRuns: 20 },
  );
});

Deno.test("hodgesLehmann() is the median of all averages of two, by the definition", () => {
  check(
    property(array(double({ noNaN: true, min: -1, max: 1 }), { minLength: 1 }), (values) => {
      const averages = values.flatMap((a, i) => values.slice(0, i + 1).map((b) => (a + b) / 2));
      const { estimate, low, high } = hodgesLehmann(values);
      return estimate === median(averages) && low <= estimate && estimate <= high;
    }),
    { seed },
  );
});

Deno.test("hodgesLehmann() moves with the values, changes sign with them, and needs six", () => {
  const values = array(integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 20 });
  check(
    property(values, integer({ min: -1000, max: 1000 }), (values, shift) => {
      const { estimate, low, high } = hodgesLehmann(values);
      const moved = hodgesLehmann(values.map((value) => value + shift));
      const turned = hodgesLehmann(values.map((value) => -value));
      return moved.estimate === estimate + shift && moved.low === low + shift &&
        moved.high === high + shift && turned.low === -high && turned.estimate === 0 - estimate;
    }),
    { seed },
  );
  assertEquals(hodgesLehmann([3, 1, 2]), { estimate: 2, low: 1, high: 3, confidence: 0 });
});

Deno.test("signedRankPValue() is at most 0.05 just where hodgesLehmann()'s interval excludes 0", () => {
  check(
    property(
      array(double({ noNaN: true, min: -1, max: 2 }), { minLength: 6, maxLength: 20 }),
      (values) => {
        const { low, high, confidence } = hodgesLehmann(values);
        const distinct = new Set(values.map(Math.abs)).size === values.length;
        return !distinct || values.includes(0) ||
          (low > 0 || high < 0) === signedRankPValue(values) <= 1 - confidence + 1e-12;
      },
    ),
    { seed },
  );
});

Deno.test("theilSen() is the slope of a line, whatever one value of five does", () => {
  check(
    property(
      integer({ min: -100, max: 100 }),
      integer({ min: 0, max: 4 }),
      double({ noNaN: true }),
      (slope, at, wild) => {
        const line = [0, 1, 2, 3, 4].map((i) => i * slope);
        const found = theilSen(line);
        const moved = theilSen(line.with(at, wild));
        // One wild value owns 4 of the 10 slopes, so that the middle ones stay the line's.
        return found === slope && moved === slope;
      },
    ),
    { seed },
  );
});

Deno.test("autocorrelation() is within its bound for independent values, and beyond for a walk", () => {
  const random = createRandom(4);
  let beyond = 0;
  let walks = 0;
  for (let run = 0; run < 1000; run++) {
    const values = Array.from({ length: 40 }, () => random.uniform());
    const { lag1, bound } = autocorrelation(values);
    if (Math.abs(lag1) > bound) beyond++;
    let sum = 0;
    const walk = autocorrelation(values.map((value) => sum += value - 0.5));
    if (walk.lag1 > walk.bound) walks++;
  }
  assertLess(beyond / 1000, 0.06);
  assertGreater(beyond / 1000, 0.02);
  assertGreater(walks / 1000, 0.95);
  assertEquals(autocorrelation([2, 2, 2]).lag1, 0);
});

Deno.test("modifiedZ() does not hide an outlier behind itself, and finds none in equal values", () => {
  const [first, outlier] = modifiedZ([10, 90, 11, 9, 10.5]);
  assertLess(Math.abs(first ?? NaN), 1);
  assertGreater(outlier ?? 0, 50);
  assertEquals(modifiedZ([7, 7, 7]), [0, 0, 0]);
  assertEquals(modifiedZ([7, 7, 7, 8]).at(-1), Infinity);
});

Deno.test("normalQuantile() has the tabulated values", () => {
  const tabulated = [[0.5, 0], [0.8, 0.841621], [0.95, 1.644854], [0.995, 2.575829]] as const;
  for (const [p, z] of tabulated) {
    assertAlmostEquals(normalQuantile(p), z, 3e-6);
    assertAlmostEquals(normalQuantile(1 - p), -z, 3e-6);
  }
});

Deno.test("geometricMean() of a number and its inverse is 1", () => {
  assertAlmostEquals(geometricMean([4, 0.25]), 1);
  assertEquals(geometricMean([]), NaN);
});

Deno.test("rangeOf() takes more values than a call takes arguments", () => {
  assertEquals(rangeOf([2, 1, 3]), { min: 1, max: 3 });
  assertEquals(rangeOf(Array.from({ length: 1e6 }, (_, i) => i)), { min: 0, max: 1e6 - 1 });
});

Deno.test("meanAndDeviation() has n − 1 in the denominator, and none for one value", () => {
  assertEquals(meanAndDeviation([1, 2, 3]), { mean: 2, deviation: 1 });
  assertEquals(meanAndDeviation([5]), { mean: 5, deviation: NaN });
});
