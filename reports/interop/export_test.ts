import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { throughput } from "../format.ts";
import type { Result, Results } from "../../results/schema.ts";
import { hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { toBencher } from "./bencher.ts";
import { fromGoogleBenchmark } from "./from_google_benchmark.ts";
import { toGoogleBenchmark } from "./google_benchmark.ts";
import { toGithubActionBenchmark } from "./github_action_benchmark.ts";
import { fromHyperfine, toHyperfine } from "./hyperfine.ts";

type Json = Record<string, unknown>;

const sample = sampleResults();
/** The results that may be exported, by the name that they must get. */
const timed = new Map(
  sample.results.filter(({ seconds }) => seconds !== null)
    .map((result) => [`${result.kernel}/${result.workload}`, result]),
);
const left = ["onnxruntime-web/tiny-odd", "ml-matrix/gpt2-decode"];

/** What an export wrote, parsed strictly. */
function parsed<T>({ text }: { text: string }): T {
  return JSON.parse(text) as T;
}

function assertClose(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${actual} is not ${expected}`);
}

/** Fails unless an object has these fields of these types, numbers finite; further ones are not looked at. */
function assertFields(value: Json, types: Record<string, "string" | "number" | "object">): void {
  for (const [key, type] of Object.entries(types)) {
    assertEquals(typeof value[key], type, `${key} is ${JSON.stringify(value[key])}`);
    if (type === "number") assert(Number.isFinite(value[key]), key);
  }
}

Deno.test("toGoogleBenchmark() writes what compare.py and the other readers need", () => {
  const file = parsed<{ context: Json; benchmarks: Json[] }>(toGoogleBenchmark(sample));
  assertFields(file.context, { host_name: "string", executable: "string", num_cpus: "number" });
  assertMatch(String(file.context["date"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  assertEquals(file.context["date"], "2026-03-01T09:30:12+00:00");
  assertEquals(file.context["json_schema_version"], 1);
  assertEquals([file.context["caches"], file.context["load_avg"]], [[], []]);
  // What it does not know of it takes for texts of --benchmark_context.
  assertFields(file.context, { cpu: "string", engine: "string", suite: "string", note: "string" });
  const byName = Map.groupBy(file.benchmarks, ({ name }) => String(name));
  assertEquals([...byName.keys()], [...timed.keys()]);
  const instances = new Set<string>();
  for (const [name, entries] of byName) {
    const result = timed.get(name);
    assert(result);
    // Fewer than nine repetitions, and compare.py calls its test unreliable.
    assertEquals(entries.length, 12);
    for (const [i, entry] of entries.entries()) {
      assertFields(entry, {
        run_name: "string",
        family_index: "number",
        per_family_instance_index: "number",
        threads: "number",
        iterations: "number",
        real_time: "number",
        cpu_time: "number",
      });
      const { run_type, repetitions, repetition_index, time_unit } = entry;
      assertEquals({ run_type, repetitions, repetition_index, time_unit }, {
        run_type: "iteration",
        repetitions: 12,
        repetition_index: i,
        time_unit: "ns",
      });
      assertClose(Number(entry["real_time"]), (result.roundMedians[i] ?? NaN) * 1e9);
      const { m, n, k } = result;
      assertClose(Number(entry["FLOPS"]) * (result.roundMedians[i] ?? NaN), 2 * m * n * k);
      // Rows of complexity have no real_time, aggregates would be charted as benchmarks.
      assertEquals("big_o" in entry || "rms" in entry || "aggregate_name" in entry, false);
    }
    instances.add(`${entries[0]?.["family_index"]} ${entries[0]?.["per_family_instance_index"]}`);
  }
  // Its sort takes these for the identity of a benchmark.
  assertEquals(instances.size, byName.size);
});

Deno.test("toGoogleBenchmark() warns where compare.py will call its test unreliable", () => {
  const short = (most: number) =>
    withResults((result) => ({ ...result, roundMedians: result.roundMedians.slice(0, most) }));
  assertEquals(toGoogleBenchmark(sample).warning, undefined);
  assertEquals(toGoogleBenchmark(short(9)).warning, undefined);
  const { warning = "" } = toGoogleBenchmark(short(8));
  assertMatch(warning, /^70 benchmarks of 70 have fewer than 9 rounds \(8 at least\), so /);
  assertMatch(warning, /Consider deno task bench --rounds 9 or more$/);
});

Deno.test("toGithubActionBenchmark() writes a list that its schema takes, one direction to a file", () => {
  for (const [better, unit] of [["bigger", "GFLOP/s"], ["smaller", "ns"]] as const) {
    const list = parsed<Json[]>(toGithubActionBenchmark(sample, better));
    assertEquals(list.map(({ name }) => name), [...timed.keys()]);
    for (const entry of list) {
      assertFields(entry, {
        name: "string",
        unit: "string",
        value: "number",
        range: "string",
        extra: "string",
      });
      assertEquals(Object.keys(entry).length, 5);
      assertEquals(entry["unit"], unit);
      const { seconds, gflops } = timed.get(String(entry["name"])) ?? {};
      assert(seconds && gflops);
      assertClose(Number(entry["value"]), better === "bigger" ? gflops : seconds.median * 1e9);
      const [, range] = /^± ([\d.e+-]+)$/.exec(String(entry["range"])) ?? [];
      const width = better === "bigger"
        ? gflops * (seconds.median / seconds.low - 1)
        : (seconds.high - seconds.median) * 1e9;
      // The wider side: as wide as this one at least.
      assert(Number(range) >= width * (1 - 1e-9), `${range} ${width}`);
      assertMatch(String(entry["extra"]), /\n.*engine plain\n/);
    }
  }
});

Deno.test("toBencher() carries the interval as it is", () => {
  const file = parsed<Record<string, Record<string, Json>>>(toBencher(sample));
  assertEquals(Object.keys(file), [...timed.keys()]);
  for (const [name, measures] of Object.entries(file)) {
    const { m, n, k, seconds } = timed.get(name) ?? {};
    assert(m && n && k && seconds);
    assertEquals(Object.keys(measures), ["latency", "gflops"]);
    const speed = throughput(2 * m * n * k, seconds);
    for (
      const [measure, value, low, high] of [
        ["latency", seconds.median * 1e9, seconds.low * 1e9, seconds.high * 1e9],
        ["gflops", speed.value, speed.low, speed.high],
      ] as const
    ) {
      assertEquals(measures[measure], { value, lower_value: low, upper_value: high });
      assert(low <= value && value <= high);
    }
  }
});

Deno.test("toHyperfine() writes what its scripts and Bencher need, in seconds", () => {
  const { results } = parsed<{ results: Json[] }>(toHyperfine(sample));
  assertEquals(results.map(({ command }) => command), [...timed.keys()]);
  for (const entry of results) {
    assertFields(entry, {
      mean: "number",
      stddev: "number",
      median: "number",
      user: "number",
      system: "number",
      min: "number",
      max: "number",
    });
    const times = entry["times"] as number[];
    const result = timed.get(String(entry["command"]));
    assertEquals(times, result?.roundMedians);
    assertEquals(entry["median"], result?.seconds?.median);
    assertEquals([entry["min"], entry["max"]], [Math.min(...times), Math.max(...times)]);
    // The textbook formulas, over again.
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    assertClose(Number(entry["mean"]), mean);
    const squares = times.map((time) => (time - mean) ** 2).reduce((a, b) => a + b);
    assertClose(Number(entry["stddev"]), Math.sqrt(squares / (times.length - 1)));
    assertEquals(entry["exit_codes"], times.map(() => 0));
    const parameters = Object.values(entry["parameters"] as Json);
    assertEquals(parameters.every((parameter) => typeof parameter === "string"), true);
  }
});

Deno.test("toHyperfine() has no deviation of one sample", () => {
  const one = withResults((result) => ({
    ...result,
    roundMedians: result.roundMedians.slice(0, 1),
  }));
  assertEquals(parsed<{ results: Json[] }>(toHyperfine(one)).results[0]?.["stddev"], null);
});

const exporters = {
  toGoogleBenchmark,
  toBencher,
  toHyperfine,
  toGithubActionBenchmark: (results: Results) => toGithubActionBenchmark(results, "bigger"),
};

for (const [name, exporter] of Object.entries(exporters)) {
  Deno.test(`${name}() leaves out and names what has no verified time`, () => {
    assertEquals(exporter(sample).left, left);
    const failed = withResults((result) => ({
      ...result,
      verification: { status: "failed", detail: "", worst: null },
    }));
    assertThrows(() => exporter(failed), UsageError, "no verified time");
  });

  Deno.test(`${name}() gives unlike results unlike names, without control characters`, () => {
    const [first] = sample.results;
    assert(first);
    const doubled = { ...sample, results: [first, first, { ...first, activation: "tanh" }] };
    const { text } = exporter(doubled);
    for (const part of ["naive/tiny-odd/7x5x13/relu", "7x5x13/relu (2)", "7x5x13/tanh"]) {
      assert(text.includes(`${part}"`), part);
    }
    const hostile = exporter(hostileResults()).text;
    // deno-lint-ignore no-control-regex
    assertEquals(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/.test(hostile), false);
    assertEquals(hostile.includes("x".repeat(401)), false);
  });
}

for (
  const [name, back] of [
    ["Google Benchmark", () => fromGoogleBenchmark(parsed(toGoogleBenchmark(sample)))],
    ["hyperfine", () => fromHyperfine(parsed(toHyperfine(sample)))],
  ] as const
) {
  Deno.test(`names, medians, samples and shapes survive the way to ${name} and back`, () => {
    const { tool, benchmarks } = back();
    assertEquals(tool, name);
    assertEquals(benchmarks.map((benchmark) => benchmark.name), [...timed.keys()]);
    for (const { name, seconds, shape, failure } of benchmarks) {
      const result = timed.get(name);
      assert(result?.seconds && seconds);
      assertEquals(seconds.of, "median");
      assertClose(seconds.value, result.seconds.median);
      assertClose(seconds.min ?? NaN, result.seconds.min);
      assertEquals(seconds.count, 12);
      for (const [i, sample] of seconds.samples.entries()) {
        assertClose(sample, result.roundMedians[i] ?? NaN);
      }
      const { m, n, k } = result;
      assertEquals([shape, failure], [{ m, n, k }, null]);
    }
  });
}

/** The sample with every timed result changed. */
function withResults(change: (result: Result) => Result): Results {
  return { ...sample, results: [...timed.values()].map(change) };
}
