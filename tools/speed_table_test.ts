import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { wholeSample } from "../results/sample_testing.ts";
import type { Results } from "../results/schema.ts";
import { engineTables, markdownTable } from "./speed_table.ts";

Deno.test("markdownTable() has a row for each workload and pass, no controls, and the noise", () => {
  const results = wholeSample();
  const table = markdownTable(results);
  const controls = results.kernels.filter(({ controlOf }) => controlOf !== undefined);
  assert(controls.length > 0);
  for (const { name } of controls) assert(!table.includes(name));
  const rows = table.split("\n").filter((line) => line.startsWith("|")).slice(2);
  const labels = new Set(results.results.map(({ workload, pass }) => `${workload} ${pass}`));
  assertEquals(rows.length, labels.size);
  assert(rows.some((row) => /^\| \S+ backward \|/.test(row)));
  assertStringIncludes(table, results.noise?.sentence ?? "-");
});

Deno.test("engineTables() has a table for each engine, with the bare names, each with its own best", () => {
  const sample = wholeSample();
  const [record, result] = [sample.kernels[0]!, sample.results[0]!];
  const contenders = [["naive", "plain", 1], ["wasm-simd", "plain", 40], ["naive", "--flag", 2], [
    "wasm-simd",
    "--flag",
    80,
  ]] as const;
  const results: Results = {
    ...sample,
    kernels: contenders.map(([base, engine]) => ({
      ...record,
      name: `${base} (${engine})`,
      base,
      engine,
    })),
    results: contenders.map(([base, engine, gflops]) => ({
      ...result,
      kernel: `${base} (${engine})`,
      workload: "layer",
      pass: "forward",
      m: 2,
      n: 3,
      k: 4,
      activation: "relu",
      gflops,
    })),
  };
  const lines = engineTables(results).split("\n").slice(2);
  const head = "| workload | m x n x k | activation | naive | wasm-simd |";
  const rule = lines[3]!;
  assertEquals(lines, [
    "Without V8 flags:",
    "",
    head,
    rule,
    "| layer | 2 x 3 x 4 | relu | 1.00 | **40.0** |",
    "",
    "With `--flag`:",
    "",
    head,
    rule,
    "| layer | 2 x 3 x 4 | relu | 2.00 | **80.0** |",
  ]);
});
