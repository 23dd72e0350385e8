/**
 * A Chart.js plugin that draws a whisker with caps through every point that
 * has an interval, under the markers.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import type { Chart, Plugin } from "chart.js";

/** A point with an interval along one axis. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

const cap = 3.5;

/** Whiskers along `axis`, in the colour of each dataset's border. */
export function whiskers(axis: "x" | "y"): Plugin<"scatter"> {
  return {
    id: "whiskers",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: { left, top, width, height } } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, width, height);
      ctx.clip();
      ctx.lineWidth = 1.75;
      for (const [i, dataset] of chart.data.datasets.entries()) {
        if (!chart.isDatasetVisible(i)) continue;
        ctx.strokeStyle = String(dataset.borderColor);
        ctx.beginPath();
        for (const point of dataset.data as unknown as readonly Point[]) {
          draw(chart, axis, point);
        }
        ctx.stroke();
      }
      ctx.restore();
    },
  };
}

function draw({ ctx, scales }: Chart, axis: "x" | "y", { x, y, low, high }: Point): void {
  const [across, along] = axis === "x" ? [scales["y"], scales["x"]] : [scales["x"], scales["y"]];
  if (!across || !along) return;
  const at = across.getPixelForValue(axis === "x" ? y : x);
  const [from, to] = [along.getPixelForValue(low), along.getPixelForValue(high)];
  const line = (a: number, b: number, c: number, d: number) => {
    // Points are (along, across); the axis says which of them is x.
    axis === "x" ? ctx.moveTo(a, b) : ctx.moveTo(b, a);
    axis === "x" ? ctx.lineTo(c, d) : ctx.lineTo(d, c);
  };
  line(from, at, to, at);
  line(from, at - cap, from, at + cap);
  line(to, at - cap, to, at + cap);
}
