import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { wholeSample } from "../results/sample_testing.ts";
import type { Result } from "../results/schema.ts";
import { formatTable } from "./table.ts";

Deno.test("formatTable() starts with the noise, and shows passes, verdicts and published figures", () => {
  const lines = formatTable(wholeSample()).split("\n");
  assertStringIncludes(lines[0] ?? "", "Fair run (A/A ±1.4 %");
  assertStringIncludes(lines[1] ?? "", "Warning: the machine's speed drifted");
  assertMatch(lines.join("\n"), /tiny-odd training/);
  assertMatch(lines.join("\n"), /0\.083x as fast, slower/);
  assertMatch(lines.join("\n"), /NVIDIA V100 +839 +published/);
  // The control is in the noise already.
  assertEquals(lines.some((line) => line.includes("-control")), false);
});

Deno.test("formatTable() puts the reason in place of a speed", () => {
  const result: Result = {
    kernel: "naive",
    peer: false,
    workload: "jet",
    description: "",
    m: 1,
    n: 2,
    k: 3,
    pass: "forward",
    activation: "relu",
    bias: true,
    seconds: null,
    gflops: null,
    verification: { status: "failed", detail: "x·w + b is wrong in row 0 of 1", worst: null },
    roundMedians: [],
    warmup: null,
  };
  const table = formatTable({ results: [result], kernels: [] });
  assertStringIncludes(table, "FAILED: x·w + b is wrong in row 0 of 1");
  assertStringIncludes(table, "1 x 2 x 3");
});

Deno.test("formatTable() says below how each peer computed", () => {
  const sample = wholeSample();
  const kernels = sample.kernels.map((one) =>
    one.name === "ml-matrix"
      ? { ...one, device: "native, 256 bit, Haswell code", threads: 2, method: "sgemm of X 1.2" }
      : one
  );
  const lines = stripAnsiCode(formatTable({ ...sample, kernels })).split("\n");
  assertEquals(lines.filter((line) => line.startsWith("ml-matrix: ")), [
    "ml-matrix: native, 256 bit, Haswell code, 2 threads; sgemm of X 1.2",
  ]);
  assertEquals(lines.some((line) => line.startsWith("wasm-simd: ")), false);
});
