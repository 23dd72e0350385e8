/**
 * hyperfine's --export-json, written and read: seconds everywhere, so that its
 * scripts (plot_whisker.py, plot_parametrized.py, welch_ttest.py and others)
 * work on our files.
 * Format: sharkdp/hyperfine, src/benchmark/benchmark_result.rs.
 *
 * @module
 */
import { JsonFields } from "../../common/json_fields.ts";
import { fail } from "../../results/fields.ts";
import { formatCount } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { meanAndDeviation, median, rangeOf } from "../../statistics/estimators.ts";
import { entriesOf, oddBenchmark } from "./entries.ts";
import { exportedOf } from "./exported.ts";
import type { ForeignBenchmark, ForeignRun } from "./foreign.ts";
import { shapeOf } from "./shape.ts";

/** The results as a file of hyperfine, and the names of those left out. */
export function toHyperfine(from: Results): { text: string; left: readonly string[] } {
  const { exported, left } = exportedOf(from);
  const list = exported.map(({ name, result, seconds, threads, engine }) => {
    const { kernel, workload, m, n, k, pass, activation, roundMedians } = result;
    const { mean, deviation } = meanAndDeviation(roundMedians);
    return {
      command: name,
      mean,
      stddev: roundMedians.length < 2 ? null : deviation,
      median: seconds.median,
      // Not measured, but every reader wants them.
      user: 0,
      system: 0,
      ...rangeOf(roundMedians),
      times: roundMedians,
      exit_codes: roundMedians.map(() => 0),
      // Its parameters are texts.
      parameters: {
        kernel,
        workload,
        // Readers take 2·m·n·k of a shape for the operations.
        ...(result.flops === undefined ? { m: String(m), n: String(n), k: String(k) } : {}),
        pass,
        activation,
        threads: String(threads),
        engine,
      },
    };
  });
  return { text: JSON.stringify({ results: list }, null, 2), left };
}

/** Whether a value of JSON looks like a file of hyperfine. */
export function isHyperfine(value: object): boolean {
  return "results" in value && !("schema" in value);
}

/**
 * The commands of a file of hyperfine as benchmarks.
 *
 * @throws {ResultFileError} where it is none.
 */
export function fromHyperfine(value: unknown): ForeignRun {
  const file = new JsonFields(value, fail);
  const benchmarks = entriesOf(file, "results", "command", benchmarkOf, oddBenchmark);
  return { tool: "hyperfine", facts: [], benchmarks };
}

function benchmarkOf(fields: JsonFields): ForeignBenchmark {
  const number = (key: string) => fields.number(key, 0);
  const samples = fields.maybe("times", (f, key) => f.numbers(key)) ?? [];
  // The first versions had no median.
  const middle = fields.maybe("median", (f, key) => f.number(key, 0)) ??
    (samples.length > 0 ? median(samples) : null);
  const parameters = fields.maybe("parameters", (f, key) => f.object(key));
  const codes = fields.maybe("exit_codes", (f, key) => f.any(key)) ?? [];
  if (!Array.isArray(codes)) fields.fail("exit_codes", "must be a list");
  const bad = codes.filter((code) => code !== 0).length;
  return {
    name: fields.text("command"),
    group: null,
    baseline: false,
    seconds: {
      value: middle ?? number("mean"),
      of: middle === null ? "mean" : "median",
      min: number("min"),
      max: number("max"),
      count: samples.length > 0 ? samples.length : null,
      samples,
    },
    shape: parameters && shapeOf((key) => parameters.maybe(key, (f) => f.text(key))),
    flopRate: null,
    failure: bad === 0 ? null : `${formatCount(bad, "run")} ended with an exit code other than 0`,
  };
}
