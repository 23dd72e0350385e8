/**
 * The plot of the counted shares with their exact intervals, a row each, from 0
 * to 100 %. Colours come from the style sheet by class, so that they follow the
 * light, dark and printed themes.
 *
 * @module
 */
import type { JSX } from "preact";
import type { Count } from "../../results/calibration/schema.ts";
import { round } from "../verification/plot.tsx";
import { shareText } from "./findings.ts";

/** A row of the plot. */
export interface Row {
  readonly label: string;
  readonly count: Pick<Count, "found" | "of" | "low" | "high" | "good">;
}

// Sizes in the units of the picture.
const size = { width: 640, left: 250, right: 620, top: 14, row: 22, bottom: 40 };
const ticks = [0, 0.05, 0.25, 0.5, 0.75, 1];

/** Where a share stands: the square root, so that a few percent can be told from none. */
function at(share: number): number {
  return size.left + (size.right - size.left) * Math.sqrt(share);
}

/** Shares with their intervals. */
export function IntervalPlot({ id, title, rows }: {
  id: string;
  title: string;
  rows: readonly Row[];
}): JSX.Element {
  const end = size.top + rows.length * size.row;
  const height = end + size.bottom;
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div class="scroll" role="region" aria-label={title} tabIndex={0}>
        <svg
          class="plot intervals"
          viewBox={`0 0 ${size.width} ${height}`}
          width={size.width}
          height={height}
          role="img"
          aria-labelledby={`${id}-title ${id}-text`}
        >
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-text`}>
            {rows.map(({ label, count }) => `${label}: ${shareText(count)}`).join("; ")}
          </desc>
          {ticks.map((tick) => (
            <g key={tick}>
              <path class="grid" d={`M${round(at(tick))} ${size.top - 6}V${end}`} />
              <text x={round(at(tick))} y={end + 15} text-anchor="middle">{100 * tick}</text>
            </g>
          ))}
          {rows.map(({ label, count }, i) => {
            const y = size.top + (i + 0.5) * size.row;
            const [low, high] = [round(at(count.low)), round(at(count.high))];
            return (
              <g key={i} class={count.good === "few" ? "s1" : "s0"}>
                <text x={size.left - 8} y={y} dy="0.34em" text-anchor="end">{label}</text>
                <path
                  class="whisker"
                  d={`M${low} ${y}H${high}M${low} ${y - 4}v8M${high} ${y - 4}v8`}
                />
                <circle class="share" cx={round(at(count.found / count.of))} cy={y} r="4.5" />
              </g>
            );
          })}
          <path class="frame" d={`M${size.left} ${size.top - 6}V${end}H${size.right}`} />
          <text
            class="axis"
            x={(size.left + size.right) / 2}
            y={height - 8}
            text-anchor="middle"
          >
            share in %, with the exact interval of 95 % (axis by square root)
          </text>
        </svg>
      </div>
    </figure>
  );
}
