/**
 * The place of a chart: its title and what it shows, a canvas whose height is
 * kept from the start, so that nothing moves when it is drawn, what the arrow
 * keys say, and a button that saves it. Without scripts it is not there.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { markerPath, seriesStyle } from "../palette.ts";
import type { Series } from "../series.ts";
import { Peer } from "./table.tsx";

/** A chart that the browser code draws into. */
export function ChartPlace({ id, title, text, label, numbers, height, level = 3 }: {
  id: string;
  title: string;
  text?: ComponentChildren;
  /** What it shows, for those who do not see it. */
  label: string;
  /** The id of what has its numbers. */
  numbers: string;
  height: number;
  level?: 3 | 4;
}): JSX.Element {
  const Heading = `h${level}` as const;
  return (
    <figure class="chart" data-chart={id}>
      <figcaption>
        <Heading>{title}</Heading>
        <button type="button" class="small" data-do="png">
          Save as PNG<span class="unseen">: {title}</span>
        </button>
        {text !== undefined && <p>{text}</p>}
      </figcaption>
      <div class="canvas">
        <canvas
          id={id}
          width="10"
          height={height}
          tabIndex={0}
          role="img"
          aria-label={`${label} Arrow keys go from point to point.`}
          aria-describedby={numbers}
        />
      </div>
      <p class="empty" hidden>Nothing of what is chosen has numbers here.</p>
      <p class="unseen" role="status" />
    </figure>
  );
}

/** Buttons, one for each series, that show and hide it; their pictures are what the charts draw. */
export function KernelButtons({ series, order, shown, prefix }: {
  /** In the order of the file. */
  series: readonly Series[];
  /** The names in the order of the buttons. */
  order: readonly string[];
  shown: readonly string[];
  prefix: string;
}): JSX.Element {
  return (
    <div class="legend" role="group" aria-label="Kernels shown in the charts" data-kernels={prefix}>
      {order.flatMap((name) => {
        const at = series.findIndex((one) =>
          one.name === name
        );
        const one = series[at];
        return one === undefined ? [] : [
          <button
            key={name}
            type="button"
            aria-pressed={shown.includes(name) ? "true" : "false"}
            data-series={String(at)}
          >
            <Swatch series={one} /> {name}
            {one.peer && (
              <>
                {" "}
                <Peer />
              </>
            )}
          </button>,
        ];
      })}
      {series.length > shown.length && (
        <>
          <button type="button" class="small" data-preset="first">Fastest {shown.length}</button>
          <button type="button" class="small" data-preset="all">All {series.length}</button>
        </>
      )}
    </div>
  );
}

/** The line and the marker of a series. */
export function Swatch({ series }: { series: Pick<Series, "index" | "hollow"> }): JSX.Element {
  const { color, marker, dash } = seriesStyle(series.index);
  return (
    <svg class={`swatch s${color}`} viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">
      <path d="M0 7H34" stroke="currentColor" stroke-width="2" stroke-dasharray={dash.join(" ")} />
      <path
        d={markerPath(marker, 11)}
        transform={`translate(17 7) rotate(${marker.rotation})`}
        class={series.hollow ? "hollow" : "full"}
        stroke="currentColor"
        stroke-width="2"
      />
    </svg>
  );
}
