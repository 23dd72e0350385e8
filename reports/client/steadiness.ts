/**
 * The charts that say whether a run may be believed: the controls, the samples
 * over time in lanes, and warm-up.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { formatInterval, formatNumber, formatRatio } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import type { Stretch } from "../../browser/recompute.ts";
import type { ChartData, Series } from "../series.ts";
import type { Moment } from "../steadiness.ts";
import { rowsAxis } from "./charts.ts";
import { marks } from "./marks.ts";
import { common, type Configuration, type Dataset, logAxis, look, titled } from "./points.ts";

/** The controls' times as multiples of their kernels', a row for each workload. */
export function controlsChart(data: ChartData<{ readonly label: string }>): Configuration {
  const count = data.series.length;
  const offset = (s: number) => count === 1 ? 0 : (s / (count - 1) - 0.5) * 0.5;
  const cells = data.rows.flatMap((row) => row.cells).filter((cell) => cell !== null);
  const [least, most] = [
    Math.min(0.9, ...cells.map(({ low }) => low)),
    Math.max(1.1, ...cells.map(({ high }) => high)),
  ];
  return {
    type: "scatter",
    data: {
      datasets: data.series.map((one, s): Dataset => ({
        ...look(one),
        data: data.rows.flatMap(({ at, cells }, row) => {
          const cell = cells[s];
          if (!cell) return [];
          const { value, low, high } = formatInterval(cell.value, cell.low, cell.high);
          return [{
            x: cell.value,
            y: row + offset(s),
            low: cell.low,
            high: cell.high,
            title: at.label,
            text: `${value}x its kernel’s time (rounds ${low} to ${high})`,
          }];
        }),
      })),
    },
    plugins: [
      marks({ axis: "x", names: "points", guides: [{ axis: "x", at: 1, name: "" }] }),
    ],
    options: {
      ...common(),
      scales: {
        x: {
          ...logAxis("time of the control as a multiple of its kernel’s (logarithmic)", {
            min: least / 1.02,
            max: most * 1.02,
          }),
          position: "top",
        },
        y: rowsAxis(data.rows.map(({ at }) => at.label)),
      },
    },
  };
}

/** A lane shows times from one half of the median to twice it; what is beyond stands at its edge. */
const edge = 0.42;

/** Where a time stands in its lane: slower is higher. */
export function laneHeight(ratio: number): number {
  if (!(ratio > 0)) return -edge;
  return Math.max(-edge, Math.min(edge, edge * Math.log2(ratio)));
}

/** More points of a lane than this would take long to draw and lie on each other. */
const mostPoints = 3000;

/** Every sample over time, a lane for each series; what was measured again is apart, as the last dataset. */
export function samplesChart(
  series: readonly Series[],
  moments: readonly (readonly Moment[])[],
  stretches: readonly Stretch[] = [],
): Configuration {
  const point = (lane: number, { at, ratio, seconds, replaced, when }: Moment) => ({
    x: at,
    y: lane - laneHeight(ratio),
    low: 0,
    high: 0,
    title: when ?? `${formatNumber(at)} s after the start`,
    text: `${formatTime(seconds)}, ${formatRatio(ratio)}x the median${
      replaced === null
        ? ""
        : replaced === "left out"
        ? "; left out"
        : `; measured again: ${replaced}`
    }`,
  });
  const small = { pointRadius: 2, pointHoverRadius: 6, pointBorderWidth: 1 };
  const most = Math.max(0, ...moments.map(({ length }) => length));
  const step = Math.max(1, Math.ceil(most / mostPoints));
  const here = moments.some((lane) => lane.some(({ when }) => when !== undefined));
  const datasets = series.map((one, lane): Dataset => ({
    ...look(one),
    ...small,
    // Rounds are few.
    ...(moments[lane]?.some(({ when }) => when !== undefined) && { pointRadius: 4 }),
    data: (moments[lane] ?? []).filter(({ replaced }, i) => replaced === null && i % step === 0)
      .map((one) => point(lane, one)),
  }));
  const again: Dataset = {
    ...small,
    label: stretches.length > 0 ? "measured again or left out" : "measured again",
    pointStyle: "crossRot",
    pointRadius: 3,
    borderColor: "#888888",
    pointBorderColor: "#888888",
    data: moments.flatMap((lane, i) =>
      lane.filter(({ replaced }) => replaced !== null).map((one) => point(i, one))
    ),
  };
  return {
    type: "scatter",
    data: { datasets: again.data.length > 0 ? [...datasets, again] : datasets },
    plugins: [marks({ axis: null, stretches })],
    options: {
      ...common(),
      scales: {
        x: {
          ...titled(
            `seconds since the start of the run${
              step > 1 ? `; one of ${step} samples is drawn` : ""
            }${here ? "; this browser’s rounds in their order" : ""}`,
          ),
          type: "linear",
        },
        y: rowsAxis(series.map(({ name }) => name)),
      },
    },
  };
}

/** Curves of warm-up cross where they begin: more than this cannot be told apart. */
export const mostWarmups = 12;

/** Warm-up, sample by sample, of these series out of `of` that are chosen. */
export function warmupChart(
  series: readonly Series[],
  traces: readonly (readonly number[])[],
  { room, of }: { readonly room: number; readonly of: number },
): Configuration {
  const all = traces.flat().filter((one) => one > 0);
  return {
    type: "scatter",
    data: {
      datasets: series.map((one, s): Dataset => ({
        ...look(one),
        showLine: true,
        pointRadius: 2.5,
        data: (traces[s] ?? []).flatMap((ratio, i) =>
          ratio > 0
            ? [{
              x: i + 1,
              y: ratio,
              low: ratio,
              high: ratio,
              title: `sample ${i + 1} of warm-up`,
              text: `${formatRatio(ratio)}x the median of the rounds`,
            }]
            : []
        ),
      })),
    },
    plugins: [
      marks({ axis: null, names: "ends", guides: [{ axis: "y", at: 1, name: "" }] }),
    ],
    options: {
      ...common(),
      layout: { padding: { right: room } },
      scales: {
        x: {
          ...titled(
            `sample of warm-up${
              of > series.length ? `; the ${series.length} fastest of ${of} kernels` : ""
            }`,
          ),
          type: "linear",
          min: 0,
          ticks: { precision: 0 },
        },
        y: logAxis("multiple of the final median", {
          min: Math.min(0.8, ...all) / 1.1,
          max: Math.max(1.5, ...all) * 1.1,
        }),
      },
    },
  };
}
