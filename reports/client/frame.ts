/**
 * A chart in its place in the page: drawn anew whenever what is shown or the
 * theme changes, walked through with the arrow keys, saved as a picture.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { Chart } from "chart.js";
import { type Drawing, paint, type Point } from "./points.ts";
import { onPaper, onThemeChange, readColors } from "./theme.ts";

/** What a chart is asked to draw: nothing where null, in which case a sentence says so. */
export type Make = (width: number) => Drawing & { readonly height: number } | null;

/** Hears that a series was chosen in a chart, by its name, or with null that all are to be shown again. */
export type Choose = (name: string | null) => void;

/** A chart in its place. */
export interface Framed {
  readonly canvas: HTMLCanvasElement;
  redraw(): void;
  /** The value of x at so many pixels from the left of the canvas, within the axis; null where nothing is drawn. */
  valueAt(pixel: number): number | null;
}

/** What fits between the margins of A4 and of letter paper. */
const paperWidth = 660;

/** A chart in the place with this name; null where the page has no such place. */
export function frame(id: string, make: Make, choose: Choose): Framed | null {
  const place = document.querySelector<HTMLElement>(`[data-chart="${id}"]`);
  const canvas = place?.querySelector("canvas");
  const box = canvas?.parentElement;
  if (!place || !canvas || !box) return null;
  const said = place.querySelector<HTMLElement>("[role=status]");
  const empty = place.querySelector<HTMLElement>(".empty");
  let chart: Chart<"scatter", Point[]> | null = null;
  let drawing: Drawing | null = null;

  const draw = () => {
    // Paper has a width of its own, to which nothing adapts while it is printed.
    const paper = onPaper();
    const made = make(paper ? paperWidth : box.clientWidth);
    drawing = made;
    box.hidden = made === null;
    if (empty) empty.hidden = made !== null;
    if (made === null) return;
    box.style.height = `${made.height}px`;
    const { style } = canvas;
    style.width = paper ? `${paperWidth}px` : "";
    style.height = paper ? `${made.height}px` : "";
    if (paper) [canvas.width, canvas.height] = [paperWidth, made.height];
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 13;
    paint(made.configuration, made.series, readColors());
    chart = new Chart(canvas, {
      ...made.configuration,
      options: {
        ...made.configuration.options,
        ...(paper ? { responsive: false, devicePixelRatio: 2 } : {}),
        onClick: (_, [found]) => {
          if (found) pick(found.datasetIndex);
        },
      },
    });
  };
  const redraw = () => {
    // What one chart lacks is no reason to take the others from the page.
    try {
      chart?.destroy();
      chart = null;
      place.hidden = false;
      draw();
    } catch (error) {
      place.hidden = true;
      reportError(new Error(`the chart ${id} could not be drawn`, { cause: error }));
    }
  };

  const pick = (dataset: number) => {
    const name = drawing?.series[dataset]?.name;
    if (name !== undefined) choose(name);
  };

  // The points in the order in which the arrow keys go through them: by series, as they stand.
  let at = -1;
  const points = () =>
    (chart?.data.datasets ?? []).flatMap(({ data }, datasetIndex) =>
      data.map((_, index) => ({ datasetIndex, index }))
    );
  const show = (found: { datasetIndex: number; index: number } | undefined) => {
    if (!chart) return;
    const active = found ? [found] : [];
    const spot = found && chart.getDatasetMeta(found.datasetIndex).data[found.index];
    chart.setActiveElements(active);
    chart.tooltip?.setActiveElements(active, spot ? { x: spot.x, y: spot.y } : { x: 0, y: 0 });
    chart.update("none");
    if (!said || !found) return;
    const dataset = chart.data.datasets[found.datasetIndex];
    const point = dataset?.data[found.index];
    said.textContent = dataset && point ? `${point.title}, ${dataset.label}: ${point.text}` : "";
  };
  canvas.addEventListener("keydown", (event) => {
    const list = points();
    const found = list[at];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined && list.length > 0) {
      at = (Math.max(at, step < 0 ? 0 : -1) + step + list.length) % list.length;
      show(list[at]);
    } else if (event.key === "Enter" && found) {
      pick(found.datasetIndex);
      at = -1;
    } else if (event.key === "Escape") {
      at = -1;
      show(undefined);
      choose(null);
    } else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => {
    at = -1;
    show(undefined);
  });
  place.querySelector("[data-do=png]")?.addEventListener("click", () => savePicture(canvas, id));
  onThemeChange(redraw);
  redraw();
  const valueAt = (pixel: number) => {
    const x = chart?.scales["x"];
    if (!x) return null;
    return x.getValueForPixel(Math.min(x.right, Math.max(x.left, pixel))) ?? null;
  };
  return { canvas, redraw, valueAt };
}

/** Saves a chart as it is, on the page's ground, which a canvas does not have. */
function savePicture(canvas: HTMLCanvasElement, name: string): void {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  if (!context) return;
  context.fillStyle = readColors().ground;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  const link = document.createElement("a");
  link.download = `${name}.png`;
  link.href = copy.toDataURL("image/png");
  link.click();
}
