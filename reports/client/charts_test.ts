import { assertAlmostEquals, assertEquals } from "@std/assert";
import { bySize, byWorkload } from "../series.ts";
import { otherMachine } from "../merge/runs_testing.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { extentOf, sizeChart, workloadChart } from "./charts.ts";
import { paint, ticks } from "./points.ts";

Deno.test("ticks() are round numbers, exactly, within the axis, and enough of them", () => {
  assertEquals(ticks(0.03, 7).map(({ value }) => value), [0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
  assertEquals(ticks(2.1, 5.3).map(({ value }) => value), [3, 4, 5]);
  assertEquals(ticks(2.08, 2.42).map(({ value }) => value), [2.1, 2.2, 2.3, 2.4]);
  assertEquals(ticks(0.89, 1.12).map(({ value }) => value), [0.9, 0.95, 1, 1.05, 1.1]);
  assertEquals(ticks(1, 1 + Number.EPSILON).length <= 7, true);
  assertEquals(ticks(1e-4, 150).map(({ value }) => value), [1e-4, 1e-3, 0.01, 0.1, 1, 10, 100]);
});

Deno.test("sizeChart() has the points of the results, with intervals, and a logarithmic axis around them", () => {
  const results = sampleResults();
  const data = bySize(results);
  const { data: { datasets }, options } = sizeChart(data);
  assertEquals(datasets.map(({ label }) => label), [
    "naive",
    "blocked",
    "wasm-simd",
    "wasm-threads",
    "ml-matrix",
    "onnxruntime-web",
  ]);
  const { x: from, y: to } = options?.scales ?? {};
  assertEquals([from?.type, to?.type], ["logarithmic", "logarithmic"]);
  for (const { data: points } of datasets) {
    assertEquals(points.map(({ x }) => x), [64, 128, 256, 512, 1024]);
    for (const { y, low, high } of points) {
      assertEquals(low <= y && y <= high, true);
      assertEquals(low > Number(to?.min) && high < Number(to?.max), true);
    }
  }
  const gflops = results.results.find(({ kernel, workload }) =>
    kernel === "blocked" && workload === "square-256"
  )?.gflops;
  assertAlmostEquals(datasets[1]?.data[2]?.y ?? 0, gflops ?? NaN);
});

Deno.test("workloadChart() keeps every series within the row of its workload", () => {
  const data = byWorkload(sampleResults());
  const { data: { datasets } } = workloadChart(data);
  for (const [s, { data: points }] of datasets.entries()) {
    const rows = points.map(({ y }) => Math.round(y));
    const expected = data.rows.flatMap(({ cells }, row) => cells[s] ? [row] : []);
    assertEquals(rows, expected);
    assertEquals(points.every(({ y }) => Math.abs(y - Math.round(y)) < 0.4), true);
  }
});

Deno.test("charts of several machines have one axis of speed, around the points of all", () => {
  const charts = [sampleResults(), otherMachine()].map((run) => byWorkload(run));
  const extent = extentOf(charts);
  const cells = charts.flatMap(({ rows }) => rows).flatMap((row) => row.cells);
  assertEquals(extent?.min, Math.min(...cells.flatMap((cell) => cell?.low ?? [])));
  assertEquals(extent?.max, Math.max(...cells.flatMap((cell) => cell?.high ?? [])));
  const axes = charts.map((data) => workloadChart(data, extent).options?.scales?.["x"]);
  const sizes = sizeChart(bySize(sampleResults()), extent).options?.scales?.["y"];
  for (const axis of [...axes, sizes]) {
    assertEquals([axis?.min, axis?.max], [extent!.min / 1.25, extent!.max * 1.25]);
  }
  assertEquals(extentOf([]), null);
});

Deno.test("extentOf() is about the values, however far an interval reaches", () => {
  const [row] = byWorkload(sampleResults()).rows;
  const wide = { value: 10, low: 0.001, high: 1e6 };
  const extent = extentOf([{ series: [], rows: [{ at: row!.at, cells: [wide, null] }] }]);
  assertAlmostEquals(extent?.min ?? 0, 10 / 1.5);
  assertAlmostEquals(extent?.max ?? 0, 15);
});

Deno.test("paint() gives what ran without flags hollow markers and leaves no colour to Chart.js", () => {
  const data = bySize(sampleResults());
  const chart = sizeChart(data);
  const series = data.series.map((one, i) => ({ ...one, hollow: i === 4 }));
  paint(chart, series, {
    ground: "ground",
    ink: "ink",
    faint: "faint",
    line: "line",
    series: (number) => `series ${number}`,
  });
  const colors = chart.data.datasets.map((one) => [one.borderColor, one.pointBackgroundColor]);
  assertEquals(colors[0], ["series 6", "series 6"]);
  assertEquals(colors[4], ["series 7", "ground"]);
  assertEquals(chart.options?.scales?.["x"]?.ticks?.color, "ink");
  assertEquals(chart.options?.plugins?.tooltip?.backgroundColor, "ink");
});
