/**
 * Leaves a stretch of the run's time out: drawn over the samples with the mouse or
 * a finger, or typed as two numbers; and takes all of them back.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { countWithin, type Stretch } from "../../browser/recompute.ts";
import { formatWhole } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import type { Framed } from "./frame.ts";
import { stretchText } from "./view.ts";

/** A press that moves less than this is a click. */
const leastPixels = 5;

/** Has `found` hear of each stretch that is drawn over a chart. */
function makeBrushable({ canvas, valueAt }: Framed, found: (stretch: Stretch) => void): void {
  const box = canvas.parentElement;
  if (!box) return;
  const shade = document.createElement("div");
  shade.className = "brush";
  shade.hidden = true;
  box.append(shade);
  let start: number | null = null;
  let dragged = false;
  const xOf = ({ clientX }: PointerEvent) => clientX - canvas.getBoundingClientRect().left;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = xOf(event);
    dragged = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const at = xOf(event);
    if (!dragged && Math.abs(at - start) < leastPixels) return;
    if (!dragged) canvas.setPointerCapture(event.pointerId);
    dragged = true;
    shade.hidden = false;
    shade.style.left = `${Math.min(at, start)}px`;
    shade.style.width = `${Math.abs(at - start)}px`;
  });
  const end = (event: PointerEvent, whole: boolean) => {
    const from = start;
    start = null;
    shade.hidden = true;
    if (!whole || !dragged || from === null) return;
    const [a, b] = [valueAt(from), valueAt(xOf(event))];
    if (a !== null && b !== null) found({ from: Math.min(a, b), to: Math.max(a, b) });
  };
  canvas.addEventListener("pointerup", (event) => end(event, true));
  canvas.addEventListener("pointercancel", (event) => end(event, false));
  // What was drawn is no click on a mark.
  box.addEventListener("click", (event) => {
    if (dragged) event.stopPropagation();
    dragged = false;
  }, true);
}

/** Connects chart, numbers and buttons with the stretches that are left out; returns what is to hear of others. */
export function connectBrush(
  results: Results,
  chart: Framed | null,
  { get, set }: { get: () => readonly Stretch[]; set: (stretches: readonly Stretch[]) => void },
): () => void {
  const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector);
  const [from, to] = [
    find<HTMLInputElement>("[data-choose=from]"),
    find<HTMLInputElement>("[data-choose=to]"),
  ];
  const [note, told] = [find("[data-without]"), find("[data-left-out]")];
  const add = (stretch: Stretch) => {
    if (stretchText(stretch) !== null) set([...get(), stretch]);
  };
  if (chart) makeBrushable(chart, add);
  find("[data-do=leave-out]")?.addEventListener("click", () => {
    const [a, b] = [from?.valueAsNumber ?? NaN, to?.valueAsNumber ?? NaN];
    const said = find("[data-brush-said]");
    const good = a >= 0 && b > a && stretchText({ from: a, to: b }) !== null;
    if (said) said.textContent = good ? "" : "Give two seconds of the run, the earlier first.";
    if (good) add({ from: a, to: b });
  });
  find("[data-do=take-back]")?.addEventListener("click", () => {
    set([]);
    from?.focus();
  });
  return () => {
    const stretches = get();
    if (note) note.hidden = stretches.length === 0;
    if (!told || stretches.length === 0) return;
    const { within, all } = countWithin(results, stretches);
    const texts = stretches.map((one) => `${stretchText(one)?.replace("-", "–")} s`).join(", ");
    told.textContent =
      `Without ${texts} of the run: ${formatWhole(within)} of ${
        formatWhole(all)
      } measurements are left out. Title, matrix, charts, tables and noise are computed anew; ` +
      "first calls, warm-up, single calls and ceilings are of the whole run.";
  };
}
