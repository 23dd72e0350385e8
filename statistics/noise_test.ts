import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { array, assert as check, double, property, record } from "fast-check";
import { formatPercent } from "../common/numbers.ts";
import { createRandom } from "../common/random.ts";
import { type ControlComparison, floorFor, noiseFloorOf, noiseOf, replaceable } from "./noise.ts";
import { compared } from "./launches.ts";

function control(
  low: number,
  high: number,
  more: Partial<ControlComparison> = {},
): ControlComparison {
  const interval = { estimate: (low + high) / 2, low, high, confidence: 0.96, p: 0.5 };
  const design = { threads: 1, launches: 4, rounds: 12, sigma: 0.001 };
  return { workload: "a", ...interval, ...design, ...more };
}

const nothing = { measurements: 0, replaced: 0, referenceLoop: [], cells: [] };

Deno.test("noiseFloorOf() is the farther end, as a relative difference", () => {
  assertAlmostEquals(noiseFloorOf({ low: -Math.log(1.05), high: 0.01 }), 0.05);
  assertAlmostEquals(noiseFloorOf({ low: 0.01, high: Math.log(1.02) }), 0.02);
});

for (
  const [floor, grade] of [
    [0.009, "quiet"],
    [0.011, "fair"],
    [0.029, "fair"],
    [0.031, "noisy"],
    [0.079, "noisy"],
    [0.081, "unusable"],
  ] as const
) {
  Deno.test(`noiseOf() grades a floor of ${floor} as ${grade}, and names it in its sentence`, () => {
    const noise = noiseOf({ ...nothing, controls: [control(-Math.log1p(floor), 0)] });
    assertEquals(noise.grade, grade);
    assertAlmostEquals(noise.floor ?? NaN, floor);
    // Beyond 3 %, or twice the floor, and hardly more where launches agree.
    assertAlmostEquals(noise.smallest ?? NaN, Math.max(0.03, 2 * floor), 0.002);
    assertStringIncludes(noise.sentence.toLowerCase(), `${grade} run`);
    assertStringIncludes(noise.sentence, `±${formatPercent(floor)}`);
    assertEquals(noise.sentence.includes("replaced"), false);
  });
}

Deno.test("noiseOf() takes the median over the workloads", () => {
  const controls = [control(-0.001, 0), control(-0.02, 0), control(0, 0.5, { estimate: 0 })];
  assertEquals(noiseOf({ ...nothing, controls }).grade, "fair");
});

Deno.test("noiseOf() without an interval is unknown, and says why", () => {
  const none = noiseOf({ ...nothing, controls: [] });
  assertEquals([none.grade, none.floor, none.smallest], ["unknown", null, null]);
  assertStringIncludes(none.sentence, "no A/A control was measured");
  const few = noiseOf({
    ...nothing,
    controls: [{ workload: "a", threads: 1, ...compared([[0, 0]]) }],
  });
  assertStringIncludes(few.sentence, "6 are needed");
});

Deno.test("noiseOf() names the difference that it would call one, which grows with the spread of launches", () => {
  const noise = noiseOf({ ...nothing, controls: [control(-0.001, 0.001, { sigma: 0.05 })] });
  assertAlmostEquals(noise.smallest ?? NaN, 0.11, 0.02);
  assertStringIncludes(
    noise.sentence,
    `a difference of ${formatPercent(noise.smallest ?? NaN)} would be called one in 4 of 5`,
  );
});

Deno.test("noiseOf() grades each number of threads by its own controls, and floorFor() takes the wider", () => {
  const { grade, byThreads, sentence } = noiseOf({
    ...nothing,
    controls: [control(-0.2, 0.3, { threads: 4 }), control(-0.001, 0.001)],
  });
  assertEquals(grade, "quiet");
  assertEquals(byThreads.map(({ threads, grade }) => [threads, grade]), [[1, "quiet"], [
    4,
    "unusable",
  ]]);
  assertStringIncludes(sentence, "4 threads ±35 %, unusable");
  assertAlmostEquals(floorFor(byThreads, [1, 1]), Math.expm1(0.001));
  // What has no control is taken to be like the next wider one that has.
  for (const threads of [2, 4, 8]) {
    assertAlmostEquals(floorFor(byThreads, [1, threads]), Math.expm1(0.3));
  }
  assertEquals(floorFor([], [1, 2]), 0);
});

Deno.test("noiseOf() says what one launch cannot know, and what other programs used", () => {
  const warnings = (more: Partial<ControlComparison>, others: readonly number[]) =>
    noiseOf({ ...nothing, controls: [control(0, 0, more)], others }).warnings;
  assertStringIncludes(warnings({ launches: 1 }, [])[0] ?? "", "there was one launch");
  assertEquals(warnings({}, [0.01, 0.05, 2]), []);
  const [one = ""] = warnings({}, [0.9, 1, 1.1]);
  assertStringIncludes(one, "other programs used 1.00 processors");
  assertEquals(one.includes("several threads"), false);
  assertStringIncludes(warnings({ threads: 2 }, [0.9, 1, 1.1])[0] ?? "", "several threads");
});

Deno.test("noiseOf() warns of controls that differ, of drift, dependence and an uneven machine, with a remedy", () => {
  const random = createRandom(1);
  const steady = Array.from({ length: 30 }, () => 1 + 0.01 * random.uniform());
  const warnings = (more: Partial<Parameters<typeof noiseOf>[0]>) =>
    noiseOf({ ...nothing, controls: [control(-0.01, 0.01)], ...more }).warnings;
  assertEquals(warnings({ referenceLoop: steady, cells: [steady, steady] }), []);
  const [differs = ""] = warnings({ controls: [control(0.03, 0.05, { p: 0.01 }), control(0, 0)] });
  assertStringIncludes(
    differs,
    "the A/A controls differ from their own kernels on a, so do not trust",
  );
  assertStringIncludes(differs, "Consider more launches");
  // Without a test, a difference of any size is none.
  assertEquals(warnings({ controls: [control(0.03, 0.05)] }), []);
  assertStringIncludes(
    warnings({ controls: [control(0.001, 0.002, { p: 0.01 })] })[0] ?? "",
    "controls differ",
  );
  // One of many may differ by chance.
  const many = Array.from(
    { length: 12 },
    (_, i) => control(-0.001, 0.001, { p: i === 0 ? 0.03 : 0.5 }),
  );
  assertEquals(warnings({ controls: many }), []);
  const [drift = ""] = warnings({ referenceLoop: steady.map((time, i) => time * (1 + i / 300)) });
  assertStringIncludes(drift, "drifted by 9");
  assertStringIncludes(drift, "Consider closing other programs");
  // Readings that scatter widely have a slope by chance, and readings of two rounds always.
  assertEquals(warnings({ referenceLoop: [1, 1.3] }), []);
  let slopes = 0;
  for (let i = 0; i < 200; i++) {
    const scattered = Array.from({ length: 6 }, () => 1 + 0.1 * random.uniform());
    if (warnings({ referenceLoop: scattered }).length > 0) slopes++;
  }
  // 5 % of 200 are 10, and 20 with a probability of less than 1 in 300.
  assertLess(slopes, 20);
  const trend = steady.map((time, i) => time * (1 + i / 300));
  assertStringIncludes(
    warnings({ cells: [trend, trend, steady] })[0] ?? "",
    "not independent in 2 of 3 results",
  );
  assertEquals(warnings({ cells: [trend, ...Array.from({ length: 11 }, () => steady)] }), []);
  const uneven = steady.map((time, i) => i === 7 ? time / 1.2 : time);
  assertStringIncludes(warnings({ cells: [uneven] })[0] ?? "", "in 1 of 1 results");
});

const quiet = { referenceLoop: 0.005, running: 1, pressure: 0, others: 0.02 };

for (
  const [disturbed, reason] of [
    [{ ...quiet, referenceLoop: 0.0054 }, "the reference loop was off by 8 %"],
    [{ ...quiet, referenceLoop: 0.0046 }, "the reference loop was off by 8.7 %"],
    [{ ...quiet, running: 0.9 }, "a kernel ran only 90 % of the time"],
    [{ ...quiet, pressure: 0.05 }, "work waited 5 % of the time for a processor"],
    [{ ...quiet, pressure: 0.03, running: 0.5 }, "a kernel ran only 50 % of the time"],
    [{ ...quiet, others: 0.8 }, "other programs used 0.800 processors"],
  ] as const
) {
  Deno.test(`replaceable() finds the round in which ${reason}`, () => {
    assertEquals(replaceable([quiet, quiet, disturbed, quiet]), [{ index: 2, reason }]);
  });
}

Deno.test("replaceable() leaves what is within the limits, unknown, or hardly beside equal values", () => {
  const fine = { referenceLoop: 0.00502, running: 0.98, pressure: 0.015 };
  const unknown = { referenceLoop: 0.005, running: null, pressure: null };
  assertEquals(replaceable([quiet, quiet, quiet, fine, unknown]), []);
});

Deno.test("replaceable() finds what is off by 5 % where nothing is outlying", () => {
  const times = [0.005, 0.0051, 0.0049, 0.0052, 0.0048, 0.0056];
  const rounds = times.map((referenceLoop) => ({ ...quiet, referenceLoop }));
  assertEquals(replaceable(rounds).map(({ index }) => index), [5]);
});

Deno.test("replaceable() never takes more than 30 %, and takes the worst", () => {
  const rounds = Array.from({ length: 10 }, (_, i) => ({ ...quiet, pressure: i / 10 }));
  assertEquals(replaceable(rounds).map(({ index }) => index), [7, 8, 9]);
  const conditions = record({
    referenceLoop: double({ noNaN: true, min: 1e-3, max: 1 }),
    running: double({ noNaN: true, min: 0, max: 1 }),
    pressure: double({ noNaN: true, min: 0, max: 1 }),
  });
  check(
    property(array(conditions), (rounds) => {
      const found = replaceable(rounds).map(({ index }) => index);
      return found.length <= 0.3 * rounds.length && new Set(found).size === found.length &&
        found.every((index, i) =>
          index < rounds.length && (i === 0 || index > (found[i - 1] ?? 0))
        );
    }),
    { seed: 1 },
  );
  assert(replaceable(rounds, 0).length === 0);
});
