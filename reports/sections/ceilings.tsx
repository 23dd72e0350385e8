/**
 * The ceilings of a run and how close the results come to them: the roofline,
 * a table of the shares, and the ceilings themselves.
 *
 * @module
 */
import type { JSX } from "preact";
import { throughput } from "../format.ts";
import { formatList } from "../../common/text.ts";
import { formatInterval, formatNumber, formatPercent, formatWhole } from "../../common/numbers.ts";
import { type Standing, standingOf } from "../../results/roofline.ts";
import { ceilingName, checkedCeilings } from "../../results/ceilings.ts";
import type { Ceiling, Results } from "../../results/schema.ts";
import { flopsOf, verifiedSeconds, withoutControls } from "../../results/query.ts";
import { seriesOf } from "../series.ts";
import { type Placed, Rooflines } from "./roofline.tsx";
import { KernelLabel, NumberCell, Table, WithInterval } from "./table.tsx";

/** The results that can be compared with a ceiling. */
function placedOf(results: Results): Placed[] {
  const series = seriesOf(results);
  return results.results.flatMap((result) => {
    const standing = standingOf(result, results);
    const seconds = verifiedSeconds(result);
    const one = series.find(({ name }) => name === result.kernel);
    if (!standing || !seconds || !one) return [];
    return [{ result, standing, series: one, speed: throughput(flopsOf(result), seconds) }];
  });
}

/** The contenders with forward passes of layers that no peak is known for. */
function withoutPeak(results: Results, placed: readonly Placed[]): string[] {
  const known = new Set(placed.map(({ result }) => result.kernel));
  const timed = withoutControls(results).filter((result) =>
    result.pass.startsWith("forward") && result.gflops !== null && verifiedSeconds(result) !== null
  );
  return [...new Set(timed.map(({ kernel }) => kernel))].filter((name) => !known.has(name));
}

/** Peaks, bandwidths, and the results below them. */
export function CeilingsSection({ results: given }: { results: Results }): JSX.Element {
  // Files of older versions may hold ceilings that their results exceed.
  const ceilings = checkedCeilings(given.ceilings ?? [], given);
  const results = { ...given, ceilings };
  const placed = placedOf(results);
  const unknown = ceilings.filter((one) => one.unknown !== undefined);
  const peakless = withoutPeak(results, placed);
  return (
    <section aria-labelledby="ceilings">
      <h2 id="ceilings">Ceilings</h2>
      {ceilings.length === 0 ? <p>The limits of the machine were not measured in this run.</p> : (
        <>
          <p>
            The limits of this machine, measured in the same run: arithmetic alone, and reading
            alone. A layer does 2·m·n·k operations and must move each matrix once and its output
            twice; operations over bytes are its arithmetic intensity, in FLOP/byte. The roofline
            limit is the peak of its kind of code, or its intensity times the bandwidth of the
            smallest level of memory that may hold all of it, whichever is less. Memory traffic was
            not counted and can be more. A ceiling that a result exceeded was measured again; where
            it still did, the ceiling is not known.
          </p>
          {unknown.length > 0 && (
            <p>
              {formatList(unknown.map(ceilingName))} {unknown.length === 1 ? "is" : "are"}{" "}
              not known: the machine did better than what was measured as its best.
            </p>
          )}
          {peakless.length > 0 && (
            <p>
              The peak of {formatList(peakless)}{" "}
              is not known: none was measured of its kind of code on as many threads, or something
              exceeded it.
            </p>
          )}
          {placed.length > 0 && (
            <>
              <Rooflines placed={placed} ceilings={ceilings} />
              <Shares placed={placed} />
            </>
          )}
          <Measured ceilings={ceilings} />
          {!ceilings.some(({ id }) => id.startsWith("gpu-")) && (
            <p>
              The peak of a GPU was not measured: there is none, or only a software adapter.
            </p>
          )}
        </>
      )}
    </section>
  );
}

/** Every placed result with its shares. */
function Shares({ placed }: { placed: readonly Placed[] }): JSX.Element {
  return (
    <Table
      id="shares"
      caption="Results as shares of the peak and of the roofline limit"
      columns={[
        { title: "workload", sort: "text" },
        { title: "kernel", sort: "text" },
        { title: "FLOP/byte", sort: "number" },
        { title: "GFLOP/s", sort: "number" },
        { title: "% of peak", sort: "number" },
        { title: "% of roofline limit", sort: "number" },
        { title: "limit, GFLOP/s", sort: "number" },
        { title: "limited by", sort: "text" },
      ]}
    >
      {placed.map(({ result, standing, series, speed }, i) => (
        <tr key={i}>
          <th scope="row">
            <span class="title">{result.workload}</span>
          </th>
          <td class="name">
            <KernelLabel name={series.name} peer={series.peer} />
          </td>
          <NumberCell value={standing.intensity}>{formatNumber(standing.intensity)}</NumberCell>
          <NumberCell value={speed.value}>{formatNumber(speed.value)}</NumberCell>
          <NumberCell value={standing.ofPeak}>{formatPercent(standing.ofPeak)}</NumberCell>
          <NumberCell value={standing.ofLimit}>
            {standing.ofLimit === null ? "–" : formatPercent(standing.ofLimit)}
          </NumberCell>
          <NumberCell value={standing.limit}>
            {standing.limit === null ? "–" : formatNumber(standing.limit)}
          </NumberCell>
          <td>{limiter(standing)}</td>
        </tr>
      ))}
    </Table>
  );
}

function limiter({ bound, peak, bandwidth }: Standing): string {
  if (bound === "memory") return `memory, ${bandwidth?.id}`;
  return bound === null && !peak.id.startsWith("native-") ? "–" : `arithmetic, ${peak.id}`;
}

function Measured({ ceilings }: { ceilings: readonly Ceiling[] }): JSX.Element {
  return (
    <Table
      id="ceilings-table"
      caption="The ceilings: loops of nothing but multiply-adds, and the fastest of several ways to read"
      columns={[
        { title: "ceiling", sort: "text" },
        { title: "threads", sort: "number" },
        { title: "best", sort: "number" },
        { title: "median (interval)", sort: "number" },
        { title: "measured by", sort: null },
      ]}
    >
      {ceilings.map(({ id, threads, unit, best, median, low, high, confidence, what, unknown }) => (
        <tr key={`${id} ${threads}`}>
          <th scope="row">
            <span class="title">{id}</span>
          </th>
          <NumberCell value={threads}>{formatWhole(threads)}</NumberCell>
          <NumberCell value={unknown === undefined ? best : null}>
            {unknown === undefined ? `${formatNumber(best)} ${unit}` : "not known"}
          </NumberCell>
          <NumberCell value={median}>
            <WithInterval {...formatInterval(median, low, high)} />
            {confidence === 0 && <span class="detail">range, no interval</span>}
          </NumberCell>
          <td class="prose">{unknown === undefined ? what : `${what}; ${unknown}`}</td>
        </tr>
      ))}
    </Table>
  );
}
