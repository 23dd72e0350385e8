import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { wholeSample } from "../results/sample_testing.ts";
import type { KernelRecord, Result, Results } from "../results/schema.ts";
import { commandIn, ladderTable } from "./ladder.ts";

const flags = "--experimental-wasm-revectorize,--no-liftoff";

/** A run of one workload: these contenders at these speeds. */
function runOf(speeds: readonly [base: string, engine: string, gflops: number | null][]): Results {
  const sample = wholeSample();
  const [record, result] = [sample.kernels[0]!, sample.results[0]!];
  const name = (base: string, engine: string) => `${base} (${engine})`;
  return {
    ...sample,
    kernels: speeds.map(([base, engine]): KernelRecord => ({
      ...record,
      name: name(base, engine),
      base,
      engine,
      threads: base === "wasm-threads" ? 2 : 1,
    })),
    results: speeds.map(([base, engine, gflops]): Result => ({
      ...result,
      kernel: name(base, engine),
      workload: "layer",
      pass: "forward",
      gflops,
    })),
  };
}

/** The rows of the table below its head. */
const rowsOf = (results: Results) => ladderTable(results).split("\n").slice(4);

Deno.test("ladderTable() goes from naive upwards, whatever the order in the file, each gain over the step before", () => {
  const rows = rowsOf(runOf([
    ["wasm-threads", flags, 120],
    ["wasm-simd", flags, 80],
    ["wasm-simd", "plain", 40],
    ["openblas", "plain", 90],
    ["blocked", "plain", 5],
    ["blocked", flags, 6],
    ["naive", "plain", 0.5],
  ]));
  assertEquals(rows, [
    "| `naive` | 0.500 |  |",
    "| `blocked` | 5.00 | 10x |",
    "| `wasm-simd` | 40.0 | 8.00x |",
    "| the same, with the V8 flags | 80.0 | 2.00x |",
    "| `wasm-threads`, with the flags, 2 threads | 120 | 1.50x |",
  ]);
});

Deno.test("ladderTable() leaves out a step that has no verified time, and compares the next with the one before", () => {
  const rows = rowsOf(runOf([
    ["naive", "plain", 0.5],
    ["blocked", "plain", null],
    ["wasm-simd", "plain", 40],
    ["wasm-simd", flags, 80],
  ]));
  assertEquals(rows[1], "| `wasm-simd` | 40.0 | 80x |");
});

Deno.test("ladderTable() refuses a run of one engine", () => {
  assertThrows(
    () => ladderTable(runOf([["naive", "plain", 1], ["blocked", "plain", 2]])),
    UsageError,
    "under both engines",
  );
});

Deno.test("commandIn() leaves out where a run was written", () => {
  assertEquals(
    commandIn({ command: "deno task bench --out a/b --rounds 2" }),
    "deno task bench --rounds 2",
  );
  assertEquals(commandIn({ command: "deno task bench --out=a/b" }), "deno task bench");
});
