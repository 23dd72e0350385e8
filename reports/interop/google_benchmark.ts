/**
 * Google Benchmark's JSON (json_schema_version 1), written and read. An entry
 * for each round under one name, so that the Mann-Whitney test of its
 * compare.py works on our files; read are the entries of repetitions, or their
 * aggregates where the file has nothing else.
 * Format: google/benchmark, src/json_reporter.cc.
 *
 * @module
 */
import { JsonFields } from "../../common/json_fields.ts";
import { formatCount } from "../../common/numbers.ts";
import { fail } from "../../results/fields.ts";
import type { Results } from "../../results/schema.ts";
import { flopsOf } from "../../results/query.ts";
import { median, rangeOf } from "../../statistics/estimators.ts";
import { exportedOf } from "./exported.ts";
import type { ForeignBenchmark, ForeignRun, ForeignSeconds } from "./foreign.ts";
import { shapeOf } from "./shape.ts";

/** With fewer repetitions, compare.py calls the result of its test unreliable: UTEST_OPTIMAL_REPETITIONS of its tools/gbench/report.py. */
const enoughRepetitions = 9;

/** What compare.py will complain of, and the remedy; nothing where there is none. */
function fewRounds(counts: readonly number[]): { readonly warning?: string } {
  const few = counts.filter((count) => count < enoughRepetitions);
  if (few.length === 0) return {};
  const { min } = rangeOf(few);
  // The samples within a round are not independent: as repetitions they would make the test too sure.
  return {
    warning: `${formatCount(few.length, "benchmark")} of ${counts.length} ${
      few.length === 1 ? "has" : "have"
    } fewer than ${enoughRepetitions} rounds (${min} at least), so that compare.py will call its test unreliable. Consider deno task bench --rounds ${enoughRepetitions} or more`,
  };
}

/** The results as a file of Google Benchmark, the names of those left out, and what its reader will complain of. */
export function toGoogleBenchmark(
  from: Results,
): { text: string; left: readonly string[]; warning?: string } {
  const { results, exported, left } = exportedOf(from);
  const { environment } = results;
  const families = [...new Set(exported.map(({ result }) => result.kernel))];
  const instances = new Map<string, number>();
  const benchmarks = exported.flatMap(({ name, result, threads }) => {
    const { kernel, roundMedians, m, n, k, verification } = result;
    const instance = instances.get(kernel) ?? 0;
    instances.set(kernel, instance + 1);
    return roundMedians.map((sample, i) => ({
      name,
      family_index: families.indexOf(kernel),
      per_family_instance_index: instance,
      run_name: name,
      run_type: "iteration",
      repetitions: roundMedians.length,
      repetition_index: i,
      threads,
      // The mean over the calls of a round is one measurement.
      iterations: 1,
      real_time: sample * 1e9,
      cpu_time: 0,
      time_unit: "ns",
      FLOPS: flopsOf(result) / sample,
      m,
      n,
      k,
      label: `verified: ${verification.detail}`,
    }));
  });
  const context = {
    // Its readers want an offset, not a Z.
    date: results.date.replace(/(\.\d+)?Z$/, "+00:00"),
    host_name: "unknown",
    executable: results.command,
    num_cpus: environment.cores,
    caches: [],
    load_avg: [],
    library_version: `densemark ${environment.densemark}`,
    library_build_type: "release",
    json_schema_version: 1,
    cpu: environment.cpu,
    os: environment.os,
    arch: environment.arch,
    deno: environment.deno,
    v8: environment.v8,
    engine: results.engine,
    suite: results.suite,
    commit: environment.commit ?? "none",
    note: "cpu_time is 0 because it was not measured; real_time is of one call",
  };
  return {
    text: JSON.stringify({ context, benchmarks }, null, 2),
    left,
    ...fewRounds(exported.map(({ result }) => result.roundMedians.length)),
  };
}

const unitSeconds = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1 } as const;
const units = Object.keys(unitSeconds) as (keyof typeof unitSeconds)[];

/** One entry of a file. */
interface Entry {
  readonly name: string;
  readonly runName: string;
  /** `mean`, `median` and so on, empty where the file does not say, or null for a repetition. */
  readonly aggregate: string | null;
  readonly repetitions: number | null;
  /** Null where the file has NaN or infinity, which its writer makes of them. */
  readonly seconds: number | null;
  readonly failure: string | null;
  readonly flopRate: number | null;
  readonly shape: ForeignBenchmark["shape"];
}

/** Whether a value of JSON looks like a file of Google Benchmark. */
export function isGoogleBenchmark(value: object): boolean {
  return "context" in value && "benchmarks" in value;
}

/**
 * The benchmarks of a file of Google Benchmark.
 *
 * @throws {ResultFileError} where it is none.
 */
export function fromGoogleBenchmark(value: unknown): ForeignRun {
  const file = new JsonFields(value, fail);
  const context = file.object("context");
  const version = context.maybe("json_schema_version", (f, key) => f.count(key, 0));
  if (version !== null && version !== 1) {
    context.fail("json_schema_version", `is ${version}; this version reads 1 only`);
  }
  const entries = file.list("benchmarks", entryOf).filter((entry) => entry !== null);
  const repetitions = Map.groupBy(
    entries.filter(({ aggregate }) => aggregate === null),
    ({ name }) => name,
  );
  // Repetitions may be left out of a file; then their aggregates are all there is.
  const known = new Set([...repetitions.values()].flatMap((group) => group.map((e) => e.runName)));
  const aggregates = Map.groupBy(
    entries.filter(({ aggregate, runName }) => aggregate !== null && !known.has(runName)),
    ({ runName }) => runName,
  );
  return {
    tool: "Google Benchmark",
    facts: factsOf(context),
    benchmarks: [
      ...[...repetitions].map(([name, group]) => benchmarkOf(name, group, sampled(group))),
      ...[...aggregates].map(([name, group]) => benchmarkOf(name, group, summed(group))),
    ],
  };
}

function entryOf(fields: JsonFields): Entry | null {
  const name = fields.text("name");
  const type = fields.maybe("run_type", (f, key) => f.choice(key, ["iteration", "aggregate"]));
  // Fits of complexity have coefficients and no time.
  if (["big_o", "rms"].some((key) => fields.maybe(key, (f) => f.any(key)) !== null)) return null;
  // In files from before run_type, aggregates have a suffix.
  const suffix = type === null ? /^(.+)_(mean|median|stddev|cv)$/.exec(name) : null;
  // The tool's own sample files have aggregates without a name.
  const aggregate = type === "aggregate"
    ? fields.maybe("aggregate_name", (f, key) => f.text(key)) ?? ""
    : suffix?.[2] ?? null;
  const failure = failureOf(fields);
  const unit = fields.maybe("time_unit", (f, key) => f.choice(key, units)) ?? "ns";
  const real = (f: JsonFields, key: string) => f.number(key, 0) * unitSeconds[unit];
  const seconds = failure === null ? fields.optional("real_time", real) : null;
  return {
    name,
    runName: fields.maybe("run_name", (f, key) => f.text(key)) ?? suffix?.[1] ?? name,
    aggregate,
    repetitions: fields.maybe("repetitions", (f, key) => f.count(key, 0)),
    seconds,
    failure,
    flopRate: fields.maybe("FLOPS", (f, key) => f.number(key, 0)),
    shape: shapeOf((key) => fields.maybe(key, (f) => f.any(key))),
  };
}

function failureOf(fields: JsonFields): string | null {
  const text = (key: string) => fields.maybe(key, (f) => f.text(key));
  if (fields.maybe("error_occurred", (f, key) => f.flag(key)) === true) {
    return text("error_message") ?? "failed, with no reason given";
  }
  if (fields.maybe("skipped", (f, key) => f.flag(key)) === true) {
    return `skipped: ${text("skip_message") ?? "no reason given"}`;
  }
  return null;
}

function benchmarkOf(
  name: string,
  group: readonly Entry[],
  seconds: ForeignSeconds | null,
): ForeignBenchmark {
  const nameless = seconds === null && group.some(({ aggregate }) => aggregate === "");
  const failure = group.find((entry) => entry.failure !== null)?.failure ??
    (nameless ? "the file has an aggregate alone, and does not say which" : null) ??
    (group.some((entry) => entry.seconds === null) ? "a time is NaN or infinite" : null);
  const rates = group.flatMap(({ flopRate, aggregate }) =>
    flopRate === null || (aggregate !== null && aggregate !== seconds?.of) ? [] : [flopRate]
  );
  return {
    name,
    group: null,
    baseline: false,
    seconds,
    shape: group[0]?.shape ?? null,
    flopRate: seconds === null || rates.length === 0 ? null : median(rates),
    failure,
  };
}

/** The summary of repetitions; none where one of them has no time. */
function sampled(group: readonly Entry[]): ForeignSeconds | null {
  const samples = group.flatMap(({ seconds }) => seconds ?? []);
  if (samples.length < group.length) return null;
  const { min, max } = rangeOf(samples);
  return { value: median(samples), of: "median", min, max, count: samples.length, samples };
}

/** The median among aggregates, or else the mean. */
function summed(group: readonly Entry[]): ForeignSeconds | null {
  for (const  of of["median", "mean"] as const) {
    const entry = group.find(({ aggregate }) => aggregate === of);
    if (entry?.seconds !== null && entry?.seconds !== undefined) {
      const { seconds: value, repetitions: count } = entry;
      return { value, of, min: null, max: null, count, samples: [] };
    }
  }
  return null;
}

function factsOf(context: JsonFields): [string, string][] {
  return context.names().flatMap((name): [string, string][] => {
    const value = context.any(name);
    return typeof value === "object" ? [] : [[name.replaceAll("_", " "), String(value)]];
  });
}
