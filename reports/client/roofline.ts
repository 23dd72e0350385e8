/**
 * The roofline as one chart of Chart.js: intensity against speed, both
 * logarithmic, below the ceilings that the shown results are compared with.
 * Beside it the chart of speed against error.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { formatNumber, formatPercent } from "../../common/numbers.ts";
import { workloadName } from "../../results/query.ts";
import type { Ceiling, Result } from "../../results/schema.ts";
import { nameOfCeiling, type Placed } from "../ceilings.ts";
import { throughputText } from "../format.ts";
import type { Series } from "../series.ts";
import { type Limit, marks } from "./marks.ts";
import { common, type Configuration, type Dataset, logAxis, look, titled } from "./points.ts";

/** The ceilings of arithmetic that these results have, and of their most threads the fastest and the slowest reading. */
export function limitsOf(placed: readonly Placed[], ceilings: readonly Ceiling[]): Limit[] {
  const peaks = [
    ...new Map(placed.map(({ standing: { peak } }) => [`${peak.id} ${peak.threads}`, peak]))
      .values(),
  ].sort((a, b) => b.best - a.best);
  const end = Math.max(0, ...peaks.map(({ best }) => best));
  const threads = Math.max(
    0,
    ...placed.flatMap(({ standing: { bandwidth } }) => bandwidth?.threads ?? []),
  );
  const readings = ceilings.filter((one) =>
    one.kind === "bandwidth" && one.threads === threads && one.unknown === undefined
  ).toSorted((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0));
  const ends = [...new Set([readings[0], readings.at(-1)])].flatMap((one) => one ?? []);
  const limit = (ceiling: Ceiling, slope: 0 | 1): Limit => ({
    name: `${nameOfCeiling(ceiling)}: ${formatNumber(ceiling.best)}${slope === 1 ? " GB/s" : ""}`,
    level: ceiling.best,
    low: ceiling.low,
    slope,
    end,
  });
  return [...peaks.map((one) => limit(one, 0)), ...ends.map((one) => limit(one, 1))];
}

function grouped(
  series: readonly Series[],
  pointsOf: (name: string) => Dataset["data"],
): Dataset[] {
  return series.map((one) => ({ ...look(one), data: pointsOf(one.name) }));
}

/** The roofline of some series. */
export function rooflineChart(
  placed: readonly Placed[],
  ceilings: readonly Ceiling[],
  series: readonly Series[],
): Configuration {
  const names = new Set(series.map(({ name }) => name));
  // What computes nothing has no place on a logarithmic axis.
  const shown = placed.filter(({ result, standing, speed }) =>
    names.has(result.kernel) && standing.intensity > 0 && speed.value > 0
  );
  const limits = limitsOf(shown, ceilings);
  const intensities = shown.map(({ standing }) => standing.intensity);
  const speeds = [
    ...shown.map(({ speed }) => speed.value),
    ...limits.filter(({ slope }) => slope === 0).map(({ level }) => level),
  ];
  const datasets = grouped(series, (name) =>
    shown.filter(({ result }) => result.kernel === name)
      .map(({ result, standing, speed, elsewhere }) => ({
        x: standing.intensity,
        y: speed.value,
        low: speed.low,
        high: speed.high,
        title: workloadName(result),
        text: [
          `${throughputText(speed)} GFLOP/s`,
          ...(elsewhere ? [] : [`${formatPercent(standing.ofPeak)} of its peak`]),
          ...(elsewhere || standing.ofLimit === null
            ? []
            : [`${formatPercent(standing.ofLimit)} of the roofline`]),
        ].join(", "),
      })));
  const [least, most] = [Math.min(...intensities), Math.max(...intensities)];
  return {
    type: "scatter",
    data: { datasets },
    plugins: [marks({ axis: null, names: "points", limits })],
    options: {
      ...common(),
      scales: {
        // Room at the left for the names of what rises.
        x: logAxis("arithmetic intensity, FLOP/byte (logarithmic)", {
          min: least / 6,
          max: most * 2.5,
        }),
        y: logAxis("GFLOP/s (logarithmic)", {
          min: Math.min(...speeds) / 1.5,
          max: Math.max(...speeds) * 1.8,
        }),
      },
    },
  };
}

/** Speed against the largest error as a share of what is allowed. */
export function accuracyChart(
  results: readonly Result[],
  series: readonly Series[],
): Configuration {
  const shown = results.filter((one) =>
    one.gflops !== null && one.gflops > 0 && one.verification.worst !== null &&
    one.verification.status === "passed"
  );
  const speeds = shown.filter(({ kernel }) => series.some(({ name }) => name === kernel))
    .map(({ gflops }) => gflops ?? 1);
  return {
    type: "scatter",
    data: {
      datasets: grouped(
        series,
        (name) =>
          shown.filter(({ kernel }) => kernel === name).map((result) => {
            const { gflops, verification: { worst } } = result;
            return {
              x: worst ?? 0,
              y: gflops ?? 0,
              low: 0,
              high: 0,
              title: workloadName(result),
              text: `${formatNumber(gflops ?? 0)} GFLOP/s, largest error ${
                formatNumber(worst ?? 0, 2)
              } of the bound`,
            };
          }),
      ),
    },
    plugins: [
      marks({ axis: null, names: "points", guides: [{ axis: "x", at: 1, name: "the bound" }] }),
    ],
    options: {
      ...common(),
      scales: {
        x: {
          ...titled("largest error as a share of the bound; 0 is exact"),
          type: "linear",
          min: -0.05,
          max: 1.08,
          afterBuildTicks: (axis) =>
            axis.ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => ({ value })),
        },
        y: logAxis("GFLOP/s (logarithmic)", {
          min: Math.min(...speeds) / 1.5,
          max: Math.max(...speeds) * 1.8,
        }),
      },
    },
  };
}
