/**
 * The page of a mutation test: one HTML file that needs nothing but itself, and
 * no script at all. The answer comes first, then the rates and the survivors.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../common/numbers.ts";
import { survivors } from "../../results/mutation/outcome.ts";
import type { Mutation } from "../../results/mutation/schema.ts";
import { calibrationStyle } from "../calibration/style.ts";
import { htmlDocument } from "../document.tsx";
import { formatDate } from "../format.ts";
import { Contents } from "../sections/contents.tsx";
import { Heading } from "../sections/heading.tsx";
import { styleSheet } from "../style.ts";
import { answers } from "./findings.ts";
import {
  EnvironmentSection,
  HowToRead,
  InvalidSection,
  MutantTable,
  RatesSection,
} from "./sections.tsx";

const contents: readonly (readonly [string, string])[] = [
  ["rates", "Kill rates"],
  ["survivors", "Survivors"],
  ["equivalent", "Equivalent mutants"],
  ["invalid", "What did not count"],
  ["environment", "Machine and command"],
  ["reading", "How to read this"],
];

function Page({ mutation }: { mutation: Mutation }): JSX.Element {
  const { environment, date, mutants, rates, schema } = mutation;
  const { open, equivalent } = survivors(mutants);
  return (
    <div class="page">
      <a class="skip" href="#main">Skip to the results</a>
      <Heading
        kicker="Densemark mutation test"
        title="How many broken kernels does the verifier find?"
        what={formatCount(mutants.length, "mutant")}
        environment={environment}
        date={date}
        answers={answers(mutation)}
      />
      <Contents entries={contents} />
      <main id="main" tabIndex={-1}>
        <RatesSection rates={rates} />
        <section aria-labelledby="survivors">
          <h2 id="survivors">Survivors</h2>
          {open.length === 0 ? <p>None without a reason.</p> : (
            <MutantTable
              id="survivors-table"
              caption="Mutants that every check took for right, and that are not explained"
              mutants={open}
            />
          )}
        </section>
        <section aria-labelledby="equivalent">
          <h2 id="equivalent">Equivalent mutants</h2>
          {equivalent.length === 0 ? <p>None.</p> : (
            <MutantTable
              id="equivalent-table"
              caption="Mutants that no check can kill, with the reason"
              mutants={equivalent}
            />
          )}
        </section>
        <InvalidSection mutants={mutants} />
        <EnvironmentSection mutation={mutation} />
        <HowToRead />
      </main>
      <footer>
        Made by Densemark {environment.densemark} from mutation.json ({schema}).
      </footer>
    </div>
  );
}

/** The page of a mutation test as the text of an HTML file; a policy in the page forbids all that is not its own. */
export function renderMutation(mutation: Mutation): Promise<string> {
  return htmlDocument({
    title: `Densemark mutation test, ${formatDate(mutation.date)}`,
    style: styleSheet() + "\n" + calibrationStyle(),
    body: <Page mutation={mutation} />,
  });
}
