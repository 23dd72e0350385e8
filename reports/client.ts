/**
 * The report's browser code: unpacks the results from the page, draws the charts
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
import { writeWhenOpened } from "./client/all_numbers.tsx";
import { connectBrush } from "./client/brush.ts";
import { extentOf } from "./client/charts.ts";
import { drawComparison } from "./client/comparison.ts";
import { makeCopyable } from "./client/copy.ts";
import { makeComparable } from "./client/dropped.tsx";
import { connect } from "./client/filters.ts";
import { firstPainted } from "./client/first.ts";
import { openTargets } from "./client/folded.ts";
import { makeRunnable } from "./client/here.ts";
import { openRows } from "./client/rows.ts";
import { renew } from "./client/renew.tsx";
import { startRun } from "./client/run.ts";
import { makeSortable } from "./client/sort.ts";
import { viewOf } from "./client/view.ts";
import { pairsOf, sidesOf } from "./compare/findings.ts";
import type { Results } from "../results/schema.ts";
import { type Packed, unpacked } from "./packed.ts";
import { byWorkload, seriesOf, sharedSeries } from "./series.ts";

Chart.register(
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

/** One run, whose charts have the axes that suit their own points. */
async function startSingle(results: Results): Promise<void> {
  let update = () => {};
  const run = await startRun(results, seriesOf(results), {
    prefix: "",
    extent: null,
    hash: location.hash,
    changed: (_, anew) => {
      if (anew) renew(anew);
      update();
    },
  });
  const updateControls = connect(run);
  const write = writeWhenOpened(() => run.results(), () => updateControls());
  const updateBrush = connectBrush(results, run.samples, {
    get: () => run.view().without,
    set: (without) => run.show({ ...run.view(), without }),
  });
  update = () => {
    write();
    updateControls();
    updateBrush();
  };
  makeCopyable(() => run.results(), () => run.shown());
  openRows(() => run.results());
  makeRunnable(results, run.compareWith);
  makeComparable(results);
  const view = viewOf(location.hash, run.choices);
  if (view && view.without.length > 0) run.show(view);
  else update();
}

/** Several runs, whose charts have one axis of speed. */
async function startMerged(runs: readonly Results[]): Promise<void> {
  for (const pair of pairsOf(sidesOf(runs))) {
    drawComparison(pair);
    await firstPainted();
  }
  const series = sharedSeries(runs);
  const extent = extentOf(runs.map((run, i) => byWorkload(run, series[i])));
  for (const [i, run] of runs.entries()) {
    await startRun(run, series[i] ?? [], {
      prefix: `machine-${i + 1}-`,
      extent,
      changed: () => {},
    });
  }
}

/** Draws what the page contains. */
async function start(): Promise<void> {
  const text = document.getElementById("data")?.textContent ?? "";
  const data = await unpacked(JSON.parse(text) as Packed) as
    | Results
    | { readonly runs: readonly Results[] };
  if ("runs" in data) await startMerged(data.runs);
  else await startSingle(data);
  // Milliseconds since the page was opened.
  document.documentElement.dataset["drawn"] = performance.now().toFixed(0);
}

makeSortable();
openTargets();
// A failure is the page's error, which its tools show.
start().catch((error: unknown) => {
  for (const place of document.querySelectorAll<HTMLElement>(".chart")) place.hidden = true;
  reportError(error);
});
