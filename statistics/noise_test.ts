import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { array, assert as check, double, property, record } from "fast-check";
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

Deno.test("noiseFloorOf() is the farther end, as a share", () => {
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
    assertStringIncludes(noise.sentence, `±${Number((100 * floor).toPrecision(2))} %`);
    assertEquals(noise.sentence.includes("replaced"), false);
  });
}

Deno.test("noiseOf() takes the middle of the workloads", () => {
  const controls = [control(-0.001, 0), control(-0.02, 0), control(0, 0.5, { estimate: 0 })];
  assertEquals(noiseOf({ ...nothing, controls }).grade, "fair");
});

Deno.test("noiseOf() without an interval knows nothing, and says why", () => {
  const none = noiseOf({ ...nothing, controls: [] });
  assertEquals([none.grade, none.floor, none.smallest], ["unknown", null, null]);
  assertStringIncludes(none.sentence, "nothing was measured twice");
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

Deno.test("noiseOf() warns of two alike that differ, of drift, dependence and an uneven machine", () => {
  const random = createRandom(1);
  const calm = Array.from({ length: 30 }, () => 1 + 0.01 * random.uniform());
  const warnings = (more: Partial<Parameters<typeof noiseOf>[0]>) =>
    noiseOf({ ...nothing, controls: [control(-0.01, 0.01)], ...more }).warnings;
  assertEquals(warnings({ referenceLoop: calm, cells: [calm, calm] }), []);
  const [differs = ""] = warnings({ controls: [control(0.03, 0.05), control(0, 0)] });
  assertStringIncludes(differs, "two alike differ on a");
  assertStringIncludes(
    warnings({ controls: [control(0.001, 0.002, { p: 0.01 })] })[0] ?? "",
    "alike",
  );
  // One of many may by chance.
  const many = Array.from(
    { length: 12 },
    (_, i) => control(-0.001, 0.001, { p: i === 0 ? 0.03 : 0.5 }),
  );
  assertEquals(warnings({ controls: many }), []);
  const [drift = ""] = warnings({ referenceLoop: calm.map((time, i) => time * (1 + i / 300)) });
  assertStringIncludes(drift, "drifted by 9");
  const trend = calm.map((time, i) => time * (1 + i / 300));
  assertStringIncludes(
    warnings({ cells: [trend, trend, calm] })[0] ?? "",
    "not independent in 2 of 3 results",
  );
  assertEquals(warnings({ cells: [trend, ...Array.from({ length: 11 }, () => calm)] }), []);
  const uneven = calm.map((time, i) => i === 7 ? time / 1.2 : time);
  assertStringIncludes(warnings({ cells: [uneven] })[0] ?? "", "in 1 of 1 results");
});

const calm = { referenceLoop: 0.005, running: 1, pressure: 0 };

for (
  const [disturbed, reason] of [
    [{ ...calm, referenceLoop: 0.0054 }, "the reference loop was off by 8 %"],
    [{ ...calm, referenceLoop: 0.0046 }, "the reference loop was off by 8.7 %"],
    [{ ...calm, running: 0.9 }, "it ran only 90 % of the time"],
    [{ ...calm, pressure: 0.05 }, "work waited 5 % of the time for a processor"],
    [{ ...calm, pressure: 0.03, running: 0.5 }, "it ran only 50 % of the time"],
  ] as const
) {
  Deno.test(`replaceable() finds the measurement of which it says: ${reason}`, () => {
    assertEquals(replaceable([calm, calm, disturbed, calm]), [{ measurement: 2, reason }]);
  });
}

Deno.test("replaceable() lets be what is within the limits, unknown, or a hair beside equal values", () => {
  const fine = { referenceLoop: 0.00502, running: 0.98, pressure: 0.015 };
  const unknown = { referenceLoop: 0.005, running: null, pressure: null };
  assertEquals(replaceable([calm, calm, calm, fine, unknown]), []);
});

Deno.test("replaceable() finds what is off by 5 % where nothing is outlying", () => {
  const times = [0.005, 0.0051, 0.0049, 0.0052, 0.0048, 0.0056];
  const measurements = times.map((referenceLoop) => ({ ...calm, referenceLoop }));
  assertEquals(replaceable(measurements).map(({ measurement }) => measurement), [5]);
});

Deno.test("replaceable() never takes more than 30 %, and takes the worst", () => {
  const measurements = Array.from({ length: 10 }, (_, i) => ({ ...calm, pressure: i / 10 }));
  assertEquals(replaceable(measurements).map(({ measurement }) => measurement), [7, 8, 9]);
  const covariates = record({
    referenceLoop: double({ noNaN: true, min: 1e-3, max: 1 }),
    running: double({ noNaN: true, min: 0, max: 1 }),
    pressure: double({ noNaN: true, min: 0, max: 1 }),
  });
  check(
    property(array(covariates), (measurements) => {
      const found = replaceable(measurements).map(({ measurement }) => measurement);
      return found.length <= 0.3 * measurements.length && new Set(found).size === found.length &&
        found.every((measurement, i) =>
          measurement < measurements.length && (i === 0 || measurement > (found[i - 1] ?? 0))
        );
    }),
    { seed: 1 },
  );
  assert(replaceable(measurements, 0).length === 0);
});
