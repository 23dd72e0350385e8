/**
 * The figures of throughput: a caption that says what the chart shows, a
 * legend, a canvas that stays hidden until the browser code has drawn on it,
 * and the same numbers as a table.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { formatInterval, formatWhole } from "../../common/numbers.ts";
import { markerPath, seriesStyle } from "../palette.ts";
import {
  bySize,
  byWorkload,
  type ChartData,
  type Series,
  seriesOf,
  type WorkloadKey,
} from "../series.ts";
import type { Results } from "../../results/schema.ts";
import { KernelLabel, NumberCell, Peer, Table, WithInterval } from "./table.tsx";

/** The charts by size and by workload; without canvases where there is no script to draw on them. */
export function Charts({ results, script }: { results: Results; script: boolean }): JSX.Element {
  const series = seriesOf(results);
  if (series.length === 0) {
    return (
      <section aria-labelledby="throughput">
        <h2 id="throughput">Throughput</h2>
        <p>{noSpeed}</p>
      </section>
    );
  }
  return (
    <section aria-labelledby="throughput">
      <h2 id="throughput">Throughput</h2>
      <SpeedNote script={script} />
      <Figures results={results} series={series} script={script} prefix="" />
    </section>
  );
}

/** What is said where there is nothing to draw. */
export const noSpeed = "No result has a verified time, so there is no throughput to show.";

/** What the numbers of throughput mean. */
export function SpeedNote({ script }: { script: boolean }): JSX.Element {
  return (
    <p>
      Billions of floating-point operations per second (GFLOP/s): more is better. Every number is
      that of the median time of one call, with its interval.{" "}
      {script && <noscript>The charts need JavaScript; the tables have every number.</noscript>}
    </p>
  );
}

/** The figures of one run. */
export function Figures({ results, series, script, prefix, fold = false }: {
  results: Results;
  series: readonly Series[];
  script: boolean;
  /** Sets the ids apart from those of other runs in the page. */
  prefix: string;
  /** Whether the tables are folded away where charts have their numbers. */
  fold?: boolean;
}): JSX.Element {
  const sizes = bySize(results, series);
  const workloads = byWorkload(results, series);
  return (
    <>
      {sizes.rows.length > 1 && (
        <Figure
          id={`${prefix}by-size`}
          title="Throughput by size"
          text={`Square products (m = n = k, ${
            sizes.rows[0]?.at.activation
          } activation): how speed ` +
            "changes with size. The whiskers, often shorter than a marker, are intervals."}
          label={`Line chart of GFLOP/s by size n of ${sizes.rows.length} square products, for ` +
            `${named(sizes.series)}. Its numbers are in the table below.`}
          data={sizes}
          script={script}
          fold={fold}
          head="n"
          row={({ n }) => ({ name: formatWhole(n), sort: n, detail: null })}
        />
      )}
      <Figure
        id={`${prefix}by-workload`}
        title="Throughput by workload"
        text="Every workload of the run."
        label={`Dot chart of GFLOP/s on ${workloads.rows.length} workloads, for ` +
          `${named(workloads.series)}. Its numbers are in the table below.`}
        data={workloads}
        script={script}
        fold={fold}
        head="workload"
        row={(at) => ({ name: at.label, sort: null, detail: <MarkerShape of={at} /> })}
      />
    </>
  );
}

/** The shape of a workload, its activation, and, unless not wanted, why it is here. */
export function MarkerShape({ of: { m, n, k, activation, description }, why = true }: {
  of: WorkloadKey;
  why?: boolean;
}): JSX.Element {
  return (
    <>
      <span class="shape">{m}×{n}×{k}</span>, {activation}
      {why && description && <span class="detail">{description}</span>}
    </>
  );
}

function named(series: readonly Series[]): string {
  return series.map(({ name, peer }) => peer ? `${name} (peer)` : name).join(", ");
}

function Figure({ id, title, text, label, data, script, fold, head, row }: {
  id: string;
  title: string;
  text: string;
  label: string;
  data: ChartData<WorkloadKey>;
  script: boolean;
  fold: boolean;
  head: string;
  row: (at: WorkloadKey) => { name: string; sort: number | null; detail: ComponentChildren };
}): JSX.Element {
  const table = (
    <Table
      id={`${id}-table`}
      caption={`${title}: GFLOP/s of the median (interval)`}
      columns={[
        { title: head, sort: head === "n" ? "number" : "text" },
        ...data.series.map(({ name, peer }) => ({
          title: <KernelLabel name={name} peer={peer} />,
          sort: "number" as const,
        })),
      ]}
    >
      {data.rows.map(({ at, cells }) => {
        const { name, sort, detail } = row(at);
        return (
          <tr key={at.key}>
            <th scope="row" {...(sort === null ? {} : { "data-value": String(sort) })}>
              <span class="title">{name}</span>{" "}
              {detail !== null && <span class="detail">{detail}</span>}
            </th>
            {cells.map((cell, i) => (
              <NumberCell key={i} value={cell?.value ?? null}>
                {cell ? <WithInterval {...formatInterval(cell.value, cell.low, cell.high)} /> : "–"}
              </NumberCell>
            ))}
          </tr>
        );
      })}
    </Table>
  );
  return (
    <figure class="figure">
      <figcaption>
        <h3>{title}</h3>
        <p>{text}</p>
      </figcaption>
      {script && (
        <div class="chart" data-chart={id} hidden>
          <Legend series={data.series} of={title} />
          <div class="scroll" role="region" aria-label={`Chart: ${title}`} tabIndex={0}>
            <div class="canvas">
              <canvas
                id={id}
                role="img"
                aria-label={label}
                aria-describedby={`${id}-table-caption`}
              />
            </div>
          </div>
        </div>
      )}
      {fold && script
        ? (
          <details>
            <summary>The numbers of this chart</summary>
            {table}
          </details>
        )
        : table}
    </figure>
  );
}

/** Buttons, one for each series, that show and hide it; their pictures are what the chart draws. */
function Legend({ series, of }: { series: readonly Series[]; of: string }): JSX.Element {
  return (
    <div class="legend" role="group" aria-label={`Shown in ${of}`}>
      {series.map((one) => (
        <button
          key={one.name}
          type="button"
          aria-pressed="true"
          data-series={String(one.index)}
        >
          <Swatch series={one} /> {one.name}
          {one.peer && (
            <>
              {" "}
              <Peer />
            </>
          )}
        </button>
      ))}
    </div>
  );
}

/** The line and the marker of a series; a peer's marker is hollow. */
export function Swatch({ series }: { series: Pick<Series, "index" | "peer"> }): JSX.Element {
  const { color, marker, dash } = seriesStyle(series.index);
  return (
    <svg class={`swatch s${color}`} viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">
      <path d="M0 7H34" stroke="currentColor" stroke-width="2" stroke-dasharray={dash.join(" ")} />
      <path
        d={markerPath(marker, 11)}
        transform={`translate(17 7) rotate(${marker.rotation})`}
        class={series.peer ? "hollow" : "full"}
        stroke="currentColor"
        stroke-width="2"
      />
    </svg>
  );
}
