/**
 * `deno bench --json`, read: nanoseconds per call, summed up without samples or
 * median, so that only the mean and the range can be shown. The flat list that
 * Deno wrote before 1.31 is read too.
 * Format: denoland/deno, cli/tools/bench.
 *
 * @module
 */
import { JsonFields } from "../../common/json_fields.ts";
import { fail } from "../../results/fields.ts";
import { entriesOf, oddBenchmark } from "./entries.ts";
import type { ForeignBenchmark, ForeignRun, ForeignSeconds } from "./foreign.ts";

/** Whether a value of JSON looks like the output of `deno bench --json`. */
export function isDenoBench(value: object): boolean {
  if (!Array.isArray(value)) return "benches" in value;
  const [first] = value;
  return typeof first === "object" && first !== null && "origin" in first;
}

/**
 * The benchmarks in the output of `deno bench --json`.
 *
 * @throws {ResultFileError} where it is none.
 */
export function fromDenoBench(value: unknown): ForeignRun {
  // The old list, as what it is now: one result to each entry.
  const file = new JsonFields(Array.isArray(value) ? { benches: value } : value, fail);
  const version = file.maybe("version", (f, key) => f.count(key, 0));
  if (version !== null && version !== 1) {
    file.fail("version", `is ${version}; this version reads 1 only`);
  }
  const fact = (key: string, name: string): [string, string][] => {
    const text = file.maybe(key, (f) => f.text(key));
    return text === null ? [] : [[name, text]];
  };
  return {
    tool: "deno bench",
    facts: [...fact("runtime", "runtime"), ...fact("cpu", "processor")],
    benchmarks: entriesOf(
      file,
      "benches",
      "name",
      benchmarksOf,
      (name, reason) => [oddBenchmark(name, reason)],
    ).flat(),
  };
}

function benchmarksOf(fields: JsonFields): ForeignBenchmark[] {
  const known = {
    name: fields.text("name"),
    group: fields.maybe("group", (f, key) => f.text(key)),
    baseline: fields.maybe("baseline", (f, key) => f.flag(key)) ?? false,
    shape: null,
    flopRate: null,
  };
  const results = fields.maybe("results", (f, key) => f.list(key, (result) => result)) ??
    [fields.object("result")];
  return results.map((result) => {
    const seconds = result.maybe("ok", (f, key) => secondsOf(f.object(key)));
    if (seconds !== null) return { ...known, seconds, failure: null };
    const message = result.object("failed").maybe("message", (f, key) => f.text(key));
    return { ...known, seconds: null, failure: message ?? "failed, with no reason given" };
  });
}

function secondsOf(fields: JsonFields): ForeignSeconds {
  const nanoseconds = (key: string) => fields.number(key, 0) * 1e-9;
  return {
    value: nanoseconds("avg"),
    of: "mean",
    min: nanoseconds("min"),
    max: nanoseconds("max"),
    count: fields.count("n", 1),
    samples: [],
  };
}
