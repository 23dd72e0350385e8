/**
 * Fills the rows of the table of all numbers with what they open to when they are
 * opened: their samples, and on a long page all else.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { Results } from "../../results/schema.ts";
import { detailsOf, samplesOf } from "../row_details.ts";

function add(list: HTMLElement, [name, text]: readonly [string, string]): void {
  const [term, description] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  description.textContent = text;
  list.append(term, description);
}

/** Fills each row once, with what `results` are when it is opened. */
export function openRows(results: () => Results): void {
  // Caught on the way, since the event goes no further up.
  document.addEventListener("toggle", ({ target }) => {
    if (!(target instanceof HTMLDetailsElement) || !target.classList.contains("row")) return;
    if (!target.open || "filled" in target.dataset) return;
    const run = results();
    const row = target.closest<HTMLElement>("#all tr")?.dataset["row"];
    const result = row === undefined ? undefined : run.results[Number(row)];
    if (!result) return;
    target.dataset["filled"] = "";
    const written = target.querySelector("dl");
    const list = written ?? document.createElement("dl");
    if (!written) {
      for (const one of detailsOf(result, run)) add(list, one);
      target.append(list);
    }
    for (const one of samplesOf(result)) add(list, one);
  }, true);
}
