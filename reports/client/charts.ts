/**
 * The charts of speed as configurations of Chart.js: both have logarithmic axes
 * and therefore dots, never bars; only sizes, which have an order, are joined by
 * lines. Axes follow what is shown.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { throughputText } from "../format.ts";
import { seriesStyle } from "../palette.ts";
import type { ChartData, WorkloadKey } from "../series.ts";
import { shortened } from "./labels.ts";
import { marks, roomForNames } from "./marks.ts";
import { common, type Configuration, type Dataset, type Extent, logAxis, look } from "./points.ts";

/** An interval reaches no further beyond the outermost values than by this factor; the rest is cut at the frame. */
const mostBeyond = 1.5;
const margin = 1.25;

/**
 * The extent of all speeds in some charts, for charts that are to be compared.
 * Intervals count as far as they do not push the values together.
 */
export function extentOf(charts: readonly ChartData<WorkloadKey>[]): Extent {
  let [min, max, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { rows } of charts) {
    for (const cell of rows.flatMap(({ cells }) => cells)) {
      // What computes nothing has a speed of 0, which has no place on the axis.
      if (cell === null || !(cell.value > 0)) continue;
      min = Math.min(min, cell.value);
      max = Math.max(max, cell.value);
      low = Math.min(low, cell.low);
      high = Math.max(high, cell.high);
    }
  }
  return min <= max
    ? { min: Math.max(low, min / mostBeyond), max: Math.min(high, max * mostBeyond) }
    : null;
}

function speedAxis(extent: Extent) {
  const { min, max } = extent ?? { min: 1, max: 1 };
  return logAxis("GFLOP/s (logarithmic; more is better)", { min: min / margin, max: max * margin });
}

/** Throughput over n, both logarithmic, a line for each series with its name at its end. */
export function sizeChart(
  data: ChartData<WorkloadKey>,
  extent: Extent = null,
  room = roomForNames,
): Configuration {
  const datasets = data.series.map((one, s): Dataset => ({
    ...look(one),
    showLine: true,
    borderDash: [...seriesStyle(one.index).dash],
    data: data.rows.flatMap(({ at, cells }) => {
      const cell = cells[s];
      return cell
        ? [{
          x: at.n,
          y: cell.value,
          low: cell.low,
          high: cell.high,
          title: `n = ${at.n}`,
          text: `${throughputText(cell)} GFLOP/s`,
        }]
        : [];
    }),
  }));
  const sizes = data.rows.map(({ at }) => at.n);
  return {
    type: "scatter",
    data: { datasets },
    plugins: [marks({ axis: "y", band: true, names: "ends" })],
    options: {
      ...common(),
      layout: { padding: { right: room } },
      scales: {
        x: {
          ...logAxis("n, where m = n = k (logarithmic)", {
            min: Math.min(...sizes) / 1.15,
            max: Math.max(...sizes) * 1.15,
          }),
          // Ticks are at the sizes that were measured, and nowhere else.
          afterBuildTicks: (axis) => axis.ticks = sizes.map((value) => ({ value })),
          ticks: { autoSkip: true, maxRotation: 0, callback: (value) => String(value) },
        },
        y: speedAxis(extent ?? extentOf([data])),
      },
    },
  };
}

/** Throughput of every workload: a row each, in which the series stand one below the other. */
export function workloadChart(
  data: ChartData<WorkloadKey>,
  extent: Extent = null,
): Configuration {
  const count = data.series.length;
  // Side by side, so that equal speeds do not hide each other; the row's outer part stays free.
  const offset = (s: number) => count === 1 ? 0 : (s / (count - 1) - 0.5) * 0.5;
  const datasets = data.series.map((one, s): Dataset => ({
    ...look(one),
    data: data.rows.flatMap(({ at, cells }, row) => {
      const cell = cells[s];
      return cell
        ? [{
          x: cell.value,
          y: row + offset(s),
          low: cell.low,
          high: cell.high,
          title: at.label,
          text: `${throughputText(cell)} GFLOP/s`,
        }]
        : [];
    }),
  }));
  return {
    type: "scatter",
    data: { datasets },
    plugins: [marks({ axis: "x", names: "points" })],
    options: {
      ...common(),
      scales: {
        x: { ...speedAxis(extent ?? extentOf([data])), position: "top" },
        y: rowsAxis(data.rows.map(({ at }) => at.label)),
      },
    },
  };
}

/** An axis of named rows, from the top down. */
export function rowsAxis(names: readonly string[]) {
  return {
    type: "linear",
    reverse: true,
    min: -0.5,
    max: names.length - 0.5,
    border: { display: false },
    // Lines between the rows, names in their middle.
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = names.map((_, value) => ({ value }));
    },
    grid: { offset: true, tickLength: 0 },
    ticks: {
      autoSkip: false,
      crossAlign: "far",
      callback: (value: string | number) => cut(names[Number(value)] ?? ""),
    },
  } as const;
}

function cut(text: string): string {
  return shortened(text, 26);
}
