/**
 * The chart of a comparison of two runs: on each workload a dot with its interval
 * for each kernel, on one axis of ratios, where a slope between two times that are
 * decades apart would hide what a few percent are.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { formatRatio } from "../../common/numbers.ts";
import { type Column, type Grid, gridOf, type Pair, speedOf } from "../compare/findings.ts";
import { mostRows, ratioHeight } from "../compare/sections.tsx";
import { rowsAxis } from "./charts.ts";
import { frame } from "./frame.ts";
import { marks } from "./marks.ts";
import { common, type Configuration, type Dataset, logAxis, look, ticks } from "./points.ts";

/** An interval reaches no further beyond the outermost ratios than by this factor; the rest is cut at the frame. */
const mostBeyond = 1.3;

/** More names than these do not fit the axis on a phone. */
const mostTicks = 8;

/** The rows that are drawn, in their order: all, or of many those that differ most. */
export function rowsToDraw({ rows }: Grid): Grid["rows"] {
  const size = ({ cells }: Grid["rows"][number]) =>
    Math.max(0, ...cells.map((cell) => Math.abs(Math.log(cell?.ratio ?? 1)) || 0));
  const kept = new Set(rows.toSorted((a, b) => size(b) - size(a)).slice(0, mostRows));
  return rows.filter((row) => kept.has(row));
}

/** Round ratios between two: in steps of hundredths or more, or as on every axis where they span too much for that. */
export function ratioTicks(min: number, max: number): { value: number }[] {
  for (const step of [0.01, 0.02, 0.05, 0.1, 0.25, 0.5]) {
    const first = Math.ceil(min / step - 1e-9);
    const count = Math.floor(max / step + 1e-9) - first + 1;
    if (count > mostTicks) continue;
    return Array.from(
      { length: count },
      (_, i) => ({ value: Math.round((first + i) * step * 100) / 100 }),
    );
  }
  return ticks(min, max);
}

/** The ratios of some kernels, a row for each workload. */
export function ratioChart(
  grid: Grid,
  rows: Grid["rows"],
  shown: readonly Column[],
  { old, now }: Pick<Pair, "old" | "now">,
): Configuration {
  const offset = (s: number) => shown.length === 1 ? 0 : (s / (shown.length - 1) - 0.5) * 0.6;
  const datasets = shown.map((column, s): Dataset => ({
    ...look(column.series),
    data: rows.flatMap(({ label, cells }, row) => {
      const cell = cells[grid.columns.indexOf(column)];
      if (!cell) return [];
      const { value, interval } = speedOf(cell);
      // What took no time has no ratio, and no place on the axis.
      if (!(value > 0 && value < Infinity)) return [];
      const { low, high } = interval ?? { low: value, high: value };
      return [{
        x: value,
        y: row + offset(s),
        low,
        high,
        title: label,
        text: `${formatRatio(value)}x as fast in ${now.letter}${
          interval ? ` (${formatRatio(low)}–${formatRatio(high)})` : ""
        }, ${cell.verdict}`,
      }];
    }),
  }));
  const points = datasets.flatMap(({ data }) => data);
  const [least, most] = [
    Math.min(1, ...points.map(({ x }) => x)),
    Math.max(1, ...points.map(({ x }) => x)),
  ];
  const min = Math.max(least / mostBeyond, Math.min(0.97, ...points.map(({ low }) => low))) / 1.03;
  const max = Math.min(most * mostBeyond, Math.max(1.03, ...points.map(({ high }) => high))) * 1.03;
  return {
    type: "scatter",
    data: { datasets },
    plugins: [marks({ axis: "x", names: "points", guides: [{ axis: "x", at: 1, name: "" }] })],
    options: {
      ...common(),
      scales: {
        x: {
          ...logAxis(`times as fast in ${now.letter} as in ${old.letter} (logarithmic)`, {
            min,
            max,
          }),
          afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
            axis.ticks = ratioTicks(min, max);
          },
          position: "top",
        },
        y: rowsAxis(rows.map(({ label }) => label)),
      },
    },
  };
}

/** Draws the chart of a pair into its place, if it is there; a click shows one kernel alone. */
export function drawComparison(pair: Pair): void {
  const grid = gridOf(pair);
  const rows = rowsToDraw(grid);
  const id = `${pair.id}-ratios`;
  let alone: string | null = null;
  const drawn = frame(id, () => {
    const columns = grid.columns.filter(({ series }) => alone === null || series.name === alone);
    // A comparison may have been taken from the page since.
    if (rows.length === 0 || !document.getElementById(id)) return null;
    return {
      configuration: ratioChart(grid, rows, columns, pair),
      series: columns.map(({ series }) => series),
      height: ratioHeight(rows.length, grid.columns.length),
    };
  }, (name) => {
    alone = name === alone ? null : name;
    drawn?.redraw();
  });
}
