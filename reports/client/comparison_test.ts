import { assert, assertEquals } from "@std/assert";
import { cleanSample } from "../../results/sample_testing.ts";
import type { ComparedCell } from "../compare/compare.ts";
import { type Grid, gridOf, pairOf } from "../compare/findings.ts";
import { timesScaled } from "../compare/pairs_testing.ts";
import { ratioChart, ratioTicks, rowsToDraw } from "./comparison.ts";

const old = cleanSample();
const sides = { old: { letter: "A", results: old }, now: { letter: "B", results: old } };
const gridFor = (factor: (kernel: string) => number) =>
  gridOf(
    pairOf("p", sides.old, {
      letter: "B",
      results: timesScaled(old, ({ kernel }) => factor(kernel)),
    }),
  );

Deno.test("ratioChart() has a point for every comparison, with its speed, its interval and its verdict", () => {
  const grid = gridFor((kernel) => kernel === "naive" ? 0.5 : 1);
  const { data, options } = ratioChart(grid, grid.rows, grid.columns, sides);
  const points = data.datasets.flatMap(({ data }) => data);
  assertEquals(points.length, old.results.length);
  const naive = data.datasets.find(({ label }) => label === "naive");
  for (const { x, low, high, text } of naive?.data ?? []) {
    assert(low < x && x < high && Math.abs(x - 2) < 1e-9);
    assert(/^2\.00x as fast in B \(.+–.+\), faster$/.test(text), text);
  }
  const axis = options?.scales?.["x"] as { min: number; max: number };
  assert(axis.min < 1 && axis.max > 2);
});

Deno.test("ratioChart() leaves out what has no ratio, and its axis stays one", () => {
  const grid = gridFor(() => 1);
  const odd = [0, Infinity, NaN];
  const broken: Grid = {
    ...grid,
    rows: grid.rows.map((row, i) => ({
      ...row,
      cells: row.cells.map((cell): ComparedCell | null =>
        cell && i < odd.length ? { ...cell, ratio: odd[i] ?? 1, interval: null } : cell
      ),
    })),
  };
  const { data, options } = ratioChart(broken, rowsToDraw(broken), broken.columns, sides);
  for (const { x } of data.datasets.flatMap(({ data }) => data)) assertEquals(x, 1);
  const { min, max } = options?.scales?.["x"] as { min: number; max: number };
  assert(min > 0.9 && max < 1.1);
  const none: Grid = { ...grid, rows: [] };
  const empty = ratioChart(none, [], grid.columns, sides).options?.scales?.["x"];
  assert((empty as { min: number }).min > 0);
});

Deno.test("rowsToDraw() keeps, of many rows, those that differ most, in their order", () => {
  const { columns, rows: [row] } = gridFor(() => 0.9);
  assert(row);
  const rows = Array.from({ length: 100 }, (_, i) => ({
    label: `w${i}`,
    cells: row.cells.map((cell) => cell && { ...cell, ratio: i % 2 === 0 ? 1 : 2 }),
  }));
  const drawn = rowsToDraw({ columns, rows }).map(({ label }) => label);
  assertEquals(drawn, Array.from({ length: 40 }, (_, i) => `w${2 * i + 1}`));
});

Deno.test("ratioTicks() are few, round and between the ends", () => {
  for (const [min, max] of [[0.95, 1.05], [0.5, 2], [0.97, 2.7], [1e-3, 1e3], [0.2, 40]] as const) {
    const values = ratioTicks(min, max).map(({ value }) => value);
    assert(values.length >= 3 && values.length <= 20, `${values}`);
    assertEquals(new Set(values).size, values.length);
    for (const value of values) assert(value >= min && value <= max);
  }
  assertEquals(ratioTicks(0.97, 1.04).map(({ value }) => value), [
    0.97,
    0.98,
    0.99,
    1,
    1.01,
    1.02,
    1.03,
    1.04,
  ]);
});
