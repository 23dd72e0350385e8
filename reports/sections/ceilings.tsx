/**
 * How much is left: the results of a run below the ceilings of its machine, a
 * table of the shares, and the ceilings themselves.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatList } from "../../common/text.ts";
import { formatInterval, formatNumber, formatPercent, formatWhole } from "../../common/numbers.ts";
import type { Standing } from "../../results/roofline.ts";
import { checkedCeilings } from "../../results/ceilings.ts";
import type { Ceiling, Results } from "../../results/schema.ts";
import { verifiedSeconds, withoutControls, workloadName } from "../../results/query.ts";
import { kindOfCeiling, nameOfCeiling, type Placed, placedOf } from "../ceilings.ts";
import { withoutRepeats } from "../engine_names.ts";
import { heights } from "../heights.ts";
import { isLong } from "../row_details.ts";
import { ChartPlace } from "./chart.tsx";
import { Folded } from "./folded.tsx";
import { KernelLabel, NumberCell, Table, WithInterval } from "./table.tsx";

/** The contenders with forward passes of layers that no peak is known for. */
function withoutPeak(results: Results, placed: readonly Placed[]): string[] {
  const known = new Set(placed.map(({ result }) => result.kernel));
  const timed = withoutControls(withoutRepeats(results)).filter((result) =>
    result.pass.startsWith("forward") && result.gflops !== null && verifiedSeconds(result) !== null
  );
  return [...new Set(timed.map(({ kernel }) => kernel))].filter((name) => !known.has(name));
}

/** Of each kernel the best share of its peak, the greatest first. */
function bestShares(placed: readonly Placed[]): Placed[] {
  const best = new Map<string, Placed>();
  for (const one of placed) {
    const before = best.get(one.series.name);
    if (!before || one.standing.ofPeak > before.standing.ofPeak) best.set(one.series.name, one);
  }
  return [...best.values()].sort((a, b) => b.standing.ofPeak - a.standing.ofPeak);
}

/** Peaks, bandwidths, and the results below them. */
export function CeilingsSection({ results: given, script }: {
  results: Results;
  script: boolean;
}): JSX.Element {
  // Files of older versions may hold ceilings that their results exceed.
  const ceilings = checkedCeilings(given.ceilings ?? [], given);
  const results = { ...given, ceilings };
  const placed = placedOf(results);
  const unknown = ceilings.filter((one) => one.unknown !== undefined);
  const peakless = withoutPeak(results, placed);
  return (
    <section aria-labelledby="ceilings">
      <h2 id="ceilings">How much is left</h2>
      {ceilings.length === 0 ? <p>The limits of the machine were not measured in this run.</p> : (
        <>
          <p>
            {placed.length > 0 && <Nearest placed={placed} />}{" "}
            The limits were measured in the same run: arithmetic alone, and reading alone.
          </p>
          {unknown.length > 0 && (
            <p>
              {/* Semicolons, since the names have commas. */}
              {unknown.length === 1
                ? "One ceiling is"
                : `${formatWhole(unknown.length)} ceilings are`}{" "}
              not known, because the machine did better than what was measured as its best:{" "}
              {unknown.map(nameOfCeiling).join("; ")}.
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
              {script && (
                <ChartPlace
                  id="roofline"
                  title="Roofline"
                  text={"A mark is a workload. Level lines are peaks of arithmetic, rising ones what " +
                    "reading allows; a grey band reaches from the lower end of a ceiling’s " +
                    "interval to its best round. A click on a mark shows its kernel alone."}
                  label={`Roofline plot: ${
                    bestShares(placed).map(({ series: { name }, standing }) =>
                      `${name} up to ${formatPercent(standing.ofPeak)} of its peak`
                    ).join(", ")
                  }. Its numbers are in ${
                    isLong(results) ? "the table of all numbers" : "the table below"
                  }.`}
                  numbers={isLong(results) ? "all-caption" : "shares-caption"}
                  height={heights.roofline}
                />
              )}
              {isLong(results) ? null : (
                <Folded title="Every result as a share of its ceilings">
                  <Shares placed={placed} />
                </Folded>
              )}
            </>
          )}
          <Folded title="The ceilings, and what they mean">
            <p>
              A layer does 2·m·n·k operations and must move each matrix once and its output twice;
              operations over bytes are its arithmetic intensity, in FLOP/byte. The roofline limit
              is the peak of its kind of code, or its intensity times the bandwidth of the smallest
              level of memory that may hold all of it, whichever is less. Memory traffic was not
              counted and can be more. A ceiling that a result exceeded was measured again; where it
              still did, the ceiling is not known.
            </p>
            <Measured ceilings={ceilings} />
            {!ceilings.some(({ id }) => id.startsWith("gpu-")) && (
              <p>
                The peak of a GPU was not measured: there is none, or only a software adapter.
              </p>
            )}
          </Folded>
        </>
      )}
    </section>
  );
}

/** The answer: who comes nearest to what the machine can do. */
function Nearest({ placed }: { placed: readonly Placed[] }): JSX.Element | null {
  const [first, second] = bestShares(placed);
  if (!first) return null;
  const share = ({ series: { name }, standing, result }: Placed) =>
    `${name} reaches ${formatPercent(standing.ofPeak)} of its peak, on ${workloadName(result)}`;
  return <b>{share(first)}{second ? `; ${share(second)}` : ""}.</b>;
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
            <span class="title">{workloadName(result)}</span>
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
  if (bound === "memory" && bandwidth) return `memory: ${kindOfCeiling(bandwidth)}`;
  return bound === null && !peak.id.startsWith("native-")
    ? "–"
    : `arithmetic: ${kindOfCeiling(peak)}`;
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
      {ceilings.map((ceiling) => {
        const { id, threads, unit, best, median, low, high, confidence, what, unknown } = ceiling;
        return (
          <tr key={`${id} ${threads}`}>
            <th scope="row">
              <span class="title">{kindOfCeiling(ceiling)}</span>
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
        );
      })}
    </Table>
  );
}
