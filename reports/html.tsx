/**
 * The report: one HTML file that needs nothing but itself, not even a network.
 * All of it can be read without JavaScript, which only adds charts and the
 * sorting of tables.
 *
 * @module
 */
import { version } from "../results/version.ts";
import type { JSX } from "preact";
import { cleanResults } from "../results/clean.ts";
import { comparisonStyle } from "./compare/style.ts";
import { embeddedJson } from "./csp.ts";
import { htmlDocument } from "./document.tsx";
import { inWords } from "./engine_names.ts";
import type { ExampleLayer } from "./example.ts";
import { formatDate } from "./format.ts";
import { packed, packedText } from "./pack.ts";
import { shortNumbers } from "./page_data.ts";
import type { Results } from "../results/schema.ts";
import { workloadsHere } from "../browser/workloads.ts";
import { AnswerSection } from "./sections/answer.tsx";
import { BelieveSection } from "./sections/believe.tsx";
import { CeilingsSection } from "./sections/ceilings.tsx";
import { Charts } from "./sections/charts.tsx";
import { CompareSection } from "./sections/compare.tsx";
import { Contents } from "./sections/contents.tsx";
import { HereSection } from "./sections/here.tsx";
import { Measurements } from "./sections/measurements.tsx";
import { Provenance } from "./sections/provenance.tsx";
import { RightSection } from "./sections/right.tsx";
import { WinnersSection } from "./sections/winners.tsx";
import { winnerMaps } from "../results/winner_map.ts";
import { styleSheet } from "./style.ts";

/** What a report is made of besides the results. */
export interface ReportOptions {
  /** The browser code, safe inside a script element; null for a report without charts, which says so. */
  readonly client: string | null;
  /** The program that runs the kernels in the reader's browser; absent for a report that does not offer that. */
  readonly program?: string;
  /** The layer in the picture, with its outputs. */
  readonly example: ExampleLayer;
}

const contents = [
  ["throughput", "Speed"],
  ["winners", "Fastest by size"],
  ["ceilings", "How much is left"],
  ["right", "Is it right"],
  ["believe", "May I believe it"],
  ["here", "Run it here"],
  ["compare", "Compare"],
  ["measurements", "All numbers"],
  ["environment", "Where this comes from"],
] as const;

const noCharts =
  "This report has no charts, because their browser code could not be bundled when " +
  "it was made. Every number is in the tables.";

function Page(
  { results, client, program, example }: ReportOptions & { results: Results },
): JSX.Element {
  const script = client !== null;
  const maps = winnerMaps(results).length > 0;
  const here = script && program !== undefined;
  return (
    <div class="page wide">
      <a class="skip" href="#main">Skip to the charts</a>
      {script && (
        <div class="note without" data-without hidden>
          <span role="status" data-left-out />{" "}
          <button type="button" class="small" data-do="take-back">Take it back</button>
        </div>
      )}
      <AnswerSection results={results} />
      <Contents
        entries={contents.filter((
          [id],
        ) => ({ winners: maps, here, compare: script }[id as string] ?? true))}
      />
      <main id="main" tabIndex={-1}>
        <Charts results={results} script={script} />
        <WinnersSection results={results} />
        <CeilingsSection results={results} script={script} />
        <RightSection results={results} script={script} />
        <BelieveSection results={results} note={script ? null : noCharts} />
        {here && <HereSection results={results} />}
        {script && <CompareSection />}
        <Measurements results={results} script={script} />
        <Provenance results={results} example={example} />
      </main>
      <footer>
        Made by Densemark {version}{" "}
        from results.json ({results.schema}), which this page contains, times at five digits.
      </footer>
    </div>
  );
}

/**
 * The report on `results` as the text of an HTML file. Texts of the results
 * are cleaned and escaped; a policy in the page forbids all that is not its own.
 */
export async function renderReport(results: Results, options: ReportOptions): Promise<string> {
  // With the digits that the page holds, so that what it computes anew is what was there.
  const clean = shortNumbers(inWords(cleanResults(results)));
  const { client, example } = options;
  const program = client !== null && workloadsHere(clean.results).length > 0
    ? options.program
    : undefined;
  return await htmlDocument({
    title: `Densemark: ${clean.suite}, ${formatDate(clean.date)}`,
    style: styleSheet() + comparisonStyle,
    body: (
      <Page
        results={clean}
        client={client}
        example={example}
        {...(program !== undefined && { program })}
      />
    ),
    ...(client === null ? {} : { data: embeddedJson(packed(clean)), script: client }),
    ...(program !== undefined && { program: embeddedJson(packedText(program)) }),
  });
}
