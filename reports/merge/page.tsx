/**
 * The merged report: the runs of several machines, and files of other tools,
 * in one self-contained page; one table of everything, then a section for each
 * machine with its own charts, all on the same axis.
 *
 * @module
 */
import type { JSX } from "preact";
import { embeddedJson } from "../csp.ts";
import { htmlDocument } from "../document.tsx";
import { formatCount } from "../../common/numbers.ts";
import { cleanForeign } from "../interop/foreign.ts";
import { Contents } from "../sections/contents.tsx";
import { packed } from "../packed.ts";
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

function titleOf(machines: readonly Machine[]): string {
  if (machines.length === 0) return "What other tools measured";
  if (machines.length === 1) return "How fast is a Dense layer here?";
  // Runs with the same name may be of one machine.
  return machines.some(({ alike }) => alike)
    ? `How fast is a Dense layer? ${machines.length} runs side by side`
    : `How fast is a Dense layer on ${machines.length} machines?`;
}

function Page({ machines, table, foreign, script }: {
  machines: readonly Machine[];
  table: MergedTable;
  foreign: readonly ForeignFile[];
  script: boolean;
}): JSX.Element {
  const contents = [
    ...(machines.length > 0 ? [["all", "All machines"] as const] : []),
    ...machines.map(({ id, name }) => [id, name] as const),
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
        <h1>{titleOf(machines)}</h1>
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
              not measured side by side, so the intervals say nothing about differences between
              them. A kernel has the same colour and marker in all charts, and all charts of
              throughput have the same axis.
            </dd>
          </HowToRead>
        )}
      </main>
      <footer>
        Made by Densemark{machines.length > 0 &&
          " from result files, which this page contains whole"}.
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
  const foreign = merged.foreign.map(({ file, run }) => ({ file, run: cleanForeign(run) }));
  return await htmlDocument({
    title: `Densemark: ${titleOf(machines)}`,
    style: styleSheet() + mergedStyle,
    body: (
      <Page
        machines={machines}
        table={mergedTable(machines)}
        foreign={foreign}
        script={client !== null}
      />
    ),
    ...(client === null ? {} : {
      data: embeddedJson(await packed({ runs: machines.map(({ results }) => results) })),
      script: client,
    }),
  });
}
