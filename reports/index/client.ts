/**
 * The browser code of the page of past runs: tables that sort, and a search that
 * leaves of runs, trends and steps those with all of its words.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { openTargets } from "../client/folded.ts";
import { makeSortable } from "../client/sort.ts";

/** Connects the field of the search with everything that can be found. */
function makeSearchable(): void {
  const place = document.querySelector<HTMLElement>("[data-search]");
  const input = place?.querySelector("input");
  const said = place?.querySelector("[role=status]");
  if (!place || !input || !said) return;
  const items = [...document.querySelectorAll<HTMLElement>("[data-item]")].map((item) => ({
    item,
    text: `${item.textContent} ${item.dataset["words"] ?? ""}`.toLowerCase(),
  }));
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { item, text } of items) {
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown++;
    }
    // What is found must be seen.
    for (const folded of document.querySelectorAll("details")) {
      folded.open = words.length > 0 && folded.querySelector("[data-item]:not([hidden])") !== null;
    }
    said.textContent = words.length === 0 ? "" : `${shown} of ${items.length} found`;
  });
  place.hidden = false;
}

makeSortable();
openTargets();
makeSearchable();
