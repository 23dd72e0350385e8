import { assertEquals } from "@std/assert";
import { madeRecord, madeResult } from "../../results/result_testing.ts";
import { wholeSample } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { manyKernels, nameOf } from "../many_testing.ts";
import { rankingOf } from "../ranking.ts";
import { seriesOf } from "../series.ts";
import { selectionOf } from "./selection.ts";
import { initialView } from "./view.ts";

function started(run: Results) {
  return selectionOf(run, rankingOf(run, seriesOf(run)).columns);
}

const eight = Array.from({ length: 8 }, (_, place) => nameOf(place));
const control = `${nameOf(0)}-control`;

function kernelsOf(results: Results["results"]): string[] {
  return [...new Set(results.map(({ kernel }) => kernel))].toSorted();
}

Deno.test("selectionOf() shows the six fastest at first, with their controls, in charts and table alike", () => {
  const selection = started(manyKernels(8));
  assertEquals(selection.choices.kernels, eight);
  assertEquals(selection.names(initialView), eight.slice(0, 6));
  const shown = kernelsOf(selection.shown(initialView));
  assertEquals(shown, [...eight.slice(0, 6), control].toSorted());
});

Deno.test("selectionOf() shows everything where all kernels are chosen, also what has no speed anywhere", () => {
  const run = manyKernels(8);
  const failed = madeResult("broken", {
    verification: { status: "failed", detail: "wrong", worst: 2 },
  });
  const whole = {
    ...run,
    kernels: [...run.kernels, madeRecord("broken")],
    results: [...run.results, failed],
  };
  const selection = started(whole);
  const all = { ...initialView, kernels: selection.choices.kernels };
  assertEquals(selection.shown(all), whole.results);
  assertEquals(kernelsOf(selection.shown(initialView)).includes("broken"), false);
  // Nothing has a speed: nothing can be chosen, and nothing is hidden.
  const none = { ...whole, results: [failed] };
  assertEquals(started(none).shown(initialView), [failed]);
});

Deno.test("selectionOf() takes workloads by pass and name from the results of all kernels, controls too", () => {
  const run = manyKernels(8);
  const selection = started(run);
  const square = { ...initialView, find: "SQUARE-64" };
  assertEquals(selection.shown(square).length, 6 + 1);
  assertEquals(new Set(selection.shown(square).map(({ workload }) => workload)).size, 1);
  assertEquals(selection.shown({ ...initialView, find: "zzz" }), []);
  assertEquals(selection.shown({ ...initialView, pass: "training" }), []);
  assertEquals(selection.shown({ ...initialView, kernels: [nameOf(7)] }).length, 12);
});

Deno.test("alone() takes a control for its kernel, and leaves the view where a name cannot be chosen", () => {
  const selection = started(manyKernels(8));
  const view = { ...initialView, find: "jet" };
  const alone = { ...view, kernels: [nameOf(0)] };
  assertEquals(selection.alone(view, nameOf(0)), alone);
  assertEquals(selection.alone(view, control), alone);
  assertEquals(selection.alone(alone, control), view);
  assertEquals(selection.alone(view, "unknown"), view);
  assertEquals(selection.alone(alone, nameOf(1)), { ...view, kernels: [nameOf(1)] });
});

Deno.test("alone() never chooses a name that the address would not keep", () => {
  const run = wholeSample();
  const selection = started(run);
  for (const { name } of run.kernels) {
    const { kernels } = selection.alone(initialView, name);
    for (const one of kernels ?? []) assertEquals(selection.choices.kernels.includes(one), true);
  }
});
