/**
 * The small chart of a trend: a line for each kernel over the runs, a broad one
 * below them for whatever was the fastest, and an upright line where that stepped.
 * It needs no script; the table beside it has the numbers.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatRatio } from "../../common/numbers.ts";
import { timeUnit } from "../../common/units.ts";
import { markerPath, seriesStyle } from "../palette.ts";
import { Inside, Panel, panel, round } from "../verification/plot.tsx";
import { extent, logScale, type Scale } from "../verification/scale.ts";
import type { Line, Trend } from "./trends.ts";

/** More runs than these, and more lines, are not drawn: the last ones, and the fastest. */
export const mostDrawn = { runs: 60, lines: 6 } as const;

/** More points than these have no markers but the last one. */
const mostMarked = 24;

/** The chart; null where there is no second run. */
export function TrendPlot({ id, trend }: { id: string; trend: Trend }): JSX.Element | null {
  const paths = trend.paths.slice(-mostDrawn.runs);
  if (paths.length < 2) return null;
  const lines = trend.lines.slice(0, mostDrawn.lines);
  const place = new Map(paths.map((path, i) => [path, i]));
  const times = lines.flatMap(({ points }) => points.map(({ seconds }) => seconds));
  const found = extent(times);
  if (found === null) return null;
  const [low, high] = found;
  const [unit, size] = timeUnit(Math.sqrt(low * high));
  // Noise of a percent must not look like mountains.
  const room = Math.max(1.15, Math.sqrt(1.4 / (high / low)));
  const y = logScale(low / size / room, high / size * room, panel.bottom, panel.top);
  const x = runScale(paths.length);
  const spots = ({ points }: Line) =>
    points.flatMap(({ path, seconds }) => {
      const at = place.get(path);
      return at === undefined ? [] : [{ x: round(x.at(at)), y: round(y.at(seconds / size)) }];
    });
  const { best, workload, shape } = trend;
  const path = (line: Line) =>
    spots(line).map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${x} ${y}`).join("");
  return (
    <Panel
      id={id}
      title={`${workload}, ${shape}`}
      text={`Time of one call over ${paths.length} runs, for ${
        lines.map(({ name }) => name).join(", ")
      }; the fastest in the last run is ${best.name}.`}
      x={x}
      y={y}
      xTitle="run, the latest on the right"
      yTitle={unit}
    >
      <Inside>
        <path class={`best s${seriesStyle(best.index).color}`} d={path(best)} />
        {lines.map((line) => {
          const { color, marker, dash } = seriesStyle(line.index);
          const all = spots(line);
          return (
            <g key={line.name} class={`line s${color}`}>
              <path d={path(line)} stroke-dasharray={dash.join(" ")} />
              {(all.length > mostMarked ? all.slice(-1) : all).map((spot, i) => (
                <path
                  key={i}
                  class={line.hollow ? "hollow" : "full"}
                  d={markerPath(marker, 8)}
                  transform={`translate(${spot.x} ${spot.y}) rotate(${marker.rotation})`}
                />
              ))}
            </g>
          );
        })}
        {best.steps.map(({ before, after, ratio }, i) => {
          const [a, b] = [place.get(before.path), place.get(after.path)];
          if (a === undefined || b === undefined) return null;
          const at = round((x.at(a) + x.at(b)) / 2);
          const text = ratio > 1
            ? `${formatRatio(ratio)}x as slow`
            : `${formatRatio(1 / ratio)}x as fast`;
          const right = at > (panel.left + panel.right) / 2;
          return (
            <g key={i}>
              <path class="change" d={`M${at} ${panel.top}V${panel.bottom}`} />
              <text
                class="name"
                x={at + (right ? -5 : 5)}
                y={panel.bottom - 6}
                text-anchor={right ? "end" : "start"}
              >
                {text}
              </text>
            </g>
          );
        })}
      </Inside>
    </Panel>
  );
}

/** Places of runs, counted from the first that is drawn. */
function runScale(count: number): Scale {
  const [from, to] = [panel.left + 12, panel.right - 12];
  const at = (run: number) => from + (to - from) * run / Math.max(1, count - 1);
  const step = Math.ceil(count / 8);
  const ticks = Array.from({ length: count }, (_, run) => run)
    .filter((run) => (count - 1 - run) % step === 0)
    .map((run) => ({ at: at(run), label: String(run + 1) }));
  return { from, to, ticks, at };
}
