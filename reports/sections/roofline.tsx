/**
 * The roofline as static plots, one for each number of threads, with native
 * code apart, and one for a GPU: intensity against speed on logarithmic axes,
 * peaks as level roofs, bandwidths as slopes, each with the band from its
 * interval's lower end to its best round, and the results below them.
 *
 * @module
 */
import type { JSX } from "preact";
import type { Throughput } from "../format.ts";
import { formatCount, formatNumber, formatPercent } from "../../common/numbers.ts";
import { formatBytes } from "../../common/units.ts";
import { markerPath, seriesStyle } from "../palette.ts";
import type { Standing } from "../../results/roofline.ts";
import type { Ceiling, Result } from "../../results/schema.ts";
import type { Series } from "../series.ts";
import { Inside, Legend, Panel, panel, round } from "../verification/plot.tsx";
import { extent, type LogScale, logScale } from "../verification/scale.ts";

/** A result that is compared with ceilings, and its look. */
export interface Placed {
  readonly result: Result;
  readonly standing: Standing;
  readonly series: Series;
  readonly speed: Throughput;
}

/** The plot that a result is in. */
function groupOf({ standing: { peak } }: Placed): string {
  if (peak.id.startsWith("gpu-")) return "GPU";
  const threads = formatCount(peak.threads, "thread");
  return peak.id.startsWith("native-") ? `native code, ${threads}` : threads;
}

/** A plot for each group, and the legend. */
export function Rooflines({ placed, ceilings }: {
  placed: readonly Placed[];
  ceilings: readonly Ceiling[];
}): JSX.Element {
  const kernels = [...new Map(placed.map(({ series }) => [series.name, series])).values()];
  return (
    <figure class="figure">
      <figcaption>
        <h3>Roofline</h3>
        <p>
          A point is a workload, the line through it its interval. Level lines are peaks, rising
          ones bandwidths of working sets up to the size given there; a grey band reaches from the
          lower end of a ceiling’s interval to its best round.
        </p>
      </figcaption>
      <Legend kernels={kernels} />
      <div class="panels wide">
        {[...Map.groupBy(placed, groupOf)].map(([title, points], i) => (
          <Roofline
            key={title}
            id={`roofline-${i}`}
            title={title}
            points={points}
            ceilings={ceilings}
          />
        ))}
      </div>
    </figure>
  );
}

function Roofline({ id, title, points, ceilings }: {
  id: string;
  title: string;
  points: readonly Placed[];
  ceilings: readonly Ceiling[];
}): JSX.Element {
  const { left, right, top, bottom } = panel;
  const peaks = [...new Map(points.map(({ standing: { peak } }) => [peak.id, peak])).values()];
  const threads = peaks[0]?.threads;
  // Bandwidths are those of WebAssembly.
  const slopes = peaks.some(({ id }) => /^(?:gpu|native)-/.test(id))
    ? []
    : ceilings.filter((one) =>
      one.kind === "bandwidth" && one.threads === threads && one.unknown === undefined
    );
  const [least, most] = extent(points.map(({ standing }) => standing.intensity)) ?? [1, 10];
  const [slowest, fastest] = extent([
    ...points.flatMap(({ speed }) => [speed.low, speed.high]),
    ...peaks.map(({ best }) => best),
  ]) ?? [1, 10];
  // Room at the left for the names of bandwidths.
  const x = logScale(least / 16, most * 2, left, right);
  const y = logScale(slowest / 2, fastest * 2, bottom, top);
  const shares = [...Map.groupBy(points, ({ series }) => series.name)].map(([name, own]) =>
    `${name} up to ${
      formatPercent(Math.max(...own.map(({ standing }) => standing.ofPeak)))
    } of its peak`
  );
  return (
    <Panel
      id={id}
      title={title}
      text={`Roofline plot, ${title}: ${shares.join(", ")}. Its numbers are in the tables below.`}
      x={x}
      y={y}
      xTitle="arithmetic intensity, FLOP/byte"
      yTitle="GFLOP/s"
    >
      <Slopes slopes={slopes} roof={Math.max(...peaks.map(({ best }) => best))} x={x} y={y} />
      <Peaks peaks={peaks} x={x} y={y} />
      {points.map((point, i) => <Point key={i} point={point} x={x} y={y} />)}
    </Panel>
  );
}

/** The smallest distance of two labels, in units of the picture. */
const apart = 10;

/** Which of the labels at these heights are far enough from all shown before. */
function legible(heights: readonly number[]): boolean[] {
  const taken: number[] = [];
  return heights.map((height) => {
    const free = taken.every((other) => Math.abs(other - height) >= apart);
    if (free) taken.push(height);
    return free;
  });
}

/** Level roofs, named at the right. */
function Peaks({ peaks, x, y }: {
  peaks: readonly Ceiling[];
  x: LogScale;
  y: LogScale;
}): JSX.Element {
  const shown = legible(peaks.map(({ best }) => y.at(best)));
  return (
    <>
      {peaks.map(({ id, low, best }, i) => (
        <g key={id}>
          <path
            class="band"
            d={`M${x.from} ${round(y.at(best))}H${x.to}V${round(y.at(low))}H${x.from}Z`}
          />
          <path class="roof" d={`M${x.from} ${round(y.at(best))}H${x.to}`} />
          {shown[i] && (
            <text class="name roof" x={x.to - 3} y={round(y.at(best) - 4)} text-anchor="end">
              {id} {formatNumber(best)}
            </text>
          )}
        </g>
      ))}
    </>
  );
}

/** Rising roofs up to the highest level one, named where they enter the frame. */
function Slopes({ slopes, roof, x, y }: {
  slopes: readonly Ceiling[];
  roof: number;
  x: LogScale;
  y: LogScale;
}): JSX.Element {
  // The intensity at the left edge: the scale is linear in its logarithm.
  const start = Math.exp((x.from - x.beyond(1)) / (x.beyond(Math.E) - x.beyond(1)));
  const spot = (intensity: number, rate: number) =>
    `${round(x.beyond(intensity))} ${round(y.beyond(intensity * rate))}`;
  const sorted = slopes.toSorted((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0));
  // All rise alike, and so do their names, at the left edge or where they rise above the lower one.
  const [across, up] = [x.beyond(Math.E) - x.beyond(1), y.beyond(Math.E) - y.beyond(1)];
  const angle = Math.atan2(up, across);
  const labels = sorted.map(({ best }) => {
    const height = y.beyond(start * best);
    const late = Math.max(0, (height - y.from) * across / -up);
    return { at: x.from + late, height: Math.min(height, y.from) };
  });
  const shown = legible(sorted.map(({ best }) => y.beyond(start * best) * Math.cos(angle)));
  return (
    <>
      <Inside>
        {sorted.map(({ id, low, best }) => (
          <g key={id}>
            <path
              class="band"
              d={`M${spot(start, best)}L${spot(roof / best, best)}L${spot(roof / low, low)}L${
                spot(start, low)
              }Z`}
            />
            <path class="slope" d={`M${spot(start, best)}L${spot(roof / best, best)}`} />
          </g>
        ))}
      </Inside>
      {sorted.map(({ id, bytes, best }, i) =>
        labels[i] && shown[i] && (
          <text
            key={id}
            class="name slope"
            transform={`translate(${round(labels[i].at)} ${round(labels[i].height)}) rotate(${
              round(angle * 180 / Math.PI)
            })`}
            x="5"
            y="-2.5"
          >
            {formatBytes(bytes ?? 0)}, {formatNumber(best)} GB/s
          </text>
        )
      )}
    </>
  );
}

/** A result and its interval. */
function Point({ point: { standing, series, speed }, x, y }: {
  point: Placed;
  x: LogScale;
  y: LogScale;
}): JSX.Element {
  const { color, marker } = seriesStyle(series.index);
  const [across, up] = [round(x.at(standing.intensity)), round(y.at(speed.value))];
  return (
    <g class={`point s${color}`}>
      <path d={`M${across} ${round(y.at(speed.low))}V${round(y.at(speed.high))}`} />
      <path
        class={series.peer ? "hollow" : "full"}
        d={markerPath(marker, 6)}
        transform={`translate(${across} ${up}) rotate(${marker.rotation})`}
      />
    </g>
  );
}
