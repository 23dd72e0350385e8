import { assertEquals } from "@std/assert";
import type { Results } from "../results/schema.ts";
import { verifiedSeconds } from "../results/query.ts";
import { bySize, byWorkload, seriesOf } from "./series.ts";
import { sampleResults } from "../results/sample_testing.ts";

/** The sample without any speed of one kernel, by a verification that failed though it was timed. */
function unverified(kernel: string): Results {
  const results = sampleResults();
  return {
    ...results,
    results: results.results.map((result) =>
      result.kernel === kernel
        ? { ...result, verification: { status: "failed", detail: "wrong", worst: 2 } }
        : result
    ),
  };
}

Deno.test("verifiedSeconds() gives no speed to what was timed but not verified", () => {
  const [first] = unverified("naive").results;
  if (first === undefined) throw new Error("the sample is empty");
  assertEquals(first.seconds === null, false);
  assertEquals(verifiedSeconds(first), null);
});

Deno.test("seriesOf() lists the kernels that have a speed, in the order of the file", () => {
  const names = (results: Results) => seriesOf(results).map(({ name, index }) => [name, index]);
  assertEquals(names(sampleResults()), [
    ["naive", 6],
    ["blocked", 4],
    ["wasm-simd", 0],
    ["wasm-threads", 1],
    ["ml-matrix", 15],
    ["onnxruntime-web", 2],
  ]);
  // A look does not depend on what else was measured.
  assertEquals(names(unverified("naive"))[0], ["blocked", 4]);
});

Deno.test("byWorkload() has every workload once, and null where there is no speed", () => {
  const results = sampleResults();
  const { rows, series } = byWorkload(results);
  assertEquals(rows.length, 12);
  for (const { at, cells } of rows) {
    for (const [s, { name }] of series.entries()) {
      const result = results.results.find((one) =>
        one.kernel === name && one.workload === at.label
      );
      assertEquals(cells[s]?.value ?? null, result?.gflops ?? null, `${name} on ${at.label}`);
    }
  }
});

Deno.test("byWorkload() keeps workloads of one name but other shapes apart", () => {
  const results = sampleResults();
  const renamed = {
    ...results,
    results: results.results.map((result) => ({ ...result, workload: "same" })),
  };
  const { rows } = byWorkload(renamed);
  assertEquals(rows.length, 12);
  assertEquals(rows[0]?.at.label, "same, 7×5×13, relu");
});

Deno.test("bySize() has the square workloads in ascending order", () => {
  const results = sampleResults();
  const { rows } = bySize({ ...results, results: results.results.toReversed() });
  assertEquals(rows.map(({ at }) => at.n), [64, 128, 256, 512, 1024]);
});

Deno.test("bySize() joins only workloads of one activation", () => {
  const results = sampleResults();
  const mixed = results.results.map((result) =>
    result.workload === "square-128" || result.workload === "square-512"
      ? { ...result, activation: "relu" }
      : result
  );
  assertEquals(bySize({ ...results, results: mixed }).rows.map(({ at }) => at.n), [64, 256, 1024]);
});
