/**
 * The report: one HTML file that needs nothing but itself, not even a network.
 * All of it can be read without JavaScript, which only adds charts and the
 * sorting of tables.
 *
 * @module
 */
import type { JSX } from "preact";
import { cleanResults } from "../results/clean.ts";
import { embeddedJson } from "./csp.ts";
import { htmlDocument } from "./document.tsx";
import type { ExampleLayer } from "./example.ts";
import { formatDate } from "./format.ts";
import type { Results } from "../results/schema.ts";
import { AnswerSection, DetailsSection } from "./sections/answer.tsx";
import { CeilingsSection } from "./sections/ceilings.tsx";
import { Charts } from "./sections/charts.tsx";
import { Contents } from "./sections/contents.tsx";
import { LayerSection } from "./sections/layer.tsx";
import { FailuresSection, Measurements } from "./sections/measurements.tsx";
import { EnvironmentFacts, HowToRead, Kernels } from "./sections/provenance.tsx";
import { NoiseSection } from "./sections/noise.tsx";
import { PublishedFigures } from "./sections/published.tsx";
import { WinnersSection } from "./sections/winners.tsx";
import { winnerMaps } from "../results/winner_map.ts";
import { styleSheet } from "./style.ts";

/** What a report is made of besides the results. */
export interface ReportOptions {
  /** The browser code, safe inside a script element; null for a report without charts, which says so. */
  readonly client: string | null;
  /** The layer in the picture, with its outputs. */
  readonly example: ExampleLayer;
}

const contents = [
  ["answer", "The answer in words"],
  ["layer", "What is computed"],
  ["throughput", "Throughput"],
  ["winners", "Fastest by size"],
  ["ceilings", "Ceilings"],
  ["measurements", "All measurements"],
  ["failures", "Failed and skipped"],
  ["noise", "Noise"],
  ["published", "Published figures"],
  ["kernels", "Kernels"],
  ["environment", "Machine and command"],
  ["reading", "How to read this"],
] as const;

function isThere(id: string, results: Results): boolean {
  const { noise, published = [] } = results;
  if (id === "noise") return noise !== undefined;
  if (id === "winners") return winnerMaps(results).length > 0;
  return id !== "published" || published.length > 0;
}

function Page({ results, client, example }: ReportOptions & { results: Results }): JSX.Element {
  const note = client === null
    ? "This report has no charts, because their browser code could not be bundled when it was " +
      "made. Every number is in the tables."
    : null;
  return (
    <div class="page">
      <a class="skip" href="#main">Skip to the results</a>
      <AnswerSection results={results} />
      <Contents entries={contents.filter(([id]) => isThere(id, results))} />
      <main id="main" tabIndex={-1}>
        <DetailsSection results={results} note={note} />
        <LayerSection results={results} example={example} />
        <Charts results={results} script={client !== null} />
        <WinnersSection results={results} />
        <CeilingsSection results={results} />
        <Measurements results={results} />
        <FailuresSection results={results} />
        <NoiseSection results={results} />
        <PublishedFigures results={results} />
        <Kernels results={results} />
        <EnvironmentFacts results={results} />
        <HowToRead runs={[results]} />
      </main>
      <footer>
        Made by Densemark {results.environment.densemark}{" "}
        from results.json ({results.schema}), which this page contains whole.
      </footer>
    </div>
  );
}

/**
 * The report on `results` as the text of an HTML file. Texts of the results
 * are cleaned and escaped; a policy in the page forbids all that is not its own.
 */
export async function renderReport(results: Results, options: ReportOptions): Promise<string> {
  const clean = cleanResults(results);
  return await htmlDocument({
    title: `Densemark: ${clean.suite}, ${formatDate(clean.date)}`,
    style: styleSheet(),
    body: <Page {...options} results={clean} />,
    ...(options.client === null ? {} : { data: embeddedJson(clean), script: options.client }),
  });
}
