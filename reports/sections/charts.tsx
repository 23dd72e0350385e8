/**
 * The speed of a run: what is shown, a panel for each group of workloads with
 * the names of kernels in it, and, where there is no script, nothing, since the
 * tables have every number.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import { firstShown, heightOf, panelsOf, shownAtFirst, type SpeedPanel } from "../panels.ts";
import { sameWithoutFlags } from "../engine_names.ts";
import { rankingOf } from "../ranking.ts";
import { type Series, seriesOf, type WorkloadKey, workloadsOf } from "../series.ts";
import type { Results } from "../../results/schema.ts";
import { ChartPlace, KernelButtons } from "./chart.tsx";

/** The section of speed, with what chooses for all charts of the page. */
export function Charts({ results, script }: { results: Results; script: boolean }): JSX.Element {
  const series = seriesOf(results);
  return (
    <section aria-labelledby="throughput">
      <h2 id="throughput">Speed</h2>
      {series.length === 0 ? <p>{noSpeed}</p> : (
        <>
          <SpeedNote script={script} />
          {script && (
            <>
              <Controls results={results} />
              <Figures results={results} series={series} prefix="" numbers="all-caption" />
            </>
          )}
        </>
      )}
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

/** What the charts of speed, the roofline, the errors and the table of all numbers show; the address of the page keeps it. */
function Controls({ results }: { results: Results }): JSX.Element {
  const passes = [...new Set(workloadsOf(results.results).map(({ pass }) => pass))];
  return (
    <div class="controls" data-controls hidden>
      <label>
        Workload <input type="search" data-choose="find" maxLength={100} placeholder="all" />
      </label>
      <label>
        Pass{" "}
        <select data-choose="pass">
          <option value="">all</option>
          {passes.map((pass) => <option key={pass} value={pass}>{pass}</option>)}
        </select>
      </label>
      <button type="button" class="small" data-do="reset">Reset</button>
      <span data-shown role="status" />
    </div>
  );
}

/** The charts of one run, below the buttons of its kernels. */
export function Figures({ results, series, prefix, numbers }: {
  results: Results;
  series: readonly Series[];
  /** Sets the ids apart from those of other runs in the page. */
  prefix: string;
  /** The id of what has the numbers. */
  numbers: string;
}): JSX.Element {
  const order = rankingOf(results, series).columns.map(({ name }) => name);
  const hollow = series.some((one) => one.hollow);
  const both = [...sameWithoutFlags(results).values()];
  return (
    <>
      <KernelButtons
        series={series}
        order={order}
        shown={firstShown(results, series)}
        prefix={prefix}
      />
      {hollow && (
        <p class="hint">
          Filled marks: with <a href="#flags">V8’s flags</a>. Hollow marks: without.
        </p>
      )}
      {both.length > 0 && (
        <p class="hint">
          One line each stands for {formatList(both)}{" "}
          with V8’s flags and without: no difference beyond the noise of the run.
        </p>
      )}
      <div class="figures">
        {panelsOf(results, series).map((panel) => (
          <ChartPlace
            key={panel.id}
            id={`${prefix}${panel.id}`}
            title={panel.title}
            label={labelOf(panel)}
            numbers={numbers}
            height={heightOf({
              ...panel,
              data: { ...panel.data, series: panel.data.series.slice(0, shownAtFirst) },
            })}
          />
        ))}
      </div>
    </>
  );
}

function labelOf({ kind, title, data: { series, rows } }: SpeedPanel): string {
  const what = kind === "sizes"
    ? `Line chart of GFLOP/s by size n of ${rows.length} square products`
    : `Dot chart of GFLOP/s on ${formatCount(rows.length, "workload")}`;
  const names = series.map(({ name, peer }) => peer ? `${name} (peer)` : name).join(", ");
  return `${title}: ${what}, for ${names}. The tables of the page have its numbers.`;
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
