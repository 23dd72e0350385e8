/**
 * The page of several runs, and of files of other tools, self-contained: what the
 * runs differ in, how each compares with the first, one table of everything, then
 * a section for each run with its own charts, all on the same axis.
 *
 * @module
 */
import type { JSX } from "preact";
import { headlineOf, type Pair, pairsOf, type Side, sidesOf } from "../compare/findings.ts";
import { ComparisonParts, DifferencesTable } from "../compare/sections.tsx";
import { comparisonStyle } from "../compare/style.ts";
import { embeddedJson } from "../csp.ts";
import { htmlDocument } from "../document.tsx";
import { formatCount } from "../../common/numbers.ts";
import { cleanForeign } from "../interop/foreign.ts";
import { Contents } from "../sections/contents.tsx";
import { packed } from "../pack.ts";
import { shortNumbers } from "../page_data.ts";
import { HowToRead } from "../sections/provenance.tsx";
import { styleSheet } from "../style.ts";
import {
  differences,
  type Machine,
  machinesOf,
  type MergedTable,
  mergedTable,
} from "./machines.ts";
import type { ForeignFile, Merged } from "./merged.ts";
import { AllMachines } from "./sections/all.tsx";
import { ForeignSection } from "./sections/foreign.tsx";
import { Badge, MachineSection } from "./sections/machine.tsx";
import { mergedStyle } from "./style.ts";
import { answer } from "../findings.ts";

/** The answer of two runs; of more, what the page is of. */
function titleOf(sides: readonly Side[], pairs: readonly Pair[]): string {
  const [pair, ...more] = pairs;
  if (pair && more.length === 0) return headlineOf(pair);
  if (pair) return `How ${formatCount(pairs.length, "run")} differ from run A`;
  return sides.length === 0 ? "What other tools measured" : "How fast is a Dense layer here?";
}

function titleOfPair({ old, now }: Pair): string {
  return `${now.letter} against ${old.letter}`;
}

function Page({ sides, pairs, machines, table, foreign, script }: {
  sides: readonly Side[];
  pairs: readonly Pair[];
  machines: readonly Machine[];
  table: MergedTable;
  foreign: readonly ForeignFile[];
  script: boolean;
}): JSX.Element {
  const contents = [
    ...(pairs.length > 0 ? [["differences", "What differs"] as const] : []),
    ...pairs.map((pair) => [pair.id, titleOfPair(pair)] as const),
    ...(machines.length > 0 ? [["all", "All runs"] as const] : []),
    // What a letter stands for is said above and below.
    ...machines.map(({ id, name }, i) =>
      [id, machines.length > 1 ? `Run ${sides[i]?.letter}` : name] as const
    ),
    ...(foreign.length > 0 ? [["foreign", "Other tools"] as const] : []),
    ...(machines.length > 0 ? [["reading", "How to read this"] as const] : []),
  ];
  const notes = [
    ...differences(machines),
    ...(script || machines.length === 0 ? [] : [
      "This report has no charts, because their browser code could not be bundled when it was " +
      "made. Every number is in the tables.",
    ]),
  ];
  return (
    <div class="page wide">
      <a class="skip" href="#main">Skip to the results</a>
      <header>
        <p class="kicker">Densemark report</p>
        <h1>{titleOf(sides, pairs)}</h1>
        <p class="run">
          {[
            ...(machines.length > 0 ? [`${formatCount(machines.length, "run")} of Densemark`] : []),
            ...(foreign.length > 0
              ? [`${formatCount(foreign.length, "file")} of other tools`]
              : []),
          ].join(" and ")}; nothing is averaged over them.
        </p>
        {machines.length > 0 && (
          <div class="answer">
            {pairs.length > 1 && pairs.map((pair) => (
              <p key={pair.id}>
                <a href={`#${pair.id}`}>{titleOfPair(pair)}</a>: {headlineOf(pair)}.
              </p>
            ))}
            {machines.map(({ id, name, results }) => (
              <p key={id}>
                <a href={`#${id}`}>{name}</a>: {answer(results)[0]} <Badge results={results} />
              </p>
            ))}
          </div>
        )}
        {notes.map((text, i) => <p key={i} class="note">{text}</p>)}
      </header>
      <Contents entries={contents} />
      <main id="main" tabIndex={-1}>
        {pairs.length > 0 && (
          <section aria-labelledby="differences">
            <h2 id="differences">What differs between the runs</h2>
            <DifferencesTable id="runs" sides={sides} />
          </section>
        )}
        {pairs.map((pair) => (
          <section key={pair.id} aria-labelledby={pair.id}>
            <h2 id={pair.id}>{titleOfPair(pair)}</h2>
            <ComparisonParts pair={pair} script={script} level={3} />
          </section>
        ))}
        {machines.length > 0 && <AllMachines table={table} script={script} />}
        {machines.map((machine) => (
          <MachineSection key={machine.id} machine={machine} script={script} />
        ))}
        {foreign.length > 0 && <ForeignSection files={foreign} />}
        {machines.length > 0 && (
          <HowToRead runs={machines.map(({ results }) => results)}>
            <dt>Machines</dt>
            <dd>
              Each run has the machine, software and engine that it names. Different machines were
              not measured side by side: intervals of a comparison allow for what two runs of one
              machine differ by, and verdicts are those of{" "}
              <code>deno task compare</code>. Equivalent is the same as far as 3 % matter,
              inconclusive what cannot be said. A kernel has the same colour and marker in all
              charts, and all charts of throughput have the same axis.
            </dd>
          </HowToRead>
        )}
      </main>
      <footer>
        Made by Densemark{machines.length > 0 &&
          " from result files, which this page contains, times at five digits"}.
      </footer>
    </div>
  );
}

/**
 * The merged report as the text of an HTML file. `client` is the browser code,
 * or null for a report without charts, which says so.
 *
 * @throws {ResultFileError} where the runs are too many to show.
 */
export async function renderMerged(merged: Merged, client: string | null): Promise<string> {
  const machines = machinesOf(merged.runs);
  const sides = sidesOf(machines.map(({ results }) => results));
  const pairs = pairsOf(sides);
  const foreign = merged.foreign.map(({ file, run }) => ({ file, run: cleanForeign(run) }));
  return await htmlDocument({
    title: `Densemark: ${titleOf(sides, pairs)}`,
    style: styleSheet() + mergedStyle + comparisonStyle,
    body: (
      <Page
        sides={sides}
        pairs={pairs}
        machines={machines}
        table={mergedTable(machines)}
        foreign={foreign}
        script={client !== null}
      />
    ),
    ...(client === null ? {} : {
      // For charts alone: nothing of the text is computed anew.
      data: embeddedJson(packed({ runs: machines.map(({ results }) => shortNumbers(results)) })),
      script: client,
    }),
  });
}
