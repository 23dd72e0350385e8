import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { inFolder, runDeno } from "../../common/deno_testing.ts";
import { mostCharacters } from "../../common/json_fields.ts";
import { ResultFileError } from "../../results/fields.ts";
import { type ReportFile, reportFileOf } from "./report_file.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { sampleVerification } from "../../results/verification/sample_testing.ts";
import { foreignOf } from "./read.ts";
import { cleanForeign, foreignGflops, type ForeignRun } from "./foreign.ts";
import { withoutBareNumbers } from "../../common/bare_numbers.ts";
import { denoBench, googleBenchmark, hyperfine } from "./foreign_testing.ts";

function foreign(value: unknown): ForeignRun {
  const file = reportFileOf(typeof value === "string" ? value : JSON.stringify(value));
  if (file.kind !== "foreign") throw new Error(`read as ${file.kind}`);
  return file.foreign;
}

/** The message with which a file is refused: one short line. */
function refusal(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const { message } = assertThrows(() => reportFileOf(text), ResultFileError);
  assertMatch(message, /^Cannot read the results: [^\n]{1,300}\.$/);
  return message;
}

Deno.test("reportFileOf() knows a file by its fields", () => {
  const kinds: [unknown, ReportFile["kind"]][] = [
    [sampleResults(), "results"],
    [sampleVerification(), "verification"],
    [googleBenchmark(), "foreign"],
    [hyperfine(), "foreign"],
    [denoBench(), "foreign"],
    [denoBench().benches, "foreign"],
  ];
  for (const [value, kind] of kinds) assertEquals(reportFileOf(JSON.stringify(value)).kind, kind);
});

Deno.test("a file of Google Benchmark: repetitions by name, units, failures, no aggregates beside them", () => {
  const { tool, facts, benchmarks } = foreign(googleBenchmark());
  assertEquals(tool, "Google Benchmark");
  assertEquals(new Map(facts).get("host name"), "build-7");
  assertEquals(new Map(facts).has("caches"), false);
  assertEquals(benchmarks.map(({ name }) => name), [
    "BM_gemm/256",
    "BM_copy",
    "BM_broken",
    "BM_later",
    "BM_rows",
  ]);
  const [gemm, copy, broken, later, rows] = benchmarks;
  assertEquals(gemm?.seconds, {
    value: 0.0025,
    of: "median",
    min: 0.002,
    max: 0.003,
    count: 2,
    samples: [0.003, 0.002],
  });
  assertEquals(gemm && foreignGflops(gemm), 12.5);
  assertEquals(copy?.seconds?.value, 120 * 1e-9);
  assertEquals(copy && foreignGflops(copy), null);
  assertEquals([broken?.seconds, broken?.failure], [null, "no such file"]);
  assertEquals([later?.seconds, later?.failure], [null, "skipped: needs AVX-512"]);
  // Of this one the file has aggregates alone.
  assertEquals(rows?.seconds, {
    value: 4e-6,
    of: "median",
    min: null,
    max: null,
    count: 5,
    samples: [],
  });
});

Deno.test("a file of Google Benchmark from before run_type has aggregates by suffix", () => {
  const entry = { iterations: 1, real_time: 2, cpu_time: 2, time_unit: "ms" };
  const names = ["a", "a", "a_mean", "a_stddev", "b_mean"];
  const { benchmarks } = foreign({
    context: { num_cpus: 4 },
    benchmarks: names.map((name) => ({ ...entry, name })),
  });
  assertEquals(benchmarks.map(({ name, seconds }) => [name, seconds?.of, seconds?.count]), [
    ["a", "median", 2],
    ["b", "mean", null],
  ]);
});

Deno.test("an aggregate of Google Benchmark without a name is read, and gives no time", () => {
  const entry = { iterations: 1, real_time: 2, cpu_time: 2, time_unit: "ns" };
  // As in tools/gbench/Inputs of its repository.
  const nameless = { ...entry, name: "short", run_type: "aggregate" };
  const of = (...benchmarks: unknown[]) => foreign({ context: {}, benchmarks }).benchmarks;
  for (const aggregate of [nameless, { ...nameless, aggregate_name: "" }]) {
    const [short, ...none] = of(aggregate, aggregate);
    assertEquals([short?.name, short?.seconds, none], ["short", null, []]);
    assertStringIncludes(short?.failure ?? "", "does not say which");
    // Beside repetitions, or an aggregate with a name, it is not needed.
    assertEquals(of(aggregate, { ...entry, name: "short" })[0]?.seconds?.value, 2e-9);
    const mean = { ...nameless, real_time: 3, aggregate_name: "mean" };
    const [named] = of(aggregate, mean);
    assertEquals([named?.seconds?.of, named?.seconds?.value], ["mean", 3 * 1e-9]);
    assertEquals(named?.failure, null);
  }
  // One of the user's own making is no failure, and no time either.
  const [own] = of({ ...nameless, name: "whocares", aggregate_name: "zz" });
  assertEquals([own?.seconds, own?.failure], [null, null]);
});

Deno.test("benchmarks of one name in different families stay apart", () => {
  const entry = { name: "a", run_type: "iteration", real_time: 2, time_unit: "ns" };
  const of = (...entries: object[]) =>
    foreign({ context: {}, benchmarks: entries.map((own) => ({ ...entry, ...own })) }).benchmarks
      .map(({ name, group, seconds, failure }) => [name, group, seconds?.value, failure]);
  const [two, ten] = [2e-9, 1e-8];
  assertEquals(
    of({ family_index: 0 }, { family_index: 0 }, { family_index: 1, real_time: 10 }),
    [["a", "family 0", two, null], ["a", "family 1", ten, null]],
  );
  const instance = (per_family_instance_index: number) => ({
    family_index: 0,
    per_family_instance_index,
  });
  assertEquals(of(instance(0), { ...instance(1), real_time: 10 }), [
    ["a", "family 0, 0", two, null],
    ["a", "family 0, 1", ten, null],
  ]);
  // Before there were families: a repetition that comes again is of another benchmark.
  const [first, second] = [{ repetition_index: 0 }, { repetition_index: 1 }];
  assertEquals(
    of(first, second, { ...first, real_time: 10 }, { ...second, real_time: 10 }),
    [["a", "1 of 2", two, null], ["a", "2 of 2", ten, null]],
  );
  assertEquals(of(first, second), [["a", null, two, null]]);
  const mean = { run_type: "aggregate", aggregate_name: "mean", run_name: "a", name: "a_mean" };
  assertEquals(
    of({ ...mean, family_index: 3 }, { ...mean, family_index: 4, real_time: 10 }),
    [["a", "family 3", two, null], ["a", "family 4", ten, null]],
  );
  assertEquals(of(mean, { ...mean, real_time: 10 }), [
    ["a", "1 of 2", two, null],
    ["a", "2 of 2", ten, null],
  ]);
  // The aggregates of one family do not hide in the repetitions of another.
  assertEquals(of({ family_index: 0 }, { ...mean, family_index: 1, real_time: 10 }), [
    ["a", "family 0", two, null],
    ["a", "family 1", ten, null],
  ]);
});

Deno.test("what is not shown of a file of Google Benchmark need not be right", () => {
  const entry = { name: "a", run_name: "a", run_type: "iteration", real_time: 2, time_unit: "ns" };
  const aggregate = (aggregate_name: string, real_time: unknown) => ({
    ...entry,
    name: `a_${aggregate_name}`,
    run_type: "aggregate",
    aggregate_name,
    real_time,
  });
  const of = (...benchmarks: object[]) =>
    foreign({ context: {}, benchmarks }).benchmarks
      .map(({ name, seconds, failure }) => [name, seconds?.of, seconds?.value, failure]);
  const unused = [aggregate("stddev", -1), aggregate("cv", "much"), aggregate("mean", -5)];
  assertEquals(of(entry, ...unused), [["a", "median", 2e-9, null]]);
  assertEquals(of(aggregate("median", 3), aggregate("stddev", -1)), [
    ["a", "median", 3 * 1e-9, null],
  ]);
  assertEquals(of(aggregate("mean", -5))[0]?.slice(0, 3), ["a", undefined, undefined]);
});

Deno.test("a file of the first versions of Google Benchmark is read, of which some is no JSON", () => {
  const text = `{
    "context": { "date": "2016-05-07 10:00:00", "num_cpus": 4, "mhz_per_cpu": 2600,
      "cpu_scaling_enabled": false, "library_build_type": "release" },
    "benchmarks": [
      { "name": "BM_a", "iterations": 10, "real_time": 5, "cpu_time": 5, "time_unit": "ns" },
      { "name": "BM_b", "error_occurred": true, "error_message": "100% broken" },
      { "name": "BM_c", "iterations": 1, "real_time": -nan, "cpu_time": nan, "time_unit": "ns" },
      { "name": "BM_d", "iterations": 1, "real_time": inf, "cpu_time": 1, "time_unit": "us" },
      { "name": "BM_a_BigO", "cpu_coefficient": 1, "real_coefficient": 1, "big_o": "N", "time_unit": "ns" },
      { "name": "BM_a_RMS", "rms": 12% }
    ]
  }`;
  assertEquals(
    foreign(text).benchmarks.map(({ name, seconds, failure }) => [name, seconds?.value, failure]),
    [
      ["BM_a", 5 * 1e-9, null],
      ["BM_b", undefined, "100% broken"],
      ["BM_c", undefined, "a time is NaN or infinite"],
      ["BM_d", undefined, "a time is NaN or infinite"],
    ],
  );
});

Deno.test("bare NaN and Infinity are forgiven in files of Google Benchmark alone", () => {
  const text = JSON.stringify(googleBenchmark()).replace('"real_time":120', '"real_time":NaN')
    .replace('"FLOPS":', '"odd \\" NaN":-Infinity,"FLOPS":');
  const { benchmarks } = foreign(text);
  const copy = benchmarks.find(({ name }) => name === "BM_copy");
  assertEquals([copy?.seconds, copy?.failure], [null, "a time is NaN or infinite"]);
  for (const value of [hyperfine(), denoBench(), sampleResults()]) {
    const other = JSON.stringify(value).replace(/":\d[\d.e-]*/, '":NaN');
    assertStringIncludes(refusal(other), "the file is not JSON");
  }
});

Deno.test("withoutBareNumbers() changes no text", () => {
  assertEquals(
    withoutBareNumbers(String.raw`{"a NaN":NaN,"\"Infinity":[-Infinity,Infinity],"\\":"NaN"}`),
    String.raw`{"a NaN":null,"\"Infinity":[null,null],"\\":"NaN"}`,
  );
  assertEquals(withoutBareNumbers('NaN "cut NaN'), 'null "cut NaN');
});

Deno.test("a file of hyperfine: the median, its range, exit codes, the shape in its parameters", () => {
  const { tool, benchmarks } = foreign(hyperfine());
  assertEquals(tool, "hyperfine");
  const [sleep, gemm, old] = benchmarks;
  assertEquals(sleep, {
    name: "sleep 0.1",
    group: null,
    baseline: false,
    seconds: {
      value: 0.11,
      of: "median",
      min: 0.1,
      max: 0.13,
      count: 3,
      samples: [0.1, 0.11, 0.13],
    },
    shape: null,
    flopRate: null,
    failure: "2 runs ended with an exit code other than 0",
  });
  assertEquals(gemm?.shape, { m: 64, n: 64, k: 64 });
  assertEquals(gemm && foreignGflops(gemm), 2 * 64 ** 3 / 0.5 / 1e9);
  assertEquals([old?.seconds?.of, old?.seconds?.value, old?.seconds?.count], ["mean", 2, null]);
});

Deno.test("the output of deno bench: means, groups and baselines, failures", () => {
  const { tool, facts, benchmarks } = foreign(denoBench());
  assertEquals(tool, "deno bench");
  assertEquals(facts, [["runtime", "Deno/2.9.6 x86_64-unknown-linux-gnu"], [
    "processor",
    "AMD EPYC",
  ]]);
  assertEquals(benchmarks.map(({ name, group, baseline }) => [name, group, baseline]), [
    ["alone", null, false],
    ["naive", "jet", true],
    ["fast", "jet", false],
  ]);
  const seconds = benchmarks[1]?.seconds;
  assertEquals([seconds?.of, seconds?.count, seconds?.samples], ["mean", 57, []]);
  assertEquals(seconds?.value, 9_000_000 * 1e-9);
  assertEquals([benchmarks[2]?.seconds, benchmarks[2]?.failure], [null, "boom"]);
});

Deno.test("the output of deno bench from before 1.31 reads the same", () => {
  const old = denoBench().benches.map(({ results: [result], ...bench }) => ({ ...bench, result }));
  assertEquals(foreign(old).benchmarks, foreign(denoBench()).benchmarks);
});

Deno.test("deno bench itself writes what is read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/two_bench.ts`;
    await Deno.writeTextFile(
      path,
      'Deno.bench("add", { group: "g", baseline: true, n: 10 }, () => {});\n' +
        'Deno.bench("fail", { group: "g" }, () => { throw new Error("boom"); });\n',
    );
    const { stdout } = await runDeno(
      ["bench", "--quiet", "--no-config", "--no-check", "--json", path],
    );
    const { benchmarks } = foreign(stdout);
    assertEquals(
      benchmarks.map(({ name, group, baseline, failure }) => [name, group, baseline, failure]),
      [
        ["add", "g", true, null],
        ["fail", "g", false, "boom"],
      ],
    );
    assertEquals((benchmarks[0]?.seconds?.value ?? 1) < 1, true);
  }));

Deno.test("foreignOf() takes no other tool's file for Google Benchmark's", () => {
  // As of mitata and others.
  const value = { context: { runtime: "node" }, benchmarks: [{ alias: "x", runs: [] }, null] };
  assertEquals(foreignOf(value), null);
  assertEquals(foreignOf({ ...value, benchmarks: [] })?.tool, "Google Benchmark");
});

Deno.test("reportFileOf() refuses what is cut off, of no known form, or too long", () => {
  for (const value of [googleBenchmark(), hyperfine(), denoBench(), sampleResults()]) {
    const text = JSON.stringify(value);
    for (const length of [0, 1, 100, text.length - 1]) {
      assertStringIncludes(refusal(text.slice(0, length)), "the file is not JSON");
    }
  }
  for (const value of [{}, [], null, 1, '"text"', [1], { benchmarks: [] }, [{ name: "a" }]]) {
    assertStringIncludes(refusal(value), "has no schema, and is no file of Google Benchmark");
  }
  assertStringIncludes(
    refusal({ schema: "densemark-results/9", results: [] }),
    "this version reads",
  );
  const long = "[" + "NaN,".repeat(mostCharacters / 4) + "1]";
  assertStringIncludes(refusal(long), "at most 67108864 (64 MiB) are read");
});

const wrong: readonly (readonly [unknown, string])[] = [
  [{ context: 1, benchmarks: [] }, "context is 1; it must be an object"],
  [{ context: {}, benchmarks: {} }, "benchmarks is an object; it must be a list"],
  [{ context: { json_schema_version: 2 }, benchmarks: [] }, "json_schema_version is 2"],
  [{ results: 1 }, "results is 1; it must be a list"],
  [{ version: 2, benches: [] }, "version is 2; this version reads 1 only"],
  [{ version: 1, benches: 1 }, "benches is 1; it must be a list"],
];

for (const [value, message] of wrong) {
  Deno.test(`reportFileOf() says: ${message}`, () => {
    assertStringIncludes(refusal(value), message);
  });
}

/** A good entry, one with a change, and another good one. */
function amongGood(entry: object, change: object, other: object): object[] {
  return [entry, { ...entry, ...change }, { ...entry, ...other }];
}

const odd: readonly (readonly [value: unknown, message: string, name?: string])[] = [
  [google({ name: 1 }), "benchmarks[1].name is 1; it must be a text"],
  [google({ real_time: "12" }), 'benchmarks[1].real_time is "12"; it must be a finite number >= 0'],
  [google({ real_time: -1 }), "benchmarks[1].real_time is -1"],
  [google({ real_time: undefined }), "benchmarks[1].real_time is missing"],
  [google({ time_unit: "h" }), 'time_unit is "h"; it must be "ns", "us", "ms" or "s"'],
  [google({ run_type: "other" }), 'run_type is "other"'],
  [google({ run_type: "aggregate", aggregate_name: 3 }), "aggregate_name is 3; it must be a text"],
  [google({ FLOPS: "fast" }), 'FLOPS is "fast"'],
  [command({ command: null }), "results[1].command is null; it must be a text"],
  [command({ median: "1" }), 'results[1].median is "1"'],
  [command({ min: undefined }), "results[1].min is missing"],
  [command({ times: [1, "2"] }), 'results[1].times[1] is "2"'],
  [command({ exit_codes: 0 }), "results[1].exit_codes must be a list"],
  [command({ parameters: { m: 1 } }), "results[1].parameters.m is 1; it must be a text"],
  [deno({ results: [{}] }), "benches[1].results[0].failed is missing"],
  [deno({ results: undefined }), "benches[1].result is missing"],
  [deno({ results: [{ ok: { n: 1, min: 1, max: 1, avg: null } }] }), "ok.avg is null"],
  [deno({ results: [{ ok: { n: 0, min: 1, max: 1, avg: 1 } }] }), "ok.n is 0"],
];

for (const [value, message] of odd) {
  Deno.test(`an entry is marked, and the others are shown, where ${message}`, () => {
    const { benchmarks } = foreign(value);
    assertEquals(benchmarks.length, 3);
    const [first, second, last] = benchmarks;
    assertStringIncludes(second?.failure ?? "", message);
    assertEquals([first?.failure, last?.failure], [null, null]);
    assertEquals([first?.seconds?.value, last?.seconds?.value].every((time) => time! > 0), true);
    // What of it can be read is shown all the same.
    assertEquals(second?.seconds === null, !message.includes("FLOPS"));
  });
}

function google(change: Record<string, unknown>): unknown {
  const entry = { run_type: "iteration", real_time: 1, cpu_time: 1, time_unit: "ns" };
  const all = amongGood({ ...entry, name: "good" }, { name: "a", ...change }, { name: "last" });
  return { context: { caches: [] }, benchmarks: all };
}

function command(change: Record<string, unknown>): unknown {
  const entry = { command: "good", mean: 1, median: 1, min: 1, max: 1 };
  return { results: amongGood(entry, { command: "a", ...change }, { command: "last" }) };
}

function deno(change: Record<string, unknown>): unknown {
  const results = [{ ok: { n: 1, min: 1, max: 1, avg: 1 } }];
  const entry = { name: "good", group: null, baseline: false, results };
  return { version: 1, benches: amongGood(entry, { name: "a", ...change }, { name: "last" }) };
}

Deno.test("cleanForeign() keeps unlike names unlike and lets no controls through", () => {
  const run = foreign(hyperfine());
  const [first] = run.benchmarks;
  if (first === undefined) throw new Error("the sample is empty");
  const name = "x".repeat(10_000);
  const { benchmarks, facts } = cleanForeign({
    ...run,
    facts: [["a\u202e", "b\n"]],
    benchmarks: [{ ...first, name }, { ...first, name: name + "!", failure: "a\nb" }],
  });
  assertEquals(facts, [["a", "b"]]);
  assertEquals(new Set(benchmarks.map((benchmark) => benchmark.name)).size, 2);
  assertEquals(benchmarks.every((benchmark) => benchmark.name.length <= 84), true);
  assertEquals(benchmarks[1]?.failure, "a b");
});
