/**
 * What of a run a view lets through, in one place for the charts, the table of
 * all numbers and what is copied of it: the results of the chosen kernels and
 * of their A/A controls, on the workloads that pass and name leave. Pure functions.
 *
 * @module
 */
import type { Result, Results } from "../../results/schema.ts";
import { firstShown } from "../panels.ts";
import { resultsBy, type Series, type WorkloadKey, workloadsOf } from "../series.ts";
import { sampledWorkloads } from "../steadiness.ts";
import { type Choices, matches, type View } from "./view.ts";

/** What is chosen of a run by views. */
export interface Selection {
  readonly choices: Choices;
  /** The names of the series that a view shows. */
  names(view: View): readonly string[];
  /** Whether a workload is shown. */
  visible(view: View, workload: Pick<WorkloadKey, "pass" | "label">): boolean;
  /** Whether a result's workload is shown, of whatever kernel it is. */
  onVisible(view: View, result: Result): boolean;
  /** The results that a view lets through. */
  shown(view: View): readonly Result[];
  /** The view with one kernel alone, or, where it is alone already, with those of the start; a control stands for its kernel. */
  alone(view: View, name: string): View;
}

/** The selection of a run with these series, the best first. */
export function selectionOf(results: Results, series: readonly Series[]): Selection {
  const first = firstShown(results, series);
  const kernels = series.map(({ name }) => name);
  const known = workloadsOf(results.results);
  const on = resultsBy(results.results);
  const labels = new Map(
    known.flatMap((workload) => on(workload).map((result) => [result, workload.label] as const)),
  );
  const controls = new Map(
    results.kernels.flatMap(({ name, controlOf }) =>
      controlOf === undefined ? [] : [[name, controlOf] as const]
    ),
  );
  const names = (view: View) => view.kernels ?? first;
  const visible: Selection["visible"] = (view, { pass, label }) =>
    matches(view, { pass, name: label });
  const onVisible = (view: View, result: Result) =>
    visible(view, { pass: result.pass, label: labels.get(result) ?? "" });
  return {
    choices: {
      kernels,
      passes: [...new Set(known.map(({ pass }) => pass))],
      workloads: sampledWorkloads(results).map(({ label }) => label),
    },
    names,
    visible,
    onVisible,
    shown(view) {
      const own = new Set(names(view));
      // What has no speed anywhere cannot be chosen, and is there where all are.
      const all = kernels.every((name) => own.has(name));
      return results.results.filter((result) => {
        const name = controls.get(result.kernel) ?? result.kernel;
        return onVisible(view, result) && (own.has(name) || all && !kernels.includes(name));
      });
    },
    alone(view, name) {
      const kernel = controls.get(name) ?? name;
      if (!kernels.includes(kernel)) return view;
      const [only, ...others] = names(view);
      const already = only === kernel && others.length === 0;
      return { ...view, kernels: already ? null : [kernel] };
    },
  };
}
