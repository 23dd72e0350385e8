/**
 * What all charts of the report have in common: points that carry their own
 * words, the look of a series, and what is shown of a point that is pointed at.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import type { ChartConfiguration, ChartDataset } from "chart.js";
import { formatNumber, withoutZeros } from "../../common/numbers.ts";
import { seriesStyle } from "../palette.ts";
import type { Series } from "../series.ts";
import type { Colors } from "./theme.ts";

/** A point with its interval along one axis, and what it says of itself. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  readonly title: string;
  readonly text: string;
}

/** A chart of Chart.js with points that have intervals. */
export type Configuration = ChartConfiguration<"scatter", Point[]>;
/** Its series. */
export type Dataset = ChartDataset<"scatter", Point[]>;

/** A chart, and the series that its datasets are of, in the same order. */
export interface Drawing {
  readonly configuration: Configuration;
  readonly series: readonly Series[];
}

/** The least and the greatest value of an axis; null for one that suits its own points. */
export type Extent = { readonly min: number; readonly max: number } | null;

/** The label and the marker of a series, without its colours, which follow the theme. */
export function look({ name, index }: Series): Omit<Dataset, "data"> {
  const { marker } = seriesStyle(index);
  return {
    label: name,
    pointStyle: marker.shape,
    pointRotation: marker.rotation,
    // Shapes without an area need to be larger to look as large.
    pointRadius: /cross|star/.test(marker.shape) ? 6.5 : 5.5,
    pointHoverRadius: 8,
    pointHitRadius: 8,
    pointBorderWidth: 2,
    pointHoverBorderWidth: 2,
    borderWidth: 2,
  };
}

/** Options of every chart: nothing moves, and the nearest point names itself. */
export function common(): Configuration["options"] & object {
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: false, axis: "xy" },
    plugins: {
      tooltip: {
        displayColors: false,
        padding: 10,
        callbacks: {
          title: ([item]) => (item?.raw as Point | undefined)?.title ?? "",
          label: ({ dataset, raw }) => `${dataset.label}: ${(raw as Point).text}`,
        },
      },
    },
  };
}

/** The title of an axis. */
export function titled(text: string) {
  return { title: { display: true, text, font: { weight: 600 } } } as const;
}

/** A logarithmic axis with round numbers as its ticks; of what has no logarithm, one that shows nothing of it. */
export function logAxis(title: string, extent: NonNullable<Extent>) {
  const fits = extent.min > 0 && extent.max > extent.min && extent.max < Infinity;
  const { min, max } = fits ? extent : { min: 0.1, max: 10 };
  return {
    ...titled(title),
    type: "logarithmic",
    min,
    max,
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = ticks(min, max);
    },
    ticks: { autoSkip: true, maxRotation: 0, callback: tickLabel },
  } as const;
}

/** Within less than this factor a logarithmic axis looks like one of equal steps. */
const narrow = 2;
/** The most steps of such an axis. */
const mostSteps = 6;

/** Multiples of a round step between `min` and `max`. */
function evenTicks(min: number, max: number): { value: number }[] {
  const least = (max - min) / mostSteps;
  const power = Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((one) => Number(`${one}e${power}`) >= least) ?? 10;
  const first = Math.ceil(min / Number(`${step}e${power}`));
  // Through text, since multiples of 0.1 are not quite what they are called.
  return Array.from({ length: mostSteps + 1 }, (_, i) => ({
    value: Number(`${(first + i) * step}e${power}`),
  })).filter(({ value }) => value >= min && value <= max);
}

/**
 * Round numbers between `min` and `max` for a logarithmic axis: of many
 * decades only the powers of ten, else 1, 2 and 5 times these, or finer steps
 * where that would leave fewer than three; equal steps on a narrow one.
 */
export function ticks(min: number, max: number): { value: number }[] {
  if (max / min < narrow) return evenTicks(min, max);
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const choices = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
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

/** A tick as text. */
function tickLabel(value: string | number): string {
  return withoutZeros(formatNumber(Number(value)));
}

/** Gives a chart the colours of the page; hollow markers have the page's ground. */
export function paint(
  { data, options }: Pick<Configuration, "data" | "options">,
  series: readonly Series[],
  colors: Colors,
): void {
  for (const [i, { index, hollow }] of series.entries()) {
    const dataset = data.datasets[i];
    if (!dataset) continue;
    const color = colors.series(seriesStyle(index).color);
    dataset.borderColor = color;
    dataset.pointBorderColor = color;
    dataset.pointBackgroundColor = hollow ? colors.ground : color;
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
