import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Measurement, Result, ThreadNoise } from "../../results/schema.ts";
import {
  baselineOf,
  differencesOf,
  lostSpeeds,
  noiseIn,
  notWarmedUp,
  verdictsIn,
} from "./conclusions.ts";
import { madeRecord, madeResult } from "../../results/result_testing.ts";

const record = madeRecord;

/** A result with a measurement in each round, of `seconds[i]`; null for a round that is missing. */
function result(
  kernel: string,
  seconds: readonly (number | null)[],
  more: Partial<Result> = {},
): Result {
  const measurements = seconds.flatMap((time, i): Measurement[] =>
    time === null ? [] : [{
      round: i + 1,
      at: i,
      calls: 1,
      samples: [time, time * 2, time / 2],
      cpu: 1,
      switches: 0,
      pressure: null,
    }]
  );
  const roundMedians = measurements.map(({ samples }) => samples[0]!);
  return madeResult(kernel, { roundMedians, measurements, ...more });
}

/** Times about 1 that vary by `spread`, from a seed. */
function times(rounds: number, factor: number, spread: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from(
    { length: rounds },
    () => factor * Math.exp(spread * (2 * random.uniform() - 1)),
  );
}

Deno.test("differencesOf() compares the rounds that both have, without replaced measurements", () => {
  const one = result("a", [1, null, 3, 4]);
  const other = result("b", [10, 20, 30, 40]);
  const last = other.measurements!.at(-1)!;
  const replaced = {
    ...other,
    measurements: [
      ...other.measurements!.slice(0, 3),
      { ...last, samples: [99], replaced: "the machine" },
      { ...last, samples: [44] },
    ],
  };
  const ratios = differencesOf(one, replaced).flat().map(Math.exp);
  for (const [i, ratio] of [10, 10, 11].entries()) assertAlmostEquals(ratios[i]!, ratio);
  assertEquals(ratios.length, 3);
});

Deno.test("baselineOf() is the other version of the same, else the baseline of the same engine", () => {
  const kernels = [
    record("naive (plain)", { base: "naive", engine: "plain" }),
    record("simd (plain)", { base: "simd", engine: "plain" }),
    record("simd-control (plain)", { base: "simd", engine: "plain", controlOf: "simd (plain)" }),
    record("naive (revec)", { base: "naive", engine: "--revec" }),
    record("simd (revec)", { base: "simd", engine: "--revec" }),
    record("threads:2", { base: "threads", threads: 2 }),
    record("threads:1", { base: "threads" }),
    record("threads:2@main", { base: "threads", threads: 2, version: "main" }),
  ];
  const found = kernels.map((one) => baselineOf(one, kernels, "simd"));
  assertEquals(found, [
    "simd (plain)",
    null,
    null,
    "simd (revec)",
    null,
    "threads:2@main",
    null,
    null,
  ]);
});

/** The noise of one thread, and of two. */
const noise = (floor: number, ofTwo = floor): ThreadNoise[] =>
  [floor, ofTwo].map((floor, i) => ({ threads: i + 1, grade: "fair", floor, smallest: null }));

Deno.test("verdictsIn() tells slower from equivalent, and skips what was not verified", () => {
  const kernels = ["base", "same", "slow", "wrong"].map((name) => record(name));
  const verification = { status: "failed", detail: "", worst: null } as const;
  const results = [
    result("base", times(12, 1, 0.005, 1)),
    result("same", times(12, 1, 0.005, 2)),
    result("slow", times(12, 1.2, 0.005, 3)),
    result("wrong", times(12, 0.5, 0.005, 4), { verification }),
  ];
  const verdicts = verdictsIn({ kernels, results }, "base", noise(0.01));
  assertEquals(verdicts.map(({ kernel, verdict }) => [kernel, verdict]), [
    ["same", "equivalent"],
    ["slow", "slower"],
  ]);
  assertAlmostEquals(verdicts[1]!.ratio, 1.2, 0.01);
  assert(verdicts[1]!.p < 0.001 && verdicts[1]!.confidence >= 0.95);
  // The same times on a noisy machine show nothing.
  const noisy = verdictsIn({ kernels, results }, "base", noise(0.2));
  assertEquals(noisy[1]?.verdict, "inconclusive");
});

Deno.test("verdictsIn() compares pass by pass", () => {
  const kernels = ["base", "other"].map((name) => record(name));
  const results = [
    result("base", times(8, 1, 0, 1)),
    result("other", times(8, 3, 0, 1), { pass: "backward" }),
  ];
  assertEquals(verdictsIn({ kernels, results }, "base", []), []);
});

Deno.test("noiseIn() grades a run by its controls, and as unknown without any", () => {
  const kernels = [record("a"), record("a-control", { base: "a", controlOf: "a" })];
  const quiet = noiseIn({
    kernels,
    results: [result("a", times(12, 1, 0.002, 1)), result("a-control", times(12, 1, 0.002, 2))],
    referenceLoop: Array.from({ length: 36 }, (_, i) => ({ round: 1, at: i, seconds: 0.005 })),
  });
  assertEquals(quiet.grade, "quiet");
  assertEquals(quiet.controls.map(({ kernel, ratios }) => [kernel, ratios.length]), [[
    "a-control",
    12,
  ]]);
  assertEquals([quiet.measurements, quiet.replaced], [24, 0]);
  const noisy = noiseIn({
    kernels,
    results: [result("a", times(12, 1, 0.2, 1)), result("a-control", times(12, 1, 0.2, 2))],
    referenceLoop: [],
  });
  assert(["noisy", "unusable"].includes(noisy.grade) && (noisy.floor ?? 0) > 0.03);
  const none = noiseIn({ kernels, results: [result("a", [1, 2])], referenceLoop: [] });
  assertEquals([none.grade, none.floor, none.smallest], ["unknown", null, null]);
});

Deno.test("verdictsIn() judges several threads by the noise of several threads", () => {
  const kernels = [record("base"), record("threads", { threads: 2 }), record("slow")];
  const results = [
    result("base", times(12, 1, 0.005, 1)),
    result("threads", times(12, 1.5, 0.005, 2)),
    result("slow", times(12, 1.5, 0.005, 3)),
  ];
  const verdicts = verdictsIn({ kernels, results }, "base", noise(0.005, 0.6));
  assertEquals(verdicts.map(({ verdict }) => verdict), ["inconclusive", "slower"]);
});

Deno.test("verdictsIn() believes launches, not the rounds that agree within each", () => {
  const kernels = [record("base"), record("other")];
  const byLaunch = (kernel: string, factors: readonly number[]) => {
    const rounds = factors.flatMap((factor, i) => times(4, factor, 0.002, i + kernel.length));
    const { measurements, ...rest } = result(kernel, rounds);
    return {
      ...rest,
      measurements: measurements!.map((one, i) => ({ ...one, launch: Math.floor(i / 4) + 1 })),
    };
  };
  const judged = (factors: readonly number[]) =>
    verdictsIn(
      { kernels, results: [byLaunch("base", [1, 1, 1]), byLaunch("other", factors)] },
      "base",
      noise(0.005),
    )[0];
  // In one launch of three it was in another state.
  const apart = judged([1.15, 1, 1.01]);
  assertEquals([apart?.verdict, apart?.launches, apart?.rounds], ["inconclusive", 3, 12]);
  assertEquals(judged([1.15, 1.16, 1.14])?.verdict, "slower");
});

Deno.test("lostSpeeds() names the cells that became slower than their own best by ten times", () => {
  const warmup = { calls: 2, seconds: 0.3, settled: true, first: 0.3, trace: [0.3, 0.15] };
  const cells = [result("naive", [15, 15], { warmup }), result("blocked", [0.2, 1.4], { warmup })];
  assertEquals(lostSpeeds(cells), [
    "naive on w took 100 times as long as its own best call, as where the engine drops optimised " +
    "code, or memory is short. Consider running it again, and trust none of its times",
  ]);
  const { warnings } = noiseIn({ kernels: [record("naive")], results: cells, referenceLoop: [] });
  assertEquals(warnings.filter((text) => text.startsWith("naive on w took 100 times")).length, 1);
});

Deno.test("notWarmedUp() names the cells whose first call was not repeated", () => {
  const warmup = { calls: 1, seconds: 15, settled: false, first: 15, trace: [15] };
  const cells = [
    result("naive", [15], { warmup }),
    result("blocked", [1], { warmup: { ...warmup, calls: 2 } }),
  ];
  assertEquals(notWarmedUp(cells).map((text) => text.slice(0, 36)), [
    "naive on w took so long for a call t",
  ]);
  assertEquals(notWarmedUp(cells.slice(1)), []);
});

Deno.test("what two launches worlds apart, or no common round, say can be written and read", () => {
  const kernels = [record("a"), record("a-control", { base: "a", controlOf: "a" }), record("b")];
  const launched = (kernel: string, seconds: readonly number[]) => {
    const { measurements, ...rest } = result(kernel, seconds);
    return { ...rest, measurements: measurements!.map((one, i) => ({ ...one, launch: i + 1 })) };
  };
  const results = [
    launched("a", [1, 1]),
    launched("b", [1e-9, 1e6]),
    // Measured in other rounds than its kernel.
    result("a-control", [null, null, 1]),
  ];
  const verdicts = verdictsIn({ kernels, results }, "a", []);
  const { controls: [control] } = noiseIn({ kernels, results, referenceLoop: [] });
  assertEquals(verdicts.map(({ kernel, verdict }) => [kernel, verdict]), [["b", "inconclusive"]]);
  const { ratio, low, high } = verdicts[0]!;
  assert(low > 1e-15 && low < ratio && ratio < high && high < Infinity);
  assertEquals([control?.ratios, control && "ratio" in control, control?.verdict], [
    [],
    false,
    "inconclusive",
  ]);
  assertEquals(JSON.parse(JSON.stringify({ verdicts, control })), { verdicts, control });
});
