import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sampleResults, wholeSample } from "../results/sample_testing.ts";
import { seriesOf } from "./series.ts";
import { controlsOf, momentsOf, sampledWorkloads, warmupsOf } from "./steadiness.ts";

Deno.test("momentsOf() has every sample in its order, as a multiple of the median, and what was replaced", () => {
  const run = wholeSample();
  const [workload] = sampledWorkloads(run);
  const [moments] = momentsOf(run, workload!, seriesOf(run));
  const result = run.results[0]!;
  const samples = result.measurements!.flatMap((one) => one.samples);
  assertEquals(moments?.length, samples.length);
  for (const [i, { ratio, seconds }] of moments!.entries()) {
    assertEquals(seconds, samples[i]);
    assertAlmostEquals(ratio, samples[i]! / result.seconds!.median);
  }
  const replaced = result.measurements!.filter((one) => one.replaced !== undefined);
  assertEquals(
    moments!.filter((one) => one.replaced !== null).length,
    replaced.flatMap((one) => one.samples).length,
  );
});

Deno.test("momentsOf() and warmupsOf() have nothing where the file has none, or what is not verified", () => {
  const plain = sampleResults();
  assertEquals(sampledWorkloads(plain), []);
  const run = wholeSample();
  const failed = run.results.map((one) => ({
    ...one,
    verification: { status: "failed", detail: "wrong", worst: 2 } as const,
  }));
  assertEquals(sampledWorkloads({ ...run, results: failed }), []);
  const [workload] = sampledWorkloads(run);
  const wrong = { ...run, results: failed };
  assertEquals(momentsOf(wrong, workload!, seriesOf(run)).flat(), []);
  assertEquals(warmupsOf(wrong, workload!, seriesOf(run)).flat(), []);
});

Deno.test("controlsOf() has each control with the range of its rounds, in its kernel's look", () => {
  const run = wholeSample();
  const { series, rows } = controlsOf(run);
  assertEquals(series.map(({ name }) => name), ["wasm-simd-control"]);
  assertEquals(series[0]?.index, seriesOf(run).find(({ name }) => name === "wasm-simd")?.index);
  const { ratios } = run.noise!.controls[0]!;
  assertEquals(rows[0]?.cells[0]?.low, Math.min(...ratios));
  assertEquals(rows[0]?.cells[0]?.high, Math.max(...ratios));
  const { noise: _, ...without } = run;
  assertEquals(controlsOf(without).rows, []);
});
