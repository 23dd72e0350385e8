/**
 * The table of all numbers as a long page holds it: a group of rows for each
 * workload and nothing that only a script needs, a fifth of what the whole table
 * weighs. Scripts write the whole one in its place when it is unfolded.
 *
 * @module
 */
import type { JSX } from "preact";
import {
  type formatInterval,
  formatNumber,
  formatPercent,
  formatRatio,
} from "../../common/numbers.ts";
import { flopsOf, verdictOf, verifiedSeconds } from "../../results/query.ts";
import { standingOf } from "../../results/roofline.ts";
import type { Result, Results } from "../../results/schema.ts";
import { throughput, timeInterval } from "../format.ts";
import { resultsBy, type WorkloadKey, workloadsOf } from "../series.ts";
import { Table } from "./table.tsx";

/** Every result in a row of texts. */
export function CompactTable({ results, id, caption }: {
  results: Results;
  id: string;
  caption: string;
}): JSX.Element {
  const on = resultsBy(results.results);
  const titles = [
    "workload",
    "kernel",
    "median time (interval)",
    "GFLOP/s",
    "time as a multiple of the baseline’s",
    "share of its peak",
    "worst error share",
  ];
  return (
    <Table
      id={id}
      kind="compact"
      caption={caption}
      columns={titles.map((title) => ({ title, sort: null }))}
      bodies={workloadsOf(results.results).map((workload) => (
        <tbody key={workload.key}>
          {on(workload).map((result, i, group) => (
            <tr key={i}>
              {i === 0 && (
                <th scope="rowgroup" rowSpan={group.length}>
                  <Workload workload={workload} />
                </th>
              )}
              {textsOf(result, results).map((text, column) => <td key={column}>{text}</td>)}
            </tr>
          ))}
        </tbody>
      ))}
    />
  );
}

function Workload({ workload: { label, m, n, k, activation, layers } }: {
  workload: WorkloadKey;
}): JSX.Element {
  return (
    <>
      {label}
      <span class="detail">{m}×{n}×{k} {layers ? `${layers.length} layers` : activation}</span>
    </>
  );
}

/** The cells behind the workload. */
function textsOf(result: Result, results: Results): readonly string[] {
  const { kernel, verification: { status, worst } } = result;
  const seconds = verifiedSeconds(result);
  const speed = seconds && throughput(flopsOf(result), seconds);
  const verdict = verdictOf(result, results);
  const standing = standingOf(result, results);
  const interval = ({ value, low, high }: ReturnType<typeof formatInterval>) =>
    `${value} (${low}–${high})`;
  return [
    kernel,
    seconds ? interval(timeInterval(seconds)) : status === "passed" ? "not timed" : status,
    speed ? formatNumber(speed.value) : "–",
    verdict ? `${formatRatio(verdict.ratio)} ${verdict.verdict}` : "–",
    standing ? formatPercent(standing.ofPeak) : "–",
    worst === null ? "–" : formatNumber(worst, 2),
  ];
}
