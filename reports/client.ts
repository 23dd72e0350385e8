/**
 * The report's browser code: reads the results from the page, draws the charts
 * and makes the tables sortable. It is bundled with Chart.js, of which it takes
 * only what it uses, when a report is made.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import {
  Chart,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from "chart.js";
import {
  type Configuration,
  type Extent,
  extentOf,
  paint,
  rowHeight,
  sizeChart,
  workloadChart,
} from "./client/charts.ts";
import { makeSortable } from "./client/sort.ts";
import { onThemeChange, readColors } from "./client/theme.ts";
import type { Results } from "../results/schema.ts";
import { bySize, byWorkload, type Series, seriesOf, sharedSeries } from "./series.ts";

Chart.register(
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

/** Draws a chart into its place in the page and shows it; the place stays hidden where something fails. */
function draw(id: string, configuration: Configuration, series: readonly Series[]): void {
  const place = document.querySelector<HTMLElement>(`[data-chart="${id}"]`);
  const canvas = place?.querySelector("canvas");
  if (!place || !canvas) return;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  paint(configuration, series, readColors());
  place.hidden = false;
  let chart: Chart<"scatter", Configuration["data"]["datasets"][number]["data"]>;
  try {
    chart = new Chart(canvas, configuration);
  } catch (error) {
    place.hidden = true;
    throw error;
  }
  onThemeChange(() => {
    paint(chart, series, readColors());
    chart.resize();
    chart.update("none");
  });
  for (const button of place.querySelectorAll<HTMLButtonElement>("button[data-series]")) {
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      const index = series.findIndex((one) => String(one.index) === button.dataset["series"]);
      chart.setDatasetVisibility(index, shown);
      chart.update("none");
    });
  }
}

/** Draws the charts of a run into the places whose names begin with `prefix`. */
function drawRun(
  results: Results,
  series: readonly Series[],
  { prefix, extent }: { prefix: string; extent: Extent },
): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const sizes = bySize(results, series);
  const workloads = byWorkload(results, series);
  if (sizes.rows.length > 1) {
    draw(`${prefix}by-size`, sizeChart(sizes, still, extent), sizes.series);
  }
  if (workloads.series.length === 0) return;
  const id = `${prefix}by-workload`;
  // A row for each workload and room for the axis.
  const canvas = document.getElementById(id)?.parentElement;
  if (canvas) {
    canvas.style.height = `${workloads.rows.length * rowHeight(workloads.series.length) + 70}px`;
  }
  draw(id, workloadChart(workloads, still, extent), workloads.series);
}

makeSortable();
// What is folded away is to be on paper.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as
  | Results
  | { readonly runs: readonly Results[] };
if ("runs" in data) {
  const series = sharedSeries(data.runs);
  const charts = data.runs.map((run, i) => byWorkload(run, series[i]));
  const extent = extentOf(charts);
  for (const [i, run] of data.runs.entries()) {
    drawRun(run, series[i] ?? [], { prefix: `machine-${i + 1}-`, extent });
  }
} else {
  // Each chart of a single run has the axis that suits its own points.
  drawRun(data, seriesOf(data), { prefix: "", extent: null });
}
