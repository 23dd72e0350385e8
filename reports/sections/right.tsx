/**
 * Whether it is right: how many results were verified, speed against error, what
 * was checked, and in words what failed and what was skipped.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatWhole } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { verified } from "../findings.ts";
import { heights } from "../heights.ts";
import { ChartPlace } from "./chart.tsx";
import { Folded } from "./folded.tsx";
import { NumberCell, Peer, Table } from "./table.tsx";

/** The verification of a run. */
export function RightSection({ results, script }: {
  results: Results;
  script: boolean;
}): JSX.Element {
  const { sentence } = verified(results);
  const compared = results.results.filter((one) =>
    one.verification.status === "passed" && one.verification.worst !== null && one.gflops !== null
  );
  return (
    <section aria-labelledby="right">
      <h2 id="right">Is it right</h2>
      <p>
        <b>{sentence}.</b>{" "}
        Every output that is timed is checked against float64; what is not right has no speed on
        this page.
      </p>
      {script && compared.length > 0 && (
        <ChartPlace
          id="accuracy"
          title="Speed against error"
          text={"A mark is a workload: further up is faster, further left is more exact. The bound " +
            "is the largest error that the check allows."}
          label={`Plot of GFLOP/s against the largest error as a share of what is allowed, of ${
            formatCount(compared.length, "result")
          }. Its numbers are in the table of all numbers.`}
          numbers="all-caption"
          height={heights.accuracy}
        />
      )}
      <h3 id="failures">Failed and skipped</h3>
      <FailuresList results={results} />
      {results.results.length > 0 && (
        <Folded title="What was checked">
          <Checks results={results} />
        </Folded>
      )}
    </section>
  );
}

/** How results were checked, in the words of the file, and how many so. */
function Checks({ results }: { results: Results }): JSX.Element {
  const groups = Map.groupBy(
    results.results,
    ({ verification: { status, detail } }) => `${status}: ${detail || "no reason given"}`,
  );
  return (
    <Table
      id="checks"
      caption="The checks, and how many results each was of"
      columns={[{ title: "check", sort: "text" }, { title: "results", sort: "number" }]}
    >
      {[...groups].map(([words, { length }]) => (
        <tr key={words}>
          <td class="prose">{words}</td>
          <NumberCell value={length}>{formatWhole(length)}</NumberCell>
        </tr>
      ))}
    </Table>
  );
}

/** What failed or was skipped in a run; says so too where nothing did. */
export function FailuresList({ results }: { results: Results }): JSX.Element {
  const failures = results.results.filter((result) => result.verification.status !== "passed");
  const untimed = results.results.filter((result) =>
    result.verification.status === "passed" && result.seconds === null
  );
  // A kernel may be absent for one reason in several engines.
  const absent = Map.groupBy(
    results.kernels.filter((kernel) => kernel.unavailable !== null),
    ({ unavailable }) => unavailable,
  );
  const nothing = failures.length + untimed.length + absent.size === 0;
  return nothing
    ? <p>Nothing: no kernel was skipped, and every result was verified and timed.</p>
    : (
      <ul>
        {failures.map(({ kernel, workload, verification }, i) => (
          <li key={`f${i}`}>
            <b>{kernel}</b> on <b>{workload}</b>{" "}
            {verification.status === "failed" ? "failed verification" : "could not be checked"}:
            {" "}
            {verification.detail || "no reason given"}
          </li>
        ))}
        {untimed.map(({ kernel, workload }, i) => (
          <li key={`u${i}`}>
            <b>{kernel}</b> on <b>{workload}</b> was verified but not timed.
          </li>
        ))}
        {[...absent].map(([reason, kernels]) => (
          <li key={`a${reason}`}>
            {kernels.map(({ name, peer }, i) => (
              <span key={name}>
                {i > 0 && ", "}
                <b>{name}</b> {peer && <Peer />}
              </span>
            ))} {kernels.length > 1 ? "were" : "was"} skipped: {reason}
          </li>
        ))}
      </ul>
    );
}
