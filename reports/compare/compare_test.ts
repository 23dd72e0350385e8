import { stripAnsiCode } from "@std/fmt/colors";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ResultFileError } from "../../results/fields.ts";
import type { Environment, KernelRecord, Result, Results } from "../../results/schema.ts";
import { cleanSample, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { unpaired } from "../../statistics/verdicts.ts";
import { colourOf, compareResults, leastShown, regressionsOf } from "./compare.ts";
import { formatComparison } from "./text.ts";

const options = { spread: 0.01, relevant: 0.03 };

/** The run with the times of one kernel, on all or one of the workloads, multiplied. */
function scaled(results: Results, kernel: string, factor: number, workload?: string): Results {
  const scale = (result: Result): Result => {
    if (result.kernel !== kernel || !result.seconds || !result.gflops) return result;
    if (workload !== undefined && result.workload !== workload) return result;
    const { median, low, high, min, confidence } = result.seconds;
    const [a, b, c, d] = [median, low, high, min].map((time) => time * factor) as [
      number,
      number,
      number,
      number,
    ];
    return {
      ...result,
      seconds: { median: a, low: b, high: c, min: d, confidence },
      gflops: result.gflops / factor,
      roundMedians: result.roundMedians.map((time) => time * factor),
    };
  };
  return { ...results, results: results.results.map(scale) };
}

function withRecord(results: Results, kernel: string, more: Partial<KernelRecord>): Results {
  const kernels = results.kernels.map((record) =>
    record.name === kernel ? { ...record, ...more } : record
  );
  return { ...results, kernels };
}

const old = cleanSample();

Deno.test("compareResults() finds no difference between a file and itself", () => {
  const { cells, differences, changed, onlyOld, onlyNew, failed } = compareResults(
    old,
    old,
    options,
  );
  assertEquals([differences, changed, onlyOld, onlyNew, failed], [[], [], [], [], []]);
  assertEquals(cells.length, old.results.length);
  for (const { ratio, p, verdict } of cells) {
    assertEquals([ratio, p], [1, 1]);
    assertEquals(verdict, "equivalent");
  }
});

Deno.test("compareResults() finds what got slower and what faster, and by how much", () => {
  const now = scaled(scaled(old, "naive", 1.5), "wasm-simd", 0.5, "jet");
  const comparison = compareResults(old, now, options);
  for (const { kernel, workload, ratio, interval, verdict } of comparison.cells) {
    const [factor, expected] = kernel === "naive"
      ? [1.5, "slower"]
      : kernel === "wasm-simd" && workload === "jet"
      ? [0.5, "faster"]
      : [1, null];
    assertAlmostEquals(ratio, factor, 1e-9);
    assert((interval?.low ?? NaN) <= factor && factor <= (interval?.high ?? NaN));
    if (expected) assertEquals(verdict, expected);
    else assert(verdict === "equivalent" || verdict === "inconclusive", verdict);
  }
  const slower = regressionsOf(comparison).map(({ kernel }) => kernel);
  assertEquals(new Set(slower), new Set(["naive"]));
  assertEquals(slower.length, 12);
});

Deno.test("compareResults() turned around turns the ratios", () => {
  const now = scaled(old, "blocked", 1.2);
  const forth = compareResults(old, now, options).cells;
  const back = compareResults(now, old, options).cells;
  for (const [i, cell] of forth.entries()) {
    assertAlmostEquals(cell.ratio * (back[i]?.ratio ?? NaN), 1, 1e-12);
    assertAlmostEquals(cell.p, back[i]?.p ?? NaN, 1e-12);
  }
});

Deno.test("compareResults() allows for what two runs differ by, and for the noise of a file", () => {
  const now = scaled(old, "naive", 1.12);
  const verdicts = (after: Results, spread: number) =>
    new Set(
      compareResults(old, after, { ...options, spread }).cells
        .filter(({ kernel }) => kernel === "naive").map(({ verdict }) => verdict),
    );
  assertEquals(verdicts(now, 0.01), new Set(["slower"]));
  assertEquals(verdicts(now, 0.05), new Set(["inconclusive"]));
  const noisy = sampleNoise(now, 0.08);
  assertEquals(verdicts(noisy, 0.01), new Set(["inconclusive"]));
});

/** The run with a noise floor, as if its controls had shown it. */
function sampleNoise(results: Results, floor: number): Results {
  return {
    ...results,
    noise: {
      sentence: "",
      grade: "noisy",
      floor,
      smallest: 2 * floor,
      controls: [],
      warnings: [],
      referenceLoop: [],
      measurements: 12,
      replaced: 0,
    },
  };
}

for (
  const [what, change, from, to] of [
    ["processor", { cpu: "Other CPU" }, "Example CPU @ 2.60GHz", "Other CPU"],
    ["cores", { cores: 4 }, "2", "4"],
    ["memory", { memory: 2 ** 34 }, "8 GiB", "16 GiB"],
    ["architecture", { arch: "aarch64" }, "x86_64", "aarch64"],
    ["operating system", { os: "darwin" }, "linux 6.1.0", "darwin"],
    ["Deno", { deno: "3.0.0" }, "2.9.6", "3.0.0"],
    ["V8", { v8: "16" }, "15.0.245.2-rusty", "16"],
  ] as const
) {
  Deno.test(`compareResults() gives no verdict where the ${what} differs`, () => {
    const now = { ...old, environment: { ...old.environment, ...change } };
    const { differences, cells } = compareResults(old, scaled(now, "naive", 9), options);
    assertEquals(differences, [{ what, old: from, new: to }]);
    assertEquals(cells.length, old.results.length);
    for (const cell of cells) assertEquals([cell.verdict, cell.interval], ["not comparable", null]);
  });
}

Deno.test("compareResults() compares what commits and versions of Densemark differ in", () => {
  const environment = {
    ...old.environment,
    densemark: "9.9.9",
    commit: null,
    memory: 8.1 * 2 ** 30,
  };
  assertEquals(compareResults(old, { ...old, environment }, options).differences, []);
});

for (
  const [what, change] of [
    ["device", { device: "another adapter" }],
    ["threads", { threads: 8 }],
    ["engine", { engine: "--no-liftoff" }],
  ] as const
) {
  Deno.test(`compareResults() does not compare a kernel whose ${what} changed`, () => {
    const now = withRecord(old, "wasm-threads", change);
    const { changed, cells, onlyOld, onlyNew } = compareResults(old, now, options);
    assertEquals(cells.some(({ kernel }) => kernel === "wasm-threads"), false);
    assertEquals([onlyOld, onlyNew], [[], []]);
    assertEquals(changed.length, 12);
    for (const { kernel, differences } of changed) {
      assertEquals(kernel, "wasm-threads");
      assertEquals(differences.map((difference) => difference.what), [what]);
      assertEquals(differences[0]?.new, String(Object.values(change)[0]));
    }
  });
}

Deno.test("compareResults() does not compare a workload whose shape changed", () => {
  const results = old.results.map((result) =>
    result.workload === "jet" ? { ...result, m: 7, activation: "tanh" } : result
  );
  const { changed, cells } = compareResults(old, { ...old, results }, options);
  assertEquals(cells.some(({ workload }) => workload === "jet"), false);
  const [first] = changed;
  assertEquals(first?.differences.map(({ what }) => what), ["m x n x k", "activation"]);
});

Deno.test("compareResults() keeps engines and threads of one kernel apart", () => {
  const engines = (results: Results): Results => ({
    ...results,
    kernels: results.kernels.flatMap((record) => [
      record,
      { ...record, name: `${record.name} revec`, base: record.name, engine: "--revec" },
    ]),
    results: results.results.flatMap((result) => [
      result,
      { ...result, kernel: `${result.kernel} revec` },
    ]),
  });
  const now = scaled(engines(old), "naive revec", 2);
  const { cells } = compareResults(engines(old), now, options);
  assertEquals(cells.length, 2 * old.results.length);
  for (const { kernel, engine, verdict } of cells) {
    assertEquals(verdict === "slower", kernel === "naive" && engine === "--revec");
  }
  const text = formatComparison(compareResults(engines(old), now, options));
  assert(/ naive \(--revec, 1 thread\) .*slower/.test(text), text);
  assert(/ naive \(plain, 1 thread\) /.test(text), text);
  // Of two engines one is in the other file too; the second is only here.
  const { cells: plain, onlyNew, changed } = compareResults(old, engines(old), options);
  assertEquals([plain.length, onlyNew.length, changed.length], [
    old.results.length,
    old.results.length,
    0,
  ]);
});

Deno.test("compareResults() lists what only one file has, and leaves out controls and other versions", () => {
  const without = { ...old, results: old.results.filter(({ workload }) => workload !== "jet") };
  const { onlyOld, onlyNew, cells } = compareResults(old, without, options);
  assertEquals(new Set(onlyOld.map(({ workload }) => workload)), new Set(["jet"]));
  assertEquals([onlyNew.length, cells.length], [0, without.results.length]);
  for (const more of [{ controlOf: "blocked" }, { version: "v1" }]) {
    const { cells } = compareResults(old, withRecord(old, "naive", more), options);
    assertEquals(cells.some(({ kernel }) => kernel === "naive"), false);
  }
});

Deno.test("compareResults() names failed results of either file, and never compares them", () => {
  const broken = sampleResults();
  const { failed, cells } = compareResults(broken, old, options);
  assertEquals(failed.map(({ file, kernel, workload }) => [file, kernel, workload]), [
    ["old", "onnxruntime-web", "tiny-odd"],
    ["old", "ml-matrix", "gpt2-decode"],
  ]);
  assertEquals(cells.length, old.results.length);
  assertEquals(compareResults(old, broken, options).failed[0]?.file, "new");
});

Deno.test("compareResults() gives too few rounds no interval, and no time of 0 a logarithm", () => {
  const few = (roundMedians: readonly number[]): Results => ({
    ...old,
    results: old.results.map((result) => ({ ...result, roundMedians })),
  });
  for (const times of [[], [1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0]]) {
    for (const { verdict, interval, ratio } of compareResults(few(times), old, options).cells) {
      assertEquals([verdict, interval, ratio], ["inconclusive", null, 1]);
    }
  }
});

Deno.test("compareResults() refuses two results of the same", () => {
  const twice = { ...old, results: [...old.results, old.results[0]!] };
  assertThrows(() => compareResults(old, twice, options), ResultFileError, "a second result of");
});

Deno.test("regressionsOf() corrects for the number of comparisons", () => {
  const comparison = compareResults(old, scaled(old, "naive", 1.1, "jet"), options);
  const cell = comparison.cells.find(({ verdict }) => verdict === "slower")!;
  const family = (pHolm: number) => ({ ...comparison, cells: [{ ...cell, pHolm }] });
  assertEquals(regressionsOf(family(0.049)).length, 1);
  assertEquals(regressionsOf(family(0.051)).length, 0);
  assertAlmostEquals(cell.pHolm, cell.p * comparison.cells.length, 1e-9);
});

Deno.test("formatComparison() shows each cell on a line, and counts the verdicts", () => {
  const text = formatComparison(compareResults(old, scaled(old, "naive", 2), options));
  const lines = text.split("\n");
  assertEquals(lines.filter((line) => line.includes(" slower")).length, 12 + 1);
  assert(text.includes("2.00  1.9"), text);
  assert(lines.some((line) => line.includes("12 slower")), text);
  assert(text.includes("show no difference below about 3.3 %"), text);
});

Deno.test("leastShown() is what half of the comparisons call a difference, in launches few or many", () => {
  const launches = (times: readonly number[]) =>
    unpaired(times.map((time) => [time]), times.map((time) => [time * 1.2]), 0.05);
  for (const times of [[1, 1, 1], [1, 1, 1, 1, 1, 1]]) {
    const { estimate, low, high } = launches(times);
    const interval = { low: Math.exp(low), high: Math.exp(high) };
    const cells = [{ ...compareResults(old, old, options).cells[0]!, interval }];
    const least = leastShown({ cells, spread: 0.05, relevant: 0.03 });
    const half = (high - low) / 2;
    assertAlmostEquals(Math.log1p(least), half, 1e-9);
    // Three launches do not show 20 %, six do.
    assertEquals(low > 0, Math.log1p(least) < estimate);
    assertEquals(low > 0, times.length === 6);
  }
  // What is beyond the interval but below what matters is not called.
  const level = { spread: 0.001, relevant: 0.03 };
  assertAlmostEquals(leastShown({ cells: [], ...level }), 0.03, 1e-12);
});

Deno.test("colourOf() gives a colour only to what holds among all comparisons", () => {
  assertEquals(colourOf({ verdict: "slower", pFalseDiscovery: 0.05 }), "red");
  assertEquals(colourOf({ verdict: "faster", pFalseDiscovery: 0.05 }), "green");
  assertEquals(colourOf({ verdict: "slower", pFalseDiscovery: 0.051 }), null);
  assertEquals(colourOf({ verdict: "equivalent", pFalseDiscovery: 0.01 }), null);
});

// All control characters but the line feed, and what reorders text.
// deno-lint-ignore no-control-regex
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

Deno.test("formatComparison() lets no hostile name write to the terminal", () => {
  const results = hostileResults();
  const other = { ...results, environment: { ...results.environment, cpu: "x\u001b[31m\u202e" } };
  const renamed = {
    ...old,
    results: old.results.map((each) => ({ ...each, workload: `\u001b[2J${each.workload}` })),
  };
  const shown = formatComparison(compareResults(renamed, renamed, options));
  assert(/^\[2Jjet /m.test(shown), shown);
  assertEquals(unsafe.test(stripAnsiCode(shown)), false);
  for (const now of [results, other, old]) {
    const text = formatComparison(compareResults(results, now, options));
    assertEquals(unsafe.test(stripAnsiCode(text)), false);
    assert(text.split("\n").every((line) => line.length < 1000));
  }
});

Deno.test("compareResults() names limits that differ, where both files say them", () => {
  const withState = (state: Partial<Environment>) => ({
    ...old,
    environment: { ...old.environment, ...state },
  });
  const before = withState({ governor: "performance", cpuQuota: 2, load: [0, 0, 0] });
  const after = withState({ governor: "powersave", cpuQuota: 2, load: [9, 9, 9], cpuset: "0" });
  assertEquals(compareResults(before, after, options).differences, [
    { what: "governor", old: "performance", new: "powersave" },
  ]);
  assertEquals(compareResults(old, after, options).differences, []);
});

Deno.test("compareResults() does not compare cold caches with warm ones, even under one name", () => {
  const [first, ...others] = old.results;
  const now = { ...old, results: [{ ...first!, cold: true as const }, ...others] };
  const { changed, cells } = compareResults(old, now, options);
  assertEquals(changed.map(({ workload, differences }) => [workload, differences]), [
    [first!.workload, [{ what: "caches", old: "warm", new: "cold" }]],
  ]);
  assertEquals(cells.length, others.length);
});
