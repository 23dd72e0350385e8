/**
 * The verifier's own test: which check found which broken kernel, whether
 * unusual but right kernels were let pass, and whether the reference is right.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatWhole } from "../../../common/numbers.ts";
import { NumberCell, Table } from "../../sections/table.tsx";
import { selfCounts } from "../findings.ts";
import type {
  MutantOutcome,
  MutantReport,
  SelfTest,
  VerificationReport,
} from "../../../results/verification/schema.ts";

/** The kill matrix, the conforming variants and the references. */
export function SelfSection({ report }: { report: VerificationReport }): JSX.Element {
  const { self } = report;
  return (
    <section aria-labelledby="self">
      <h2 id="self">The verifier’s own test</h2>
      {self === null ? <p>It was not run.</p> : <SelfBody self={self} />}
    </section>
  );
}

function SelfBody({ self }: { self: SelfTest }): JSX.Element {
  const { killed, survived, accepted, rejected } = selfCounts(self);
  return (
    <>
      <p>
        Kernels that are broken on purpose, one defect each, and which checks found them: {killed}
        {" "}
        of {formatCount(killed + survived.length, "mutant")}{" "}
        killed. The check that must find a mutant is framed; what others find is of no consequence.
      </p>
      <ul class="key" aria-label="Legend">
        <li>
          <Sign verdict="killed" named={false} /> killed
        </li>
        <li>
          <Sign verdict="survived" named={false} /> survived a check that need not find it
        </li>
        <li>
          <Sign verdict="survived" named /> survived the check that must
        </li>
        <li>
          <Sign verdict="not run" named={false} /> not run
        </li>
      </ul>
      <Table
        id="mutants-table"
        caption="Mutants against checks"
        columns={[
          { title: "mutant", sort: null },
          ...self.checks.map((check) => ({
            title: <span class="upright">{check}</span>,
            sort: null,
          })),
          { title: "result", sort: null },
        ]}
      >
        {self.mutants.map((mutant) => (
          <MutantRow key={mutant.name} mutant={mutant} checks={self.checks} />
        ))}
      </Table>
      <h3 class="next">Legal variants</h3>
      <p>
        Kernels that are unusual and right, which must not be rejected: {accepted} of{" "}
        {formatCount(accepted + rejected.length, "variant")} accepted.
      </p>
      <ul class="plain">
        {self.conforming.map(({ name, accepted, problem }) => (
          <li key={name}>
            <span class={`sign ${accepted ? "good" : "bad"}`} aria-hidden="true">
              {accepted ? "✓" : "✗"}
            </span>{" "}
            {name}: {accepted ? "accepted" : <b>rejected, {problem ?? "for no given reason"}</b>}
          </li>
        ))}
      </ul>
      {self.references.length > 0 && (
        <Table
          id="references-table"
          caption="The reference against independent evaluations"
          columns={[
            { title: "part", sort: null },
            { title: "points", sort: "number" },
            { title: "result", sort: null },
          ]}
        >
          {self.references.map(({ name, points, failures }) => (
            <tr key={name}>
              <th scope="row" class="wide">{name}</th>
              <NumberCell value={points}>{formatWhole(points)}</NumberCell>
              {failures.length === 0
                ? (
                  <td class="verdict slim good">
                    <b>✓ right</b>
                  </td>
                )
                : (
                  <td class="verdict bad">
                    <b>✗ {formatCount(failures.length, "failure")}</b>
                    {failures.slice(0, 5).map((failure, i) => (
                      <span key={i} class="detail">{failure}</span>
                    ))}
                  </td>
                )}
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function MutantRow({ mutant, checks }: {
  mutant: MutantReport;
  checks: readonly string[];
}): JSX.Element {
  const { name, kind, killer, outcomes, killed, detail } = mutant;
  const byCheck = new Map(Object.entries(outcomes));
  return (
    <tr {...(killed === false ? { class: "alarm" } : {})}>
      <th scope="row" class="wide">
        {name} <span class="tag">{kind}</span>
        {killed === false && <span class="alarmed">✗ survived</span>}
      </th>
      {checks.map((check) => (
        <td key={check} class="cell">
          <Sign verdict={byCheck.get(check) ?? "not run"} named={check === killer} />
        </td>
      ))}
      <td class={`verdict ${killed === false ? "bad" : killed === true ? "good" : ""}`}>
        <b>{killed === true ? "killed" : killed === false ? "✗ SURVIVED" : "not run here"}</b>
        {!checks.includes(killer) && <span class="detail">by {killer}</span>}
        <span class="detail">{detail}</span>
      </td>
    </tr>
  );
}

const signs: Readonly<Record<MutantOutcome, string>> = {
  killed: "✓",
  survived: "○",
  "not run": "·",
};

/** What a check made of a mutant: a sign, in words for those who do not see it. */
function Sign({ verdict, named }: { verdict: MutantOutcome; named: boolean }): JSX.Element {
  const missed = named && verdict === "survived";
  const kind = missed ? "missed" : verdict === "not run" ? "idle" : verdict;
  return (
    <span class={`sign ${kind}${named ? " named" : ""}`}>
      <span aria-hidden="true">{missed ? "✗" : signs[verdict]}</span>
      <span class="unseen">{verdict}{named && ", the check that must find it"}</span>
    </span>
  );
}
