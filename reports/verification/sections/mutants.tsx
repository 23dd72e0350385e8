/**
 * The self-test of the verifier: which check killed which mutant, whether
 * conforming variants were accepted, and whether the reference is right.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatWhole } from "../../../common/numbers.ts";
import { Folded } from "../../sections/folded.tsx";
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
      <h2 id="self">Self-test of the verifier</h2>
      {self === null ? <p>It was not run.</p> : <SelfBody self={self} />}
    </section>
  );
}

function SelfBody({ self }: { self: SelfTest }): JSX.Element {
  const { killed, survived, accepted, rejected } = selfCounts(self);
  return (
    <>
      <p>
        Mutation tests: kernels that are broken on purpose, one defect each, and which checks found
        them: {killed} of {formatCount(killed + survived.length, "mutant")}{" "}
        killed. The check that must find a mutant is framed; the others need not find it.
      </p>
      {survived.length > 0 && (
        <MutantsTable
          id="survivors-table"
          caption="Mutants that survived"
          mutants={self.mutants.filter((one) => one.killed === false)}
          checks={self.checks}
        />
      )}
      <Folded title={`All ${formatCount(self.mutants.length, "mutant")} against the checks`}>
        <ul class="key" aria-label="Legend">
          <li>
            <Sign outcome="killed" named={false} /> killed
          </li>
          <li>
            <Sign outcome="survived" named={false} /> survived a check that need not find it
          </li>
          <li>
            <Sign outcome="survived" named /> survived the check that must
          </li>
          <li>
            <Sign outcome="not run" named={false} /> not run
          </li>
        </ul>
        <MutantsTable
          id="mutants-table"
          caption="Mutants against checks"
          mutants={self.mutants}
          checks={self.checks}
        />
      </Folded>
      <h3 class="next">Conforming variants</h3>
      <p>
        Kernels that are unusual but right, which must be accepted: {accepted} of{" "}
        {formatCount(accepted + rejected.length, "variant")}{" "}
        accepted{self.conformingOf === undefined
          ? ""
          : `, which this run drew from ${self.conformingOf}`}.
      </p>
      {rejected.length > 0 && (
        <Variants
          variants={self.conforming.filter((one) => !one.accepted)}
        />
      )}
      {self.conforming.length > rejected.length && (
        <Folded
          title={`${formatCount(accepted, "variant")} that ${
            accepted === 1 ? "was" : "were"
          } accepted`}
        >
          <Variants variants={self.conforming.filter((one) => one.accepted)} />
        </Folded>
      )}
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

/** Variants, each with what was said of it. */
function Variants({ variants }: { variants: SelfTest["conforming"] }): JSX.Element {
  return (
    <ul class="plain">
      {variants.map(({ name, accepted, problem }) => (
        <li key={name}>
          <span class={`sign ${accepted ? "good" : "bad"}`} aria-hidden="true">
            {accepted ? "✓" : "✗"}
          </span>{" "}
          {name}: {accepted ? "accepted" : <b>rejected: {problem ?? "no reason given"}</b>}
        </li>
      ))}
    </ul>
  );
}

/** Some mutants, each with the outcome of every check. */
function MutantsTable({ id, caption, mutants, checks }: {
  id: string;
  caption: string;
  mutants: readonly MutantReport[];
  checks: readonly string[];
}): JSX.Element {
  return (
    <Table
      id={id}
      caption={caption}
      columns={[
        { title: "mutant", sort: null },
        ...checks.map((check) => ({ title: <span class="upright">{check}</span>, sort: null })),
        { title: "result", sort: null },
      ]}
    >
      {mutants.map((mutant) => <MutantRow key={mutant.name} mutant={mutant} checks={checks} />)}
    </Table>
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
          <Sign outcome={byCheck.get(check) ?? "not run"} named={check === killer} />
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

/** The outcome of a check on a mutant: a sign, and in words for those who do not see it. */
function Sign({ outcome, named }: { outcome: MutantOutcome; named: boolean }): JSX.Element {
  const missed = named && outcome === "survived";
  const kind = missed ? "missed" : outcome === "not run" ? "idle" : outcome;
  return (
    <span class={`sign ${kind}${named ? " named" : ""}`}>
      <span aria-hidden="true">{missed ? "✗" : signs[outcome]}</span>
      <span class="unseen">{outcome}{named && ", the check that must find it"}</span>
    </span>
  );
}
