/**
 * Google Benchmark's JSON (json_schema_version 1), written: an entry for each
 * round under one name, so that the Mann-Whitney test of its compare.py works on
 * our files.
 * Format: google/benchmark, src/json_reporter.cc.
 *
 * @module
 */
import { formatCount } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { flopsOf } from "../../results/query.ts";
import { rangeOf } from "../../statistics/estimators.ts";
import { exportedOf } from "./exported.ts";

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
