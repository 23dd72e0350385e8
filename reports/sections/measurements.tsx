/**
 * All numbers: the full table, a line for each kernel on each workload, folded,
 * and the buttons that copy what of it is shown.
 *
 * @module
 */
import type { JSX } from "preact";
import { throughput, timeInterval } from "../format.ts";
import { formatCount, formatInterval, formatNumber, formatWhole } from "../../common/numbers.ts";
import { formatBytes, formatTime } from "../../common/units.ts";
import { flopsOf, p95Of, recordOf, verdictOf, verifiedSeconds } from "../../results/query.ts";
import type { Result, Results, VerdictReport, Warmup } from "../../results/schema.ts";
import { detailsOf, isLong } from "../row_details.ts";
import { CallsText } from "./calls.tsx";
import { CompactTable } from "./compact.tsx";
import { Folded } from "./folded.tsx";
import { KernelLabel, NumberCell, Table, WithInterval } from "./table.tsx";

/** Every result with all that belongs to it. */
export function Measurements({ results, script }: {
  results: Results;
  script: boolean;
}): JSX.Element {
  const count = results.results.length;
  return (
    <section aria-labelledby="measurements">
      <h2 id="measurements">All numbers</h2>
      <p>
        {count === 0
          ? "The run measured nothing."
          : "Times are of one call, activation and bias included. The worst error is the largest " +
            "one found, as a share of what the check allows: above 1 is a failure."}
        {results.verdicts && results.verdicts.length > 0 &&
          " A comparison is the kernel’s time as a multiple of the baseline’s, in the same rounds."}
        {count > 0 &&
          (!isLong(results)
            ? " A row opens to its formula, its command and the times of its rounds."
            : " Where scripts may run the table can be sorted, has verification, single calls, " +
              "warm-up and memory too, and a row opens to its formula, its command and its times.")}
        {script && count > 0 &&
          " Kernels, pass and workloads that are chosen above the charts of speed are chosen here " +
            "too, with the A/A controls of these kernels; what is copied is what is shown."}
      </p>
      {script && count > 0 && (
        <div class="copy" hidden>
          {forms.map(([form, title]) => (
            <button key={form} type="button" class="small" data-copy={form}>{title}</button>
          ))}
          <span data-shown />
          <span role="status" />
        </div>
      )}
      {count > 0 && (
        <Folded title={`All ${formatWhole(count)} results`}>
          {isLong(results)
            ? <CompactTable results={results} id="all" caption={captionOf(results)} />
            : <MeasurementsTable results={results} id="all" />}
        </Folded>
      )}
    </section>
  );
}

/** The forms in which numbers can be copied. */
const forms = [
  ["markdown", "Copy as Markdown"],
  ["csv", "Copy as CSV"],
  ["json", "Copy as JSON"],
  ["command", "Copy the command"],
] as const;

function captionOf({ results }: Results): string {
  return `All ${formatWhole(results.length)} results`;
}

/** A line for each result. */
export function MeasurementsTable({ results, id }: { results: Results; id: string }): JSX.Element {
  // On a long page a script writes it, and fills a row when it is opened.
  const filled = !isLong(results);
  return (
    <Table
      id={id}
      caption={captionOf(results)}
      columns={[
        { title: "workload", sort: "text" },
        { title: "kernel", sort: "text" },
        { title: "m×n×k, activation", sort: "number" },
        { title: "median time (interval)", sort: "number" },
        { title: "GFLOP/s (interval)", sort: "number" },
        { title: "p95 of single calls", sort: "number" },
        { title: "compared with the baseline", sort: "number" },
        { title: "verification", sort: "text" },
        { title: "worst error share", sort: "number" },
        { title: "warm-up, memory", sort: "number" },
      ]}
    >
      {results.results.map((result, i) => (
        <Line
          key={i}
          row={i}
          result={result}
          results={results}
          filled={filled}
        />
      ))}
    </Table>
  );
}

function Line({ row, result, results, filled }: {
  /** Its place in the file, by which the browser code finds it. */
  row: number;
  result: Result;
  results: Results;
  /** Whether it has what it opens to. */
  filled: boolean;
}): JSX.Element {
  const { workload, kernel, peer, m, n, k, activation, verification, pass, layers } = result;
  const verdict = verdictOf(result, results);
  const replaced =
    result.measurements?.filter((measurement) => measurement.replaced !== undefined).length ?? 0;
  const seconds = verifiedSeconds(result);
  const speed = seconds && throughput(flopsOf(result), seconds);
  return (
    <tr data-row={String(row)}>
      <th scope="row">
        <details class="row">
          <summary>{workload}</summary>
          {filled && (
            <dl>
              {detailsOf(result, results).map(([name, text]) => [
                <dt key={name}>{name}</dt>,
                <dd key={text}>{text}</dd>,
              ])}
            </dl>
          )}
        </details>
        {pass !== "forward" && <span class="detail">{pass}</span>}
      </th>
      <td class="name">
        <KernelLabel name={kernel} peer={peer} />
        {recordOf(result, results)?.controlOf !== undefined && (
          <span class="detail">A/A control</span>
        )}
      </td>
      <NumberCell value={flopsOf(result)}>
        {m}×{n}×{k}{" "}
        <span class="detail">{layers ? `${formatCount(layers.length, "layer")}` : activation}</span>
      </NumberCell>
      <NumberCell value={seconds?.median ?? null}>
        {seconds
          ? (
            <>
              <WithInterval {...timeInterval(seconds)} />
              {seconds.confidence === 0 && <span class="detail">range, no interval</span>}
              {replaced > 0 && (
                <span class="detail">{formatCount(replaced, "measurement")} repeated</span>
              )}
            </>
          )
          : (
            <span class={verification.status === "passed" ? "untimed" : "none"}>
              no speed: {verification.status === "passed" ? "not timed" : "not verified"}
            </span>
          )}
      </NumberCell>
      <NumberCell value={speed?.value ?? null}>
        {speed ? <WithInterval {...formatInterval(speed.value, speed.low, speed.high)} /> : "–"}
      </NumberCell>
      <NumberCell value={p95Of(result)}>
        <CallsText result={result} results={results} />
      </NumberCell>
      <NumberCell value={verdict?.ratio ?? null}>
        {verdict ? <VerdictText verdict={verdict} /> : "–"}
      </NumberCell>
      <td class={`verdict ${verification.status === "passed" ? "good" : "bad"}`}>
        <b>{verification.status}</b> <span class="detail">{verification.detail}</span>
      </td>
      <NumberCell value={verification.worst}>
        {verification.worst === null ? "–" : formatNumber(verification.worst, 2)}
      </NumberCell>
      <NumberCell value={result.warmup?.seconds ?? null}>
        {result.warmup ? <WarmupText warmup={result.warmup} /> : "–"}
        {result.memory !== undefined && (
          <span class="detail">{formatBytes(result.memory)} in use</span>
        )}
      </NumberCell>
    </tr>
  );
}

/** More rounds than this are not worth naming. */
const mostNeeded = 1000;

/** A kernel's time as a multiple of the baseline's, and the verdict. */
function VerdictText({ verdict }: { verdict: VerdictReport }): JSX.Element {
  const { ratio, low, high, baseline, confidence, launches = 1, moreNeeded } = verdict;
  const { value, ...ends } = formatInterval(ratio, low, high);
  return (
    <>
      <WithInterval value={`${value}x`} {...ends} unit="time" /> <b>{verdict.verdict}</b>
      <span class="detail wrap">
        {baseline}
        {confidence === 0
          ? ", too few rounds"
          : moreNeeded === undefined
          ? ""
          : moreNeeded > mostNeeded
          ? ", too noisy to decide"
          : `, about ${
            formatCount(moreNeeded, launches > 1 ? "more launch" : "more round")
          } to decide`}
      </span>
    </>
  );
}

function WarmupText({ warmup }: { warmup: Warmup }): JSX.Element {
  const { calls, seconds, settled, first } = warmup;
  return (
    <>
      {formatWhole(calls)} in {formatTime(seconds)}{" "}
      <span class="detail">first call {formatTime(first)}</span>
      {!settled && <b>not settled</b>}
    </>
  );
}
