/**
 * The parts that the plots are made of: a frame with axes, a line for each
 * kernel, and a legend. Colours come from the style sheet by class, so that
 * they follow the light, dark and printed themes.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { markerPath, seriesStyle } from "../palette.ts";
import { Swatch } from "../sections/chart.tsx";
import type { Scale } from "./scale.ts";

/** The size of a panel and of the frame in it. */
export const panel = { width: 360, height: 236, left: 50, right: 346, top: 12, bottom: 192 };

/** A place in a plot. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A number of the picture, short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A panel with a title, axes and what is drawn in it. */
export function Panel({ id, title, alarm, text, x, y, xTitle, yTitle, children }: {
  id: string;
  title: string;
  /** What is wrong in what it shows. */
  alarm?: string;
  /** What it shows, for those who do not see it. */
  text: string;
  x: Scale;
  y: Scale;
  xTitle: string;
  yTitle: string;
  children: ComponentChildren;
}): JSX.Element {
  const { width, height, left, right, top, bottom } = panel;
  const middle = (top + bottom) / 2;
  return (
    <figure class="panel">
      <figcaption>
        {title}
        {alarm !== undefined && <span class="alarmed">✗ {alarm}</span>}
      </figcaption>
      <svg
        class="plot"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-labelledby={`${id}-title ${id}-text`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>{text}</desc>
        {y.ticks.map(({ at, label }) => (
          <g key={label}>
            <path class="grid" d={`M${left} ${round(at)}H${right}`} />
            <text x={left - 6} y={round(at)} dy="0.34em" text-anchor="end">{label}</text>
          </g>
        ))}
        {x.ticks.map(({ at, label }) => (
          <g key={label}>
            <path class="grid" d={`M${round(at)} ${top}V${bottom}`} />
            <text x={round(at)} y={bottom + 15} text-anchor="middle">{label}</text>
          </g>
        ))}
        {children}
        <path class="frame" d={`M${left} ${top}V${bottom}H${right}`} />
        <text class="axis" x={(left + right) / 2} y={height - 8} text-anchor="middle">
          {xTitle}
        </text>
        <text
          class="axis"
          transform={`translate(11 ${middle}) rotate(-90)`}
          text-anchor="middle"
        >
          {yTitle}
        </text>
      </svg>
    </figure>
  );
}

/** What is drawn in here is cut off at the frame. */
export function Inside({ children }: { children: ComponentChildren }): JSX.Element {
  const { left, right, top, bottom } = panel;
  const [width, height] = [right - left, bottom - top];
  return (
    <svg
      x={left}
      y={top}
      width={width}
      height={height}
      viewBox={`${left} ${top} ${width} ${height}`}
    >
      {children}
    </svg>
  );
}

/** A kernel's line through its points, with its markers. */
export function KernelLine({ index, points }: {
  index: number;
  points: readonly Spot[];
}): JSX.Element {
  const { color, marker, dash } = seriesStyle(index);
  const path = points.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join(
    "",
  );
  return (
    <g class={`line s${color}`}>
      <path d={path} stroke-dasharray={dash.join(" ")} />
      {points.map(({ x, y }, i) => (
        <path
          key={i}
          class="full"
          d={markerPath(marker, 8)}
          transform={`translate(${round(x)} ${round(y)}) rotate(${marker.rotation})`}
        />
      ))}
    </g>
  );
}

/** Which line is which kernel. */
export function Legend({ kernels, children }: {
  kernels: readonly { readonly name: string; readonly index: number }[];
  /** Other lines, explained. */
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <ul class="key" aria-label="Legend">
      {kernels.map(({ name, index }) => (
        <li key={name}>
          <Swatch series={{ index, hollow: false }} /> {name}
        </li>
      ))}
      {children}
    </ul>
  );
}

/** An entry of a legend for lines that belong to no kernel. */
export function LineKey({ kind, children }: {
  kind: "guide" | "limit" | "depth";
  children: ComponentChildren;
}): JSX.Element {
  return (
    <li>
      <svg class="plot swatch" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">
        <path class={kind} d="M0 7H34" />
      </svg>{" "}
      {children}
    </li>
  );
}

/** The numbers of a plot, folded until they are asked for. */
export function Numbers({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <details>
      <summary>The numbers of these plots as a table</summary>
      {children}
    </details>
  );
}
