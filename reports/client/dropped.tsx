/**
 * Files of other runs given to the page of one, dropped or chosen: each is compared
 * with the page's run at once, by the same parts as a page of two runs has. A file
 * that is no result file gives one line and changes nothing.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { render } from "preact";
import { errorLine } from "../../common/errors.ts";
import { formatCount } from "../../common/numbers.ts";
import { cleanText } from "../../common/text.ts";
import type { Results } from "../../results/schema.ts";
import { compareFile } from "../compare/dropped.ts";
import { headlineOf, type Pair, type Side } from "../compare/findings.ts";
import { ComparisonParts, DifferencesTable } from "../compare/sections.tsx";
import { drawComparison } from "./comparison.ts";
import { makeSortable } from "./sort.ts";

/** The most runs beside the page's own: a letter each. */
const mostRuns = 8;

function Compared({ name, pair }: { name: string; pair: Pair }) {
  return (
    <>
      <h3>{headlineOf(pair)}</h3>
      <p class="run">
        {pair.old.letter}: the run of this page; {pair.now.letter}: {cleanText(name)}
      </p>
      <DifferencesTable id={pair.id} sides={[pair.old, pair.now]} />
      <ComparisonParts pair={pair} script level={4} />
    </>
  );
}

/** Connects the section with the page. */
export function makeComparable(results: Results): void {
  const place = document.querySelector<HTMLElement>("[data-compare]");
  const input = place?.querySelector<HTMLInputElement>("input[type=file]");
  const clear = place?.querySelector<HTMLButtonElement>("[data-do=clear]");
  const said = place?.querySelector<HTMLElement>("[data-said]");
  const refused = place?.querySelector<HTMLElement>("[data-refused]");
  const compared = place?.querySelector<HTMLElement>("[data-compared]");
  const drop = place?.querySelector<HTMLElement>(".drop");
  if (!place || !input || !clear || !said || !refused || !compared || !drop) return;
  place.hidden = false;
  const old: Side = { letter: "A", results };
  // Counts on when all are removed, so that no id comes twice.
  let made = 0;

  const refuse = (text: string) => {
    const item = document.createElement("li");
    item.className = "none";
    item.textContent = text;
    refused.append(item);
  };
  const show = async (file: File) => {
    const shown = compared.childElementCount;
    if (shown >= mostRuns) throw new Error(`at most ${mostRuns} runs stand beside this one`);
    const id = `compare-${++made}`;
    const letter = String.fromCharCode(66 + shown);
    const pair = await compareFile(file, { id, old, letter });
    // A place of its own, which nothing draws a second time: sorting moves what is in it.
    const part = document.createElement("div");
    render(<Compared name={file.name} pair={pair} />, part);
    compared.append(part);
    makeSortable(part);
    drawComparison(pair);
  };
  const take = async (files: readonly File[]) => {
    refused.replaceChildren();
    said.textContent = "Reading …";
    let taken = 0;
    for (const file of files) {
      try {
        await show(file);
        taken++;
      } catch (error) {
        refuse(errorLine(error));
      }
    }
    clear.disabled = compared.childElementCount === 0;
    const left = files.length - taken;
    said.textContent = `${formatCount(taken, "run")} compared${
      left > 0 ? `, ${formatCount(left, "file")} refused` : ""
    }.`;
    input.value = "";
  };
  // One after the other, so that what comes meanwhile waits.
  let turn = Promise.resolve();
  const queue = (files: FileList | undefined) => {
    const list = [...files ?? []];
    if (list.length > 0) turn = turn.then(() => take(list)).catch(reportError);
  };

  input.addEventListener("change", () => queue(input.files ?? undefined));
  clear.addEventListener("click", () => {
    for (const part of compared.children) render(null, part);
    compared.replaceChildren();
    refused.replaceChildren();
    clear.disabled = true;
    said.textContent = "Removed.";
    input.focus();
  });
  // Anywhere on the page: a browser would leave it for the file that was dropped.
  const withFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!withFiles(event)) return;
    event.preventDefault();
    place.closest("section")?.scrollIntoView();
    queue(event.dataTransfer?.files);
  });
}
