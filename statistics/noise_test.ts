import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { array, assert as check, double, property, record } from "fast-check";
import { formatPercent } from "../common/numbers.ts";
import { createRandom } from "../common/random.ts";
import { type ControlComparison, noiseFloorOf, noiseOf, replaceable } from "./noise.ts";
import { compared } from "./verdicts.ts";

function control(
  low: number,
  high: number,
  more: Partial<ControlComparison> = {},
): ControlComparison {
  const interval = { estimate: (low + high) / 2, low, high, confidence: 0.96, p: 0.5 };
  return { workload: "a", ...interval, rounds: 12, sigma: 0.001, ...more };
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
    assertAlmostEquals(noise.smallest ?? NaN, 2 * floor);
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
  const few = noiseOf({ ...nothing, controls: [{ workload: "a", ...compared([0, 0]) }] });
  assertStringIncludes(few.sentence, "6 are needed");
});

Deno.test("noiseOf() names the smallest difference that the rounds can find, where it is larger", () => {
  const noise = noiseOf({
    ...nothing,
    controls: [control(-0.001, 0.001, { sigma: 0.05, rounds: 10 })],
  });
  assertAlmostEquals(noise.smallest ?? NaN, Math.expm1(0.0495), 1e-3);
  assertStringIncludes(noise.sentence, "differences under 5.1 % are not");
});

Deno.test("noiseOf() warns of controls that differ, of drift, dependence and an uneven machine, with a remedy", () => {
  const random = createRandom(1);
  const steady = Array.from({ length: 30 }, () => 1 + 0.01 * random.uniform());
  const warnings = (more: Partial<Parameters<typeof noiseOf>[0]>) =>
    noiseOf({ ...nothing, controls: [control(-0.01, 0.01)], ...more }).warnings;
  assertEquals(warnings({ referenceLoop: steady, cells: [steady, steady] }), []);
  const [differs = ""] = warnings({ controls: [control(0.03, 0.05), control(0, 0)] });
  assertStringIncludes(
    differs,
    "the A/A controls differ from their own kernels on a, so do not trust",
  );
  assertStringIncludes(differs, "Consider more rounds");
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
  const trend = steady.map((time, i) => time * (1 + i / 300));
  assertStringIncludes(
    warnings({ cells: [trend, trend, steady] })[0] ?? "",
    "not independent in 2 of 3 results",
  );
  assertEquals(warnings({ cells: [trend, ...Array.from({ length: 11 }, () => steady)] }), []);
  const uneven = steady.map((time, i) => i === 7 ? time / 1.2 : time);
  assertStringIncludes(warnings({ cells: [uneven] })[0] ?? "", "in 1 of 1 results");
});

const quiet = { referenceLoop: 0.005, running: 1, pressure: 0 };

for (
  const [disturbed, reason] of [
    [{ ...quiet, referenceLoop: 0.0054 }, "the reference loop was off by 8 %"],
    [{ ...quiet, referenceLoop: 0.0046 }, "the reference loop was off by 8.7 %"],
    [{ ...quiet, running: 0.9 }, "a kernel ran only 90 % of the time"],
    [{ ...quiet, pressure: 0.05 }, "work waited 5 % of the time for a processor"],
    [{ ...quiet, pressure: 0.03, running: 0.5 }, "a kernel ran only 50 % of the time"],
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
