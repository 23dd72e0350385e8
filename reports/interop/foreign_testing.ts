/**
 * Small files of other tools for tests, made up in the form that these tools
 * write; nothing in here was measured.
 *
 * @module
 */

/** Of Google Benchmark: repetitions with aggregates, a failure, one skipped, a fit of complexity, aggregates alone. */
export function googleBenchmark() {
  const entry = (name: string, more: Record<string, unknown>) => ({
    name,
    family_index: 0,
    per_family_instance_index: 0,
    run_name: name,
    run_type: "iteration",
    repetitions: 1,
    repetition_index: 0,
    threads: 1,
    iterations: 1000,
    real_time: 1,
    cpu_time: 1,
    time_unit: "ns",
    ...more,
  });
  const aggregate = (run_name: string, aggregate_name: string, more: Record<string, unknown>) =>
    entry(`${run_name}_${aggregate_name}`, {
      run_name,
      run_type: "aggregate",
      repetition_index: undefined,
      repetitions: 5,
      aggregate_name,
      aggregate_unit: "time",
      ...more,
    });
  const gemm = { time_unit: "ms", repetitions: 2, FLOPS: 12.5e9 };
  return {
    context: {
      date: "2026-03-01T10:30:12+01:00",
      host_name: "build-7",
      executable: "./gemm_benchmark",
      num_cpus: 8,
      mhz_per_cpu: 2600,
      cpu_scaling_enabled: false,
      caches: [{ type: "Data", level: 1, size: 32768, num_sharing: 1 }],
      load_avg: [0.5, 0.4, 0.3],
      library_build_type: "release",
      json_schema_version: 1,
    },
    benchmarks: [
      entry("BM_gemm/256", { ...gemm, real_time: 3 }),
      entry("BM_gemm/256", { ...gemm, real_time: 2, repetition_index: 1 }),
      aggregate("BM_gemm/256", "median", { ...gemm, real_time: 2.5 }),
      aggregate("BM_gemm/256", "cv", { aggregate_unit: "percentage", real_time: 0.2 }),
      entry("BM_copy", { real_time: 120 }),
      entry("BM_broken", { error_occurred: true, error_message: "no such file", real_time: 0 }),
      entry("BM_later", { skipped: true, skip_message: "needs AVX-512", real_time: 0 }),
      {
        name: "BM_gemm_BigO",
        run_name: "BM_gemm",
        run_type: "aggregate",
        aggregate_name: "BigO",
        cpu_coefficient: 0.1,
        real_coefficient: 0.1,
        big_o: "N^3",
        time_unit: "ns",
      },
      { name: "BM_gemm_RMS", run_type: "aggregate", aggregate_name: "RMS", rms: 0.02 },
      aggregate("BM_rows", "mean", { real_time: 5, time_unit: "us" }),
      aggregate("BM_rows", "median", { real_time: 4, time_unit: "us" }),
      aggregate("BM_rows", "stddev", { real_time: 1, time_unit: "us" }),
    ],
  };
}

/** Of hyperfine: a command with its times, one with a shape in its parameters, one as the first versions wrote it. */
export function hyperfine() {
  return {
    results: [
      {
        command: "sleep 0.1",
        mean: 0.1133,
        stddev: 0.0153,
        median: 0.11,
        user: 0.001,
        system: 0.002,
        min: 0.1,
        max: 0.13,
        times: [0.1, 0.11, 0.13],
        exit_codes: [0, 1, null],
      },
      {
        command: "./gemm 64",
        mean: 0.5,
        stddev: null,
        median: 0.5,
        user: 0.5,
        system: 0,
        min: 0.5,
        max: 0.5,
        times: [0.5],
        exit_codes: [0],
        parameters: { m: "64", n: "64", k: "64" },
      },
      { command: "old", mean: 2, stddev: 0.1, user: 1, system: 0, min: 1.9, max: 2.1 },
    ],
  };
}

/** Of `deno bench --json`: one without a group, and a group with a baseline of which one failed. */
export function denoBench() {
  const ok = (n: number, avg: number) => ({
    ok: {
      n,
      min: avg * 0.9,
      max: avg * 1.5,
      avg,
      p75: avg,
      p99: avg * 1.4,
      p995: avg * 1.5,
      p999: avg * 1.5,
      highPrecision: true,
      usedExplicitTimers: false,
    },
  });
  const origin = "file:///project/bench/kernels_bench.ts";
  const failed = { failed: { name: "Error", message: "boom", stack: "Error: boom", cause: null } };
  return {
    version: 1,
    runtime: "Deno/2.9.6 x86_64-unknown-linux-gnu",
    cpu: "AMD EPYC",
    benches: [
      { origin, group: null, name: "alone", baseline: false, results: [ok(20, 500)] },
      { origin, group: "jet", name: "naive", baseline: true, results: [ok(57, 9_000_000)] },
      { origin, group: "jet", name: "fast", baseline: false, results: [failed] },
    ],
  };
}
