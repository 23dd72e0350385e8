/**
 * Writes the whole table of all numbers, with what sorts it and finds its rows,
 * where a long page holds a compact one, when that is unfolded.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { render } from "preact";
import type { Results } from "../../results/schema.ts";
import { MeasurementsTable } from "../sections/measurements.tsx";
import { makeSortable } from "./sort.ts";

/** Puts the whole table where the compact one stands, if it is unfolded; `written` hears of it. */
function writeWhole(results: Results, written: () => void): void {
  const compact = document.querySelector("details[open] table#all.compact")?.closest(".scroll");
  if (!compact) return;
  const frame = document.createElement("div");
  render(<MeasurementsTable results={results} id="all" />, frame);
  makeSortable(frame);
  compact.replaceWith(...frame.childNodes);
  written();
}

/** Writes it with what `results` are then. */
export function writeWhenOpened(results: () => Results, written: () => void): () => void {
  const write = () => writeWhole(results(), written);
  // Caught on the way, since the event goes no further up.
  document.addEventListener("toggle", write, true);
  return write;
}
