/**
 * Runs of any number of machines side by side, as plain data: the name of each,
 * and one table of workloads by machine and kernel. Nothing is averaged over
 * runs; where a number is missing, the reason stands in its place.
 *
 * @module
 */
import { cleanResults } from "../../results/clean.ts";
import { inWords } from "../engine_names.ts";
import { formatList } from "../../common/text.ts";
import { ResultFileError } from "../../results/fields.ts";
import { sidesOf } from "../compare/findings.ts";
import { formatCommit, formatDate, type Throughput } from "../format.ts";
import type { KernelRecord, Result, Results } from "../../results/schema.ts";
import {
  resultsBy,
  type Series,
  sharedSeries,
  speedOf,
  type WorkloadKey,
  workloadsOf,
} from "../series.ts";

/** A run and its name in a merged report. */
export interface Machine {
  /** Its letter, processor, system and architecture; and where several runs share these, what tells it apart. */
  readonly name: string;
  /** Whether other runs share them. */
  readonly alike: boolean;
  /** `machine-1` and so on: the id of its section, and the prefix of the ids in it. */
  readonly id: string;
  /** The run, its texts cleaned. */
  readonly results: Results;
  /** Its kernels, with the same look for the same name on every machine. */
  readonly series: readonly Series[];
}

/** A throughput, or in a few words why there is none. */
export type Cell = Throughput | string;

/** One table of all runs. */
export interface MergedTable {
  /** The kernels that were not skipped, machine by machine. */
  readonly columns: readonly { readonly machine: Machine; readonly kernel: KernelRecord }[];
  readonly rows: readonly { readonly at: WorkloadKey; readonly cells: readonly Cell[] }[];
}

/** The most cells of the table: more would be of no use to a reader, and too much for a browser. */
export const maxCells = 50_000;

/** The machines of some runs, in their order. */
export function machinesOf(runs: readonly Results[]): readonly Machine[] {
  const clean = runs.map((run) => inWords(cleanResults(run)));
  const series = sharedSeries(clean);
  const names = clean.map(({ environment: { cpu, os, arch } }) =>
    `${cpu || "unknown processor"}, ${os.split(" ")[0]} ${arch}`
  );
  const alike = Map.groupBy(names.keys(), (i) => names[i] ?? "");
  const letters = sidesOf(clean).map(({ letter }) => letter);
  return clean.map((results, i) => {
    const name = names[i] ?? "";
    const group = (alike.get(name) ?? []).flatMap((one) => clean[one] ?? []);
    const letter = clean.length > 1 ? `${letters[i]}: ` : "";
    return {
      name: `${letter}${[name, ...apart(results, group)].join(", ")}`,
      alike: group.length > 1,
      id: `machine-${i + 1}`,
      results,
      series: series[i] ?? [],
    };
  });
}

/** What tells a run apart from others of the same machine: date, commit and flags, those that differ. */
function apart(run: Results, group: readonly Results[]): readonly string[] {
  const facts: readonly ((results: Results) => string)[] = [
    ({ date }) => formatDate(date),
    ({ environment: { commit } }) => commit === null ? "no commit" : formatCommit(commit),
    ({ engine }) => engine === "plain" ? "no V8 flags" : engine,
  ];
  return facts.filter((of) => new Set(group.map(of)).size > 1).map((of) => of(run));
}

/**
 * The throughputs of all machines: a row for each workload that any run has, a
 * column for each kernel of each machine that was not skipped.
 *
 * @throws {ResultFileError} where the table would be too large.
 */
export function mergedTable(machines: readonly Machine[]): MergedTable {
  const columns = machines.flatMap((machine) =>
    machine.results.kernels
      .filter(({ unavailable, controlOf }) => unavailable === null && controlOf === undefined)
      .map((kernel) => ({ machine, kernel }))
  );
  const workloads = workloadsOf(machines.flatMap(({ results }) => results.results));
  if (columns.length * workloads.length > maxCells) {
    throw new ResultFileError(
      `the report would have ${workloads.length} workloads by ${columns.length} kernels; at most ` +
        `${maxCells} numbers go into one: merge fewer files`,
    );
  }
  const finders = new Map(machines.map(({ id, results }) => [id, resultsBy(results.results)]));
  const rows = workloads.map((at) => {
    const here = new Map([...finders].map(([id, on]) => [id, on(at)]));
    return {
      at,
      cells: columns.map(({ machine, kernel }) => cellOf(kernel.name, here.get(machine.id) ?? [])),
    };
  });
  return { columns, rows };
}

function cellOf(kernel: string, here: readonly Result[]): Cell {
  if (here.length === 0) return "not in this run";
  const speed = speedOf(kernel, here);
  if (speed !== null) return speed;
  const status = here.find((result) => result.kernel === kernel)?.verification.status;
  switch (status) {
    case "failed":
      return "failed verification";
    case "error":
      return "could not be checked";
    case "passed":
      return "not timed";
    case undefined:
      return "not run";
  }
}

/** What keeps some runs from being compared as a whole: each a sentence. */
export function differences(machines: readonly Machine[]): readonly string[] {
  const suites = new Set(machines.map(({ results }) => results.suite));
  const partial = machines.filter(({ results }) => results.partial).map(({ name }) => name);
  return [
    ...(suites.size > 1
      ? [
        `The runs are of different suites (${formatList([...suites])}), so some workloads are ` +
        "missing from some runs. Run the same suite everywhere to compare all of them.",
      ]
      : []),
    ...(partial.length > 0
      ? [
        `Stopped before the end, so results may be missing: ${partial.join("; ")}. ` +
        "Repeat these runs to have them all.",
      ]
      : []),
  ];
}
