/**
 * The charts of one run and what chooses what they show: the buttons of its
 * kernels, and, where the page has them, the pass, a part of a name and the
 * workload of the samples.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { Result, Results } from "../../results/schema.ts";
import { checkedCeilings } from "../../results/ceilings.ts";
import { lanesBeside, placedBeside, withBrowser } from "../here/beside.ts";
import { without } from "../../browser/recompute.ts";
import { kernelsHere } from "../../browser/protocol.ts";
import { rangeOf } from "../../statistics/estimators.ts";
import { baseOf, looksOf } from "../looks.ts";
import { placedOf } from "../ceilings.ts";
import { heights, lanesHeight, leastWarmUp, linesHeight, rowsHeight } from "../heights.ts";
import { heightOf, panelsOf, rowsOfPanel } from "../panels.ts";
import { rankingOf } from "../ranking.ts";
import type { ChartData, Series } from "../series.ts";
import { controlsOf, momentsOf, sampledWorkloads, warmupsOf } from "../steadiness.ts";
import { sizeChart, workloadChart } from "./charts.ts";
import { firstPainted } from "./first.ts";
import { frame, type Framed, type Make } from "./frame.ts";
import type { Extent } from "./points.ts";
import { accuracyChart, rooflineChart } from "./roofline.ts";
import { controlsChart, mostWarmups, samplesChart, warmupChart } from "./steadiness.ts";
import { selectionOf } from "./selection.ts";
import { type Choices, hashOf, initialView, type View, viewOf } from "./view.ts";

/** The state of a run's part of the page. */
export interface Run {
  readonly choices: Choices;
  /** The chart of the samples; null where the page has none. */
  readonly samples: Framed | null;
  /** The run as it is shown: without what was left out. */
  readonly results: () => Results;
  readonly view: () => View;
  /** Shows something else, in all charts at once. */
  show(view: View): void;
  /** The results that the view lets through. */
  shown(): readonly Result[];
  /** Draws what was found in this browser beside the run; null for nothing. */
  compareWith(here: Results | null): void;
}

/** All that follows from results, however much of a run they are. */
function partsOf(results: Results, inFile: readonly Series[]) {
  // The best one first, in charts as in the matrix.
  const order = rankingOf(results, inFile).columns.map(({ name }) => name);
  const series = inFile.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const ceilings = checkedCeilings(results.ceilings ?? [], results);
  return {
    results,
    series,
    selection: selectionOf(results, series),
    panels: panelsOf(results, series),
    ceilings,
    placed: placedOf({ ...results, ceilings }, series),
    controls: controlsOf(results),
  };
}

/** Pixels for the names at the ends of lines: what the longest takes, but no more than a part of the chart. */
function roomOf(width: number, series: readonly Series[]): number {
  const longest = Math.max(0, ...series.map(({ name }) => name.length));
  return Math.round(Math.min(30 + 8.6 * longest, width < 520 ? 0.38 * width : 0.4 * width));
}

/** Draws a run into the places whose names begin with `prefix`: the first chart, which is painted before the others are drawn. */
export async function startRun(whole: Results, inFile: readonly Series[], {
  prefix,
  extent,
  hash = "",
  changed,
}: {
  prefix: string;
  extent: Extent;
  /** Whose view is shown at first; but what it leaves out is not, since all else on the page has it. */
  hash?: string;
  /** Hears of every other view, and of other results where there are any. */
  changed: (view: View, anew: Results | null) => void;
}): Promise<Run> {
  let now = partsOf(whole, inFile);
  const { choices } = now.selection;
  const sampled = sampledWorkloads(whole);
  let view: View = { ...(viewOf(hash, choices) ?? initialView), without: [] };
  let here: Results | null = null;

  const names = () => now.selection.names(view);
  const chosen = () => now.series.filter(({ name }) => names().includes(name));
  const some = <Row>(data: ChartData<Row>, rows = (_: Row) => true): ChartData<Row> => {
    const own = chosen();
    const at = own.map(({ name }) => data.series.findIndex((one) => one.name === name));
    return {
      series: own,
      rows: data.rows.filter((row) => rows(row.at)).map((row) => ({
        at: row.at,
        cells: at.map((i) => row.cells[i] ?? null),
      })).filter(({ cells }) => cells.some((cell) => cell !== null)),
    };
  };

  const looks = looksOf([...whole.kernels.map(baseOf), ...kernelsHere]);
  const redraws: (() => void)[] = [];
  const choose = (kernel: string | null) =>
    run.show(kernel === null ? { ...view, kernels: null } : now.selection.alone(view, kernel));
  const draw = async (id: string, make: Make) => {
    const made = frame(`${prefix}${id}`, make, choose);
    if (made) redraws.push(made.redraw);
    // A reader has the first one while the others are drawn.
    await firstPainted();
    return made;
  };

  const run = {
    choices,
    samples: null as Framed | null,
    results: () => now.results,
    view: () => view,
    show(next: View) {
      const other = hashOf({ ...initialView, without: next.without }) !==
        hashOf({ ...initialView, without: view.without });
      view = next;
      if (other) now = partsOf(without(whole, view.without), inFile);
      // Sections first, since charts are drawn into them.
      changed(view, other ? now.results : null);
      for (const redraw of redraws) redraw();
      press();
    },
    shown: () => now.selection.shown(view),
    compareWith(found: Results | null) {
      here = found;
      for (const redraw of redraws) redraw();
    },
  };

  const buttons = document.querySelectorAll<HTMLButtonElement>(
    `[data-kernels="${prefix}"] button[data-series]`,
  );
  const nameOf = (button: HTMLButtonElement) =>
    inFile[Number(button.dataset["series"])]?.name ?? "";
  const press = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(names().includes(nameOf(button))));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const name = nameOf(button);
      const next = names().includes(name)
        ? names().filter((one) => one !== name)
        : [...names(), name];
      run.show({ ...view, kernels: next.length === 0 ? [name] : next });
    });
  }
  const presets = document.querySelectorAll<HTMLButtonElement>(
    `[data-kernels="${prefix}"] button[data-preset]`,
  );
  for (const button of presets) {
    const all = button.dataset["preset"] === "all";
    button.addEventListener(
      "click",
      () => run.show({ ...view, kernels: all ? choices.kernels : null }),
    );
  }
  press();

  for (const { id } of now.panels) {
    await draw(id, (width) => {
      const panel = now.panels.find((one) => one.id === id);
      if (!panel) return null;
      const own = some(panel.data, (workload) => now.selection.visible(view, workload));
      const data = here === null
        ? own
        : withBrowser(own, { run: now.results, here, looks, shown: names() });
      if (data.rows.length === 0) return null;
      const configuration = panel.kind === "sizes"
        ? sizeChart(data, extent, roomOf(width, data.series))
        : workloadChart(data, extent);
      return { configuration, series: data.series, height: heightOf({ ...panel, data }) };
    });
  }
  await draw("roofline", () => {
    const placed = now.placed.filter(({ result }) =>
      now.selection.onVisible(view, result) && names().includes(result.kernel)
    );
    const own = chosen().filter(({ name }) => placed.some(({ result }) => result.kernel === name));
    if (own.length === 0) return null;
    const beside = here === null ? [] : placedBeside(placed, { run: now.results, here, looks });
    const series = [...own, ...new Set(beside.map((one) => one.series))];
    return {
      configuration: rooflineChart([...placed, ...beside], now.ceilings, series),
      series,
      height: heights.roofline,
    };
  });
  await draw("accuracy", () => {
    const here = now.results.results.filter((one) =>
      now.selection.onVisible(view, one) && names().includes(one.kernel)
    );
    const own = chosen().filter(({ name }) =>
      here.some((one) => one.kernel === name && one.verification.worst !== null && one.gflops)
    );
    if (own.length === 0) return null;
    return { configuration: accuracyChart(here, own), series: own, height: heights.accuracy };
  });
  await draw("controls-chart", () => {
    const { series, rows } = now.controls;
    const some = { series, rows: rows.slice(0, rowsOfPanel) };
    if (some.rows.length === 0) return null;
    return { configuration: controlsChart(some), series, height: rowsHeight(some.rows.length) };
  });
  const workload = () => sampled.find(({ label }) => label === view.samples) ?? sampled[0];
  run.samples = await draw("samples", () => {
    const at = workload();
    const moments = at ? momentsOf(whole, at, chosen(), view.without, now.results) : [];
    const own = chosen().filter((_, i) => (moments[i]?.length ?? 0) > 0);
    if (own.length === 0 || !at) return null;
    const lanes = moments.filter((one) => one.length > 0);
    const { min: from, max: to } = rangeOf(lanes.flat().map((one) => one.at));
    const beside = here === null
      ? []
      : lanesBeside(at, { run: now.results, here, looks, shown: names(), from, to });
    const series = [...own, ...beside.map((one) => one.series)];
    return {
      configuration: samplesChart(
        series,
        [...lanes, ...beside.map((one) => one.moments)],
        view.without,
      ),
      series,
      height: lanesHeight(series.length),
    };
  });
  await draw("warm-up", (width) => {
    const at = workload();
    const traces = at ? warmupsOf(now.results, at, chosen()) : [];
    const all = chosen().map((one, i) => ({ one, trace: traces[i] ?? [] }))
      .filter(({ trace }) => trace.length > 1);
    if (all.length === 0) return null;
    const some = all.slice(0, mostWarmups);
    const own = some.map(({ one }) => one);
    return {
      configuration: warmupChart(own, some.map(({ trace }) => trace), {
        room: roomOf(width, own),
        of: all.length,
      }),
      series: own,
      height: linesHeight(leastWarmUp, own.length),
    };
  });
  return run;
}
