/**
 * Files of other tools, each with its own table: shown beside the results of
 * Densemark and never among them, since nothing of them was verified here.
 *
 * @module
 */
import type { JSX } from "preact";
import { cleanText } from "../../../common/text.ts";
import { timeInterval } from "../../format.ts";
import { formatCount, formatNumber, formatWhole } from "../../../common/numbers.ts";
import { formatTime } from "../../../common/units.ts";
import {
  type ForeignBenchmark,
  foreignGflops,
  type ForeignSeconds,
} from "../../interop/foreign.ts";
import { Facts, NumberCell, Table, WithInterval } from "../../sections/table.tsx";
import type { ForeignFile } from "../merged.ts";

/** A part for each file. */
export function ForeignSection({ files }: { files: readonly ForeignFile[] }): JSX.Element {
  return (
    <section aria-labelledby="foreign">
      <h2 id="foreign">Other tools</h2>
      <p>
        Results of other tools, as these wrote them. <b>Densemark has not verified any of it</b>
        {" "}
        and does not know whether the work was the same. In brackets is the range of the samples,
        which is not a confidence interval. GFLOP/s are given where the file counts them itself or
        has m, n and k.
      </p>
      {files.map(({ file, run }, i) => {
        const id = `foreign-${i + 1}`;
        return (
          <div key={id}>
            <h3 class="part">
              {cleanText(file)}: {run.tool}, {formatCount(run.benchmarks.length, "benchmark")}
            </h3>
            {run.benchmarks.length > 0 && (
              <Table
                id={id}
                caption={`${run.tool}: not verified by Densemark`}
                columns={[
                  { title: "benchmark", sort: "text" },
                  { title: "group", sort: "text" },
                  { title: "time of one call (range)", sort: "number" },
                  { title: "samples", sort: "number" },
                  { title: "GFLOP/s", sort: "number" },
                  { title: "note", sort: "text" },
                ]}
              >
                {run.benchmarks.map((benchmark, j) => <Line key={j} benchmark={benchmark} />)}
              </Table>
            )}
            {run.facts.length > 0 && (
              <details>
                <summary>Machine and software according to the file</summary>
                <Facts
                  id={`${id}-facts`}
                  caption={`Machine and software of ${cleanText(file)}`}
                  rows={run.facts}
                />
              </details>
            )}
          </div>
        );
      })}
    </section>
  );
}

function Line({ benchmark }: { benchmark: ForeignBenchmark }): JSX.Element {
  const { name, group, baseline, seconds, shape, failure } = benchmark;
  const gflops = foreignGflops(benchmark);
  return (
    <tr>
      <th scope="row">
        <span class="title">{name}</span>
        {shape !== null && <span class="detail shape">{shape.m}×{shape.n}×{shape.k}</span>}
      </th>
      <td class="name">
        {group ?? "–"} {baseline && <span class="tag">baseline</span>}
      </td>
      <NumberCell value={seconds?.value ?? null}>
        {seconds === null ? <span class="none">no time</span> : <Time seconds={seconds} />}
      </NumberCell>
      <NumberCell value={seconds?.count ?? null}>
        {typeof seconds?.count === "number" ? formatWhole(seconds.count) : "–"}
      </NumberCell>
      <NumberCell value={gflops}>{gflops === null ? "–" : formatNumber(gflops)}</NumberCell>
      <td class="prose">{failure ?? "–"}</td>
    </tr>
  );
}

function Time({ seconds }: { seconds: ForeignSeconds }): JSX.Element {
  const { value, min, max, of, count } = seconds;
  if (count === 1) {
    return (
      <>
        <span class="value">{formatTime(value)}</span> <span class="detail">one sample</span>
      </>
    );
  }
  return (
    <>
      {min === null || max === null ? <span class="value">{formatTime(value)}</span> : (
        <WithInterval
          {...timeInterval({ median: value, low: min, high: max })}
        />
      )} <span class="detail">{of}</span>
    </>
  );
}
