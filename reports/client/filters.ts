/**
 * The controls above the charts of a single run, the rows of the table of all
 * numbers, and the address of the page: all three say the same.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { Run } from "./run.ts";
import { hashOf, initialView, type View, viewOf } from "./view.ts";

/** A control of the page by what it chooses. */
function control<T extends HTMLElement>(name: string): T | null {
  return document.querySelector<T>(`[data-choose="${name}"]`);
}

/** Shows only those rows of the table that the view lets through, and says how many these are. */
function filterRows(run: Run): void {
  const { results } = run.results();
  const shown = new Set(run.shown());
  for (const row of document.querySelectorAll<HTMLElement>("#all tr[data-row]")) {
    const result = results[Number(row.dataset["row"])];
    row.hidden = result === undefined || !shown.has(result);
  }
  for (const said of document.querySelectorAll("[data-shown]")) {
    said.textContent = `${shown.size} of ${results.length} results shown`;
  }
}

/** Puts the view into the address without an entry in the history, where the browser lets a file do so. */
function setHash(view: View): void {
  const hash = hashOf(view);
  if (location.hash === hash || (hash === "" && viewOf(location.hash, none) === null)) return;
  try {
    history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
  } catch {
    location.replace(hash === "" ? "#" : hash);
  }
}

const none = { kernels: [], passes: [], workloads: [] };

/** Connects controls, table and address with a run; returns what is to hear of another view. */
export function connect(run: Run): () => void {
  const pass = control<HTMLSelectElement>("pass");
  const find = control<HTMLInputElement>("find");
  const samples = control<HTMLSelectElement>("samples");
  const update = () => {
    const view = run.view();
    if (pass) pass.value = view.pass ?? "";
    if (find && find.value !== view.find) find.value = view.find;
    if (samples) samples.value = view.samples ?? run.choices.workloads[0] ?? "";
    filterRows(run);
    setHash(view);
  };
  pass?.addEventListener("change", () => run.show({ ...run.view(), pass: pass.value || null }));
  find?.addEventListener("input", () => run.show({ ...run.view(), find: find.value }));
  samples?.addEventListener("change", () => {
    const { value } = samples;
    run.show({ ...run.view(), samples: value === run.choices.workloads[0] ? null : value });
  });
  document.querySelector("[data-do=reset]")?.addEventListener("click", () => run.show(initialView));
  addEventListener("hashchange", () => {
    const view = viewOf(location.hash, run.choices);
    if (view && hashOf(view) !== hashOf(run.view())) run.show(view);
  });
  for (const place of document.querySelectorAll<HTMLElement>("[data-controls]")) {
    place.hidden = false;
  }
  return update;
}
