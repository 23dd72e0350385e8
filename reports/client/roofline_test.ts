import { assertEquals, assertGreater } from "@std/assert";
import { sampleResults, wholeSample } from "../../results/sample_testing.ts";
import { placedOf } from "../ceilings.ts";
import { seriesOf } from "../series.ts";
import { momentsOf, sampledWorkloads } from "../steadiness.ts";
import { logAxis, ticks } from "./points.ts";
import { accuracyChart, limitsOf, rooflineChart } from "./roofline.ts";
import { laneHeight, samplesChart } from "./steadiness.ts";

Deno.test("rooflineChart() has the results of the series below named ceilings, all inside its axes", () => {
  const run = sampleResults();
  const series = seriesOf(run);
  const placed = placedOf(run);
  const { data, options } = rooflineChart(placed, run.ceilings ?? [], series);
  const points = data.datasets.flatMap((one) => one.data);
  assertEquals(points.length, placed.length);
  const { x, y } = options?.scales ?? {};
  for (const point of points) {
    assertEquals(point.x > Number(x?.min) && point.x < Number(x?.max), true);
    assertEquals(point.y > Number(y?.min) && point.y < Number(y?.max), true);
  }
  const limits = limitsOf(placed, run.ceilings ?? []);
  assertEquals(limits.map(({ slope }) => slope), [0, 0, 0, 1, 1]);
  for (const { level, slope } of limits) {
    if (slope === 0) assertGreater(Number(y?.max), level);
  }
});

Deno.test("limitsOf() has only the ceilings of what is shown", () => {
  const run = sampleResults();
  const placed = placedOf(run).filter(({ result }) => result.kernel === "naive");
  const names = limitsOf(placed, run.ceilings ?? []).map(({ name }) => name);
  assertEquals(names[0], "JavaScript, float64, 1 thread: 6.92");
  assertEquals(names.filter((name) => /Wasm|2 threads/.test(name)), []);
});

Deno.test("charts of what computes nothing, or of nothing, have axes that can be drawn", () => {
  const run = sampleResults();
  const empty = run.results.map((one) => ({ ...one, k: 0, gflops: 0, flops: 0 }));
  const none = { ...run, results: empty };
  const series = seriesOf(none);
  const charts = [
    rooflineChart(placedOf(none), run.ceilings ?? [], series),
    accuracyChart(none.results, series),
    rooflineChart([], [], []),
  ];
  for (const { options } of charts) {
    for (const axis of [options?.scales?.["x"], options?.scales?.["y"]]) {
      if (axis?.type !== "logarithmic") continue;
      const [min, max] = [Number(axis.min), Number(axis.max)];
      assertEquals(min > 0 && max > min && max < Infinity, true);
      assertEquals(ticks(min, max).length < 100, true);
    }
  }
  assertEquals(logAxis("x", { min: 0, max: 1 }).min, 0.1);
});

Deno.test("accuracyChart() has what was compared and is right, and nothing else", () => {
  const run = sampleResults();
  const { data } = accuracyChart(run.results, seriesOf(run));
  assertEquals(data.datasets.flatMap((one) => one.data).length, 70);
});

Deno.test("samplesChart() keeps each sample in its lane, and what was measured again apart", () => {
  const run = wholeSample();
  const series = seriesOf(run);
  const moments = momentsOf(run, sampledWorkloads(run)[0]!, series);
  const { data: { datasets } } = samplesChart(series, moments);
  for (const [lane, { data }] of datasets.slice(0, series.length).entries()) {
    for (const { y } of data) assertEquals(Math.round(y), lane);
  }
  assertEquals(datasets.at(-1)?.label, "measured again");
  assertEquals([0, NaN, 1, 1e9].map(laneHeight).map((one) => Math.abs(one) < 0.5), [
    true,
    true,
    true,
    true,
  ]);
  // A long run is thinned out.
  const long = Array.from(
    { length: 1e5 },
    (_, i) => ({ at: i, ratio: 1, seconds: 1, replaced: null }),
  );
  assertEquals(
    samplesChart(series.slice(0, 1), [long]).data.datasets[0]!.data.length <= 3000,
    true,
  );
});
