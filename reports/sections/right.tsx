/**
 * Whether it is right: how many results were verified, speed against error, what
 * was checked, and in words what failed and what was skipped.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatWhole } from "../../common/numbers.ts";
import { asSentence, formatList } from "../../common/text.ts";
import { workloadName } from "../../results/query.ts";
import type { KernelRecord, Result, Results } from "../../results/schema.ts";
import { verified } from "../findings.ts";
import { heights } from "../heights.ts";
import { baseOf } from "../looks.ts";
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

/** So many lines of what failed are shown at once. */
const mostLines = 8;

/** Results of a kernel that went wrong for one reason, in one line. */
function WrongLine({ results: [first, ...more] }: {
  results: readonly Result[];
}): JSX.Element | null {
  if (!first) return null;
  const { kernel, verification: { status, detail } } = first;
  const names = [...new Set([first, ...more].map(workloadName))];
  return (
    <li>
      <b>{kernel}</b> on <b>{formatList(names, { most: 3 })}</b> {status === "passed"
        ? "was verified but not timed."
        : `${status === "failed" ? "failed verification" : "could not be checked"}: ${
          detail || "no reason given"
        }`}
    </li>
  );
}

/** Who was skipped: a kernel by its name alone where it was in all of its engines. */
function Names({ kernels, all }: {
  kernels: readonly KernelRecord[];
  all: readonly KernelRecord[];
}): JSX.Element {
  const groups = [...Map.groupBy(kernels, baseOf)].flatMap(([base, group]) =>
    group.length > 1 && group.length === all.filter((one) => baseOf(one) === base).length
      ? [{ name: base, peer: group.every(({ peer }) => peer) }]
      : group
  );
  return (
    <>
      {groups.map(({ name, peer }, i) => (
        <span key={name}>
          {i > 0 && ", "}
          <b>{name}</b>
          {peer && (
            <>
              {" "}
              <Peer />
            </>
          )}
        </span>
      ))} {groups.length > 1 ? "were" : "was"} skipped:{" "}
    </>
  );
}

/** What failed or was skipped in a run, with one line for each reason; says so too where nothing did. */
export function FailuresList({ results }: { results: Results }): JSX.Element {
  const wrong = results.results.filter(({ verification, seconds }) =>
    verification.status !== "passed" || seconds === null
  );
  const order = ["failed", "error", "passed"];
  const groups = [
    ...Map.groupBy(
      wrong,
      ({ kernel, verification: { status, detail } }) =>
        JSON.stringify(status === "passed" ? [kernel, status] : [kernel, status, detail]),
    ).values(),
  ].toSorted(([a], [b]) =>
    order.indexOf(a!.verification.status) - order.indexOf(b!.verification.status)
  );
  // A kernel may be absent for one reason in several engines.
  const absent = Map.groupBy(
    results.kernels.filter((kernel) => kernel.unavailable !== null),
    ({ unavailable }) => unavailable,
  );
  if (groups.length + absent.size === 0) {
    return <p>Nothing: no kernel was skipped, and every result was verified and timed.</p>;
  }
  const lines = (some: readonly (readonly Result[])[]) =>
    some.map((group, i) => <WrongLine key={i} results={group} />);
  // Folding a single line would gain nothing.
  const shown = groups.length > mostLines + 1 ? mostLines : groups.length;
  return (
    <>
      <ul>
        {lines(groups.slice(0, shown))}
        {[...absent].map(([reason, kernels]) => (
          <li key={`a${reason}`}>
            <Names kernels={kernels} all={results.kernels} />
            {asSentence(reason ?? "")}
          </li>
        ))}
      </ul>
      {shown < groups.length && (
        <Folded title={`${formatCount(groups.length - shown, "more failure")}`}>
          <ul>{lines(groups.slice(shown))}</ul>
        </Folded>
      )}
    </>
  );
}
