/**
 * The two charts as configurations of Chart.js: both have logarithmic axes and
 * therefore dots, never bars; only sizes, which have an order, are joined by
 * lines.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import type { ChartConfiguration, ChartDataset, Scale } from "chart.js";
import { formatNumber, withoutZeros } from "../../common/numbers.ts";
import { throughputText } from "../format.ts";
import { seriesStyle } from "../palette.ts";
import type { ChartData, Series, WorkloadKey } from "../series.ts";
import type { Colors } from "./theme.ts";
import { type Point, whiskers } from "./whiskers.ts";

/** A chart of Chart.js with points that have intervals. */
export type Configuration = ChartConfiguration<"scatter", Point[]>;
type Dataset = ChartDataset<"scatter", Point[]>;

/** The least and the greatest GFLOP/s of an axis; null for one that suits its own points. */
export type Extent = { readonly min: number; readonly max: number } | null;

/** The extent of all speeds in some charts with their intervals, for charts that are to be compared. */
export function extentOf(charts: readonly ChartData<WorkloadKey>[]): Extent {
  let [min, max] = [Infinity, -Infinity];
  for (const { rows } of charts) {
    for (const cell of rows.flatMap(({ cells }) => cells)) {
      if (cell === null) continue;
      min = Math.min(min, cell.low);
      max = Math.max(max, cell.high);
    }
  }
  return min <= max ? { min, max } : null;
}

/** Throughput over n, both logarithmic, a line for each series. */
export function sizeChart(
  data: ChartData<WorkloadKey>,
  still: boolean,
  extent: Extent = null,
): Configuration {
  const datasets = data.series.map((one, s): Dataset => ({
    ...look(one),
    showLine: true,
    borderDash: [...seriesStyle(one.index).dash],
    data: data.rows.flatMap(({ at, cells }) => {
      const cell = cells[s];
      return cell ? [{ x: at.n, y: cell.value, low: cell.low, high: cell.high }] : [];
    }),
  }));
  const sizes = data.rows.map(({ at }) => at.n);
  return {
    type: "scatter",
    data: { datasets },
    plugins: [whiskers("y")],
    options: {
      ...common(still, (point) => `n = ${point.x}`),
      scales: {
        x: {
          ...titled("n, where m = n = k (logarithmic)"),
          type: "logarithmic",
          min: Math.min(...sizes) / 1.15,
          max: Math.max(...sizes) * 1.15,
          // Ticks are at the sizes that were measured, and nowhere else.
          afterBuildTicks: (axis) => axis.ticks = sizes.map((value) => ({ value })),
          ticks: { autoSkip: true, maxRotation: 0, callback: (value) => String(value) },
        },
        y: speedAxis(extent ?? extentOf([data])),
      },
    },
  };
}

/** The pixels that a row of {@linkcode workloadChart} takes. */
export function rowHeight(series: number): number {
  return Math.max(34, 8 * series + 12);
}

/** Throughput of every workload: a row each, in which the series stand one below the other. */
export function workloadChart(
  data: ChartData<WorkloadKey>,
  still: boolean,
  extent: Extent = null,
): Configuration {
  const count = data.series.length;
  // Side by side, so that equal speeds do not hide each other; the row's outer quarter stays free.
  const offset = (s: number) => count === 1 ? 0 : (s / (count - 1) - 0.5) * 0.6;
  const datasets = data.series.map((one, s): Dataset => ({
    ...look(one),
    data: data.rows.flatMap(({ cells }, row) => {
      const cell = cells[s];
      return cell ? [{ x: cell.value, y: row + offset(s), low: cell.low, high: cell.high }] : [];
    }),
  }));
  return {
    type: "scatter",
    data: { datasets },
    plugins: [whiskers("x")],
    options: {
      ...common(still, (point) => data.rows[Math.round(point.y)]?.at.label ?? ""),
      scales: {
        x: { ...speedAxis(extent ?? extentOf([data])), position: "top" },
        y: {
          type: "linear",
          reverse: true,
          min: -0.5,
          max: data.rows.length - 0.5,
          border: { display: false },
          // Lines between the rows, names in their middle.
          afterBuildTicks: (axis) => axis.ticks = data.rows.map((_, value) => ({ value })),
          grid: { offset: true, tickLength: 0 },
          ticks: {
            autoSkip: false,
            crossAlign: "far",
            callback: (value) => cut(data.rows[Number(value)]?.at.label ?? ""),
          },
        },
      },
    },
  };
}

/** Gives a chart the colours of the page. */
export function paint(
  { data, options }: Pick<Configuration, "data" | "options">,
  series: readonly Series[],
  colors: Colors,
): void {
  for (const [i, one] of series.entries()) {
    const dataset = data.datasets[i];
    if (!dataset) continue;
    const color = colors.series(seriesStyle(one.index).color);
    dataset.borderColor = color;
    dataset.pointBorderColor = color;
    dataset.pointBackgroundColor = one.peer ? colors.ground : color;
  }
  for (const scale of Object.values(options?.scales ?? {})) {
    if (!scale) continue;
    scale.grid = { ...scale.grid, color: colors.line };
    scale.border = { ...scale.border, color: colors.faint };
    scale.ticks = { ...scale.ticks, color: colors.ink };
    if ("title" in scale) scale.title = { ...scale.title, color: colors.ink };
  }
  const tooltip = options?.plugins?.tooltip;
  if (tooltip) {
    tooltip.backgroundColor = colors.ink;
    tooltip.titleColor = tooltip.bodyColor = colors.ground;
  }
}

function look({ name, peer, index }: Series): Omit<Dataset, "data"> {
  const { marker } = seriesStyle(index);
  return {
    label: peer ? `${name} (peer)` : name,
    pointStyle: marker.shape,
    pointRotation: marker.rotation,
    // Shapes without an area need to be larger to look as large.
    pointRadius: /cross|star/.test(marker.shape) ? 6.5 : 5.5,
    pointHoverRadius: 7,
    pointBorderWidth: 2,
    pointHoverBorderWidth: 2,
    borderWidth: 2,
  };
}

function common(
  still: boolean,
  title: (point: Point) => string,
): Configuration["options"] & object {
  return {
    ...(still ? { animation: false as const } : { animation: { duration: 300 } }),
    maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: false, axis: "xy" },
    plugins: {
      tooltip: {
        displayColors: false,
        padding: 10,
        callbacks: {
          title: ([item]) => item ? title(item.raw as Point) : "",
          label: ({ dataset, raw, chart }) => {
            const { x, y, low, high } = raw as Point;
            // The speed is on the axis that the intervals are on.
            const value = chart.options.scales?.["y"]?.type === "linear" ? x : y;
            return `${dataset.label}: ${throughputText({ value, low, high })} GFLOP/s`;
          },
        },
      },
    },
  };
}

function titled(text: string) {
  return { title: { display: true, text, font: { weight: 600 } } } as const;
}

/** A logarithmic axis of GFLOP/s around all points and whiskers, with ticks at 1, 2 and 5 in every decade. */
function speedAxis(extent: Extent) {
  const min = (extent?.min ?? 1) / 1.25;
  const max = (extent?.max ?? 1) * 1.25;
  return {
    ...titled("GFLOP/s (logarithmic; more is better)"),
    type: "logarithmic",
    min,
    max,
    afterBuildTicks: (axis: Scale) => {
      axis.ticks = ticks(min, max);
    },
    ticks: { autoSkip: true, maxRotation: 0, callback: (value: string | number) => label(value) },
  } as const;
}

/**
 * Round numbers between `min` and `max` for a logarithmic axis: of many
 * decades only the powers of ten, else 1, 2 and 5 times these, or finer steps
 * where that would leave fewer than three.
 */
export function ticks(min: number, max: number): { value: number }[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const tenths = Array.from({ length: 90 }, (_, i) => (10 + i) / 10);
  const choices = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9], tenths];
  let list: { value: number }[] = [];
  for (const steps of to - from > 5 ? choices : choices.slice(1)) {
    list = [];
    for (let power = from; power <= to; power++) {
      for (const step of steps) {
        // Through text, since 10 ** -2 times 5 is not quite 0.05.
        const value = Number(`${step}e${power}`);
        if (value >= min && value <= max) list.push({ value });
      }
    }
    if (list.length >= 3) break;
  }
  return list;
}

function label(value: string | number): string {
  return withoutZeros(formatNumber(Number(value)));
}

function cut(text: string): string {
  return text.length > 24 ? text.slice(0, 23) + "…" : text;
}
