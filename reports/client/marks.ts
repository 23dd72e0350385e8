/**
 * The one plugin of the charts: bands and whiskers for intervals under the
 * markers, named ceilings behind them, and the names of series beside them in
 * place of a legend.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import type { Chart, Plugin } from "chart.js";
import { nameHeight } from "../heights.ts";
import { besidePoints, shortened, spread, withMark } from "./labels.ts";
import type { Point } from "./points.ts";
import { readColors } from "./theme.ts";

/** A limit, drawn through a chart with its name: y = level where `slope` is 0, else y = level · x, up to `end`. */
export interface Limit {
  readonly name: string;
  readonly level: number;
  readonly slope: 0 | 1;
  /** The lower edge of its band. */
  readonly low: number;
  /** A rising limit ends where it reaches this. */
  readonly end: number;
}

/** What is drawn besides the points. */
export interface Marks {
  /** The axis along which points have intervals; null where they have none. */
  readonly axis: "x" | "y" | null;
  /** Intervals as a band along a line, not as whiskers. */
  readonly band?: boolean;
  /** Where the names of series stand. */
  readonly names?: "ends" | "points";
  readonly limits?: readonly Limit[];
  /** Grey from top to bottom between two values of x. */
  readonly stretches?: readonly { readonly from: number; readonly to: number }[];
  /** Level lines across, or upright ones, each with a word. */
  readonly guides?: readonly {
    readonly axis: "x" | "y";
    readonly at: number;
    readonly name: string;
  }[];
}

const cap = 3.5;
/** Pixels that names at the ends of lines take on the right. */
export const roomForNames = 150;

/** The plugin. */
export function marks(shown: Marks): Plugin<"scatter"> {
  return {
    id: "marks",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: { left, top, width, height } } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, width, height);
      ctx.clip();
      for (const { from, to } of shown.stretches ?? []) {
        const ends = [from, to].map((one) => chart.scales["x"]?.getPixelForValue(one) ?? 0);
        const [start = 0, end = 0] = ends;
        ctx.fillStyle = readColors().line;
        ctx.fillRect(start, top, Math.max(2, end - start), height);
      }
      for (const limit of shown.limits ?? []) drawLimit(chart, limit);
      for (const guide of shown.guides ?? []) drawGuide(chart, guide);
      ctx.lineWidth = 1.75;
      for (const [i, dataset] of chart.data.datasets.entries()) {
        if (shown.axis === null || !chart.isDatasetVisible(i)) continue;
        const points = dataset.data as unknown as readonly Point[];
        ctx.fillStyle = ctx.strokeStyle = String(dataset.borderColor);
        // Lighter than the markers, which are the answer.
        ctx.globalAlpha = shown.band ? 0.16 : 0.5;
        if (shown.band) drawBand(chart, points);
        else drawWhiskers(chart, shown.axis, points);
      }
      ctx.restore();
    },
    afterDatasetsDraw(chart) {
      nameLimits(chart, shown.limits ?? []);
      if (shown.names === "ends") nameEnds(chart);
      if (shown.names === "points") namePoints(chart);
    },
  };
}

function drawWhiskers(chart: Chart, axis: "x" | "y", points: readonly Point[]): void {
  const { ctx, scales } = chart;
  const [across, along] = axis === "x" ? [scales["y"], scales["x"]] : [scales["x"], scales["y"]];
  if (!across || !along) return;
  const line = (a: number, b: number, c: number, d: number) => {
    // Points are (along, across); the axis says which of them is x.
    axis === "x" ? ctx.moveTo(a, b) : ctx.moveTo(b, a);
    axis === "x" ? ctx.lineTo(c, d) : ctx.lineTo(d, c);
  };
  ctx.beginPath();
  for (const { x, y, low, high } of points) {
    const at = across.getPixelForValue(axis === "x" ? y : x);
    const [from, to] = [along.getPixelForValue(low), along.getPixelForValue(high)];
    line(from, at, to, at);
    line(from, at - cap, from, at + cap);
    line(to, at - cap, to, at + cap);
  }
  ctx.stroke();
}

function drawBand({ ctx, scales }: Chart, points: readonly Point[]): void {
  const [x, y] = [scales["x"], scales["y"]];
  if (!x || !y || points.length === 0) return;
  ctx.beginPath();
  for (const point of points) {
    ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.high));
  }
  for (const point of points.toReversed()) {
    ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.low));
  }
  ctx.fill();
}

/** The ends of a limit's line at a height, in pixels. */
function lineOf(
  chart: Chart,
  { slope, end }: Limit,
  level: number,
): readonly [number, number, number, number] | null {
  const [x, y] = [chart.scales["x"], chart.scales["y"]];
  if (!x || !y) return null;
  if (slope === 0) {
    const at = y.getPixelForValue(level);
    return [x.left, at, x.right, at];
  }
  const last = Math.min(x.max, end / level);
  return [
    x.left,
    y.getPixelForValue(level * x.min),
    x.getPixelForValue(last),
    y.getPixelForValue(level * last),
  ];
}

function drawLimit(chart: Chart, limit: Limit): void {
  const { ctx } = chart;
  const [line, lower] = [lineOf(chart, limit, limit.level), lineOf(chart, limit, limit.low)];
  if (!line || !lower) return;
  const { faint } = readColors();
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = faint;
  ctx.globalAlpha = 0.09;
  ctx.beginPath();
  ctx.moveTo(line[0], line[1]);
  ctx.lineTo(line[2], line[3]);
  ctx.lineTo(lower[2], lower[3]);
  ctx.lineTo(lower[0], lower[1]);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1.25;
  ctx.beginPath();
  ctx.moveTo(line[0], line[1]);
  ctx.lineTo(line[2], line[3]);
  ctx.stroke();
  ctx.restore();
}

function drawGuide(
  { ctx, scales, chartArea }: Chart,
  { axis, at, name }: { axis: "x" | "y"; at: number; name: string },
): void {
  const pixel = scales[axis]?.getPixelForValue(at);
  if (pixel === undefined) return;
  const { faint, ink } = readColors();
  const { left, right, top, bottom } = chartArea;
  ctx.save();
  ctx.strokeStyle = faint;
  ctx.setLineDash([5, 4]);
  ctx.beginPath();
  ctx.moveTo(axis === "x" ? pixel : left, axis === "x" ? top : pixel);
  ctx.lineTo(axis === "x" ? pixel : right, axis === "x" ? bottom : pixel);
  ctx.stroke();
  ctx.fillStyle = ink;
  ctx.font = fontOf(12, 400);
  ctx.textBaseline = "top";
  ctx.textAlign = axis === "x" ? "right" : "left";
  ctx.fillText(name, axis === "x" ? pixel - 5 : left + 5, axis === "x" ? top + 4 : pixel + 4);
  ctx.restore();
}

function fontOf(size: number, weight: number): string {
  return `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** Text with the page's ground around it, so that lines behind it do not make it hard to read. */
function write(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  const { ground, ink } = readColors();
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}

/** As much of a text as fits into so many pixels. */
function cut(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  let name = shortened(text, 80);
  for (let length = 79; length > 1 && ctx.measureText(name).width > width; length--) {
    name = shortened(text, length);
  }
  return name;
}

/** A series' name in so many pixels: where it does not fit, its engine is told by a mark that is filled or hollow, as in the chart. */
function fitted(ctx: CanvasRenderingContext2D, name: string, width: number): string {
  if (ctx.measureText(name).width <= width) return name;
  return cut(ctx, withMark(name), width);
}

/** Names level limits above their right ends, rising ones along their left ends, those that leave each other room. */
function nameLimits(chart: Chart, limits: readonly Limit[]): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(
    chartArea.left,
    chartArea.top,
    chartArea.right - chartArea.left,
    chartArea.bottom - chartArea.top,
  );
  ctx.clip();
  ctx.font = fontOf(12, 400);
  const taken: Record<0 | 1, number[]> = { 0: [], 1: [] };
  for (const limit of limits) {
    const line = lineOf(chart, limit, limit.level);
    if (!line) continue;
    const [x0, y0, x1, y1] = line;
    const angle = limit.slope === 0 ? 0 : Math.atan2(y1 - y0, x1 - x0);
    // Rising names start where their line enters the frame.
    const late = limit.slope === 1 && y0 > chartArea.bottom
      ? (y0 - chartArea.bottom) / -Math.tan(angle)
      : 0;
    const [x, y] = limit.slope === 0
      ? [x1 - 6, y0]
      : [x0 + late + 8, Math.min(y0, chartArea.bottom) + 8 * Math.tan(angle)];
    // What leaves the frame at once has no room for a name.
    const room = (y - chartArea.top) / -Math.sin(angle);
    if (limit.slope === 1 && room < ctx.measureText(limit.name).width) continue;
    // Parallel lines are as far apart as this, whatever their slope.
    const height = y0 * Math.cos(angle);
    if (taken[limit.slope].some((other) => Math.abs(other - height) < 15)) continue;
    taken[limit.slope].push(height);
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(angle);
    ctx.textAlign = limit.slope === 0 ? "right" : "left";
    ctx.textBaseline = "bottom";
    write(ctx, cut(ctx, limit.name, chartArea.right - chartArea.left - 16), 0, -3);
    ctx.restore();
  }
  ctx.restore();
}

/** The points of the visible series, in pixels. */
function visible(chart: Chart) {
  return chart.data.datasets.flatMap((dataset, i) =>
    chart.isDatasetVisible(i)
      ? [{
        name: dataset.label ?? "",
        color: String(dataset.borderColor),
        spots: chart.getDatasetMeta(i).data.map(({ x, y }) => ({ x, y })),
      }]
      : []
  );
}

/** Names lines at their right ends, moved apart, with a thin line to the end. */
function nameEnds(chart: Chart): void {
  const { ctx, chartArea: { right, top, bottom } } = chart;
  const all = visible(chart).flatMap(({ spots, ...more }) => {
    const end = spots.at(-1);
    return end ? [{ ...more, end }] : [];
  });
  // Where there are too many for the height, the first ones, which are the fastest.
  const lines = all.slice(0, Math.max(1, Math.floor((bottom - top) / nameHeight)));
  const heights = spread(lines.map(({ end }) => end.y), nameHeight, {
    from: top + 8,
    to: bottom - 8,
  });
  ctx.save();
  ctx.font = fontOf(13, 600);
  ctx.textBaseline = "middle";
  for (const [i, { name, color, end }] of lines.entries()) {
    const at = heights[i] ?? end.y;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(end.x + 7, end.y);
    ctx.lineTo(right + 14, at);
    ctx.stroke();
    write(ctx, fitted(ctx, name, chart.width - right - 20), right + 18, at);
  }
  ctx.restore();
}

/** Pixels that a name may take beside a point in any chart; in wide ones it may take half. */
const mostOfName = 200;

/** Names each series beside one of its points. */
function namePoints(chart: Chart): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.font = fontOf(12, 600);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const series = visible(chart).map((one) => {
    const name = fitted(
      ctx,
      one.name,
      Math.max(mostOfName, (chartArea.right - chartArea.left) / 2),
    );
    return { ...one, name, width: ctx.measureText(name).width + 4 };
  });
  for (const [i, place] of besidePoints(series, chartArea).entries()) {
    if (place) write(ctx, series[i]?.name ?? "", place.x, place.y);
  }
  ctx.restore();
}
