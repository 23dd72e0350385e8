/**
 * Compares two result files: each kernel on each workload that both have timed,
 * with an interval and a verdict. Files of different machines or software are
 * not comparable, and the comparison says what differs. Times also differ from
 * run to run, which no number of rounds shows, so an allowance is made for that;
 * small differences show only where both versions are interleaved in one run.
 *
 * @module
 */
import { cleanText, formatList, quote } from "../../common/text.ts";
import type { Verdict } from "../../common/verdicts.ts";
import { median, normalQuantile } from "../../statistics/estimators.ts";
import type { Comparison } from "../../statistics/launches.ts";
import { benjaminiHochberg, holm, judge, unpaired } from "../../statistics/verdicts.ts";
import { fail } from "../../results/fields.ts";
import type { KernelRecord, Pass, Result, Results } from "../../results/schema.ts";
import {
  cellFacts,
  type Difference,
  differencesOf,
  environmentDifferences,
  howItRan,
} from "./differences.ts";

/** The version of the comparison's own format. */
const comparisonSchema = "densemark-comparison/1";

/** What identifies a cell: one kernel on one workload. */
export interface CellName {
  readonly kernel: string;
  readonly workload: string;
  readonly pass: Pass;
  readonly engine: string;
  readonly threads: number;
}

/** A cell that both files have timed. */
export interface ComparedCell extends CellName {
  /** Medians, in seconds. */
  readonly old: number;
  readonly new: number;
  /** The new time as a multiple of the old. */
  readonly ratio: number;
  /** The ratio's interval; null where a file has less than 6 rounds, or where files are not comparable. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** The two-sided p-value of no difference; 1 without an interval. */
  readonly p: number;
  /** The same, corrected for all cells: after Holm for exit codes, after Benjamini and Hochberg for colours. */
  readonly pHolm: number;
  readonly pFalseDiscovery: number;
  readonly verdict: Verdict | "not comparable";
  /** How it ran in another way in the old file: engine, threads or device; absent where it ran alike, as always unless runs are compared across these. */
  readonly differences?: readonly Difference[];
}

/** A cell that is in both files but did not compute the same. */
export interface ChangedCell extends CellName {
  readonly differences: readonly Difference[];
}

/** A cell without a time, because its output was wrong or it failed. */
export interface FailedCell extends CellName {
  readonly file: "old" | "new";
  readonly detail: string;
}

/** Where the figures of a run come from. */
type Origin = Pick<Results, "date" | "command" | "suite" | "rounds" | "partial"> & {
  readonly commit: string | null;
  readonly densemark: string;
};

/** Two result files compared. */
export interface ResultsComparison {
  readonly schema: typeof comparisonSchema;
  readonly old: Origin;
  readonly new: Origin;
  /** Why the files as a whole are not comparable: differences of machine and software. */
  readonly differences: readonly Difference[];
  /** The allowance that was made for two runs, and the difference that matters, both relative. */
  readonly spread: number;
  readonly relevant: number;
  readonly cells: readonly ComparedCell[];
  readonly changed: readonly ChangedCell[];
  readonly onlyOld: readonly CellName[];
  readonly onlyNew: readonly CellName[];
  readonly failed: readonly FailedCell[];
}

/** How to compare. */
export interface CompareOptions {
  /** The standard deviation of one cell's time between runs of one machine, relative. */
  readonly spread: number;
  /** The relative difference that matters. */
  readonly relevant: number;
  /**
   * Whether times are judged although machines or software differ, and a kernel is
   * matched with itself under another engine, with other threads or on another
   * device. Verdicts then say what is faster where, and nothing of the code alone.
   */
  readonly across?: boolean;
}

/** A result with its names. */
interface Cell {
  readonly name: CellName;
  readonly device: string;
  readonly result: Result;
}

/**
 * Compares two result files.
 *
 * @throws {ResultFileError} where a file has two results of the same.
 *
 * @example
 * ```ts
 * import { compareResults } from "./compare.ts";
 * import { sampleResults } from "../../results/sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const old = sampleResults();
 * const faster = { ...old, environment: { ...old.environment, cores: 64 } };
 * const { differences } = compareResults(old, faster, { spread: 0.05, relevant: 0.03 });
 * assertEquals(differences, [{ what: "cores", old: "2", new: "64" }]);
 * ```
 */
export function compareResults(
  old: Results,
  now: Results,
  { spread, relevant, across = false }: CompareOptions,
): ResultsComparison {
  const differences = environmentDifferences(old.environment, now.environment);
  const [before, after] = [cellsOf(old), cellsOf(now)];
  const alone = {
    old: [...before].filter(([key]) => !after.has(key)).map(([, cell]) => cell),
    new: [...after].filter(([key]) => !before.has(key)).map(([, cell]) => cell),
  };
  const paired = new Set<Cell>();
  const changed: ChangedCell[] = [];
  const cells: Omit<ComparedCell, "pHolm" | "pFalseDiscovery">[] = [];
  const level = { floor: Math.max(old.noise?.floor ?? 0, now.noise?.floor ?? 0), relevant };
  const comparable = across || differences.length === 0;
  const pair = (partner: Cell, cell: Cell) => {
    const other = differencesOf(cellFacts(partner), cellFacts(cell));
    const same = across ? other.every(({ what }) => howItRan.includes(what)) : other.length === 0;
    if (!same) changed.push({ ...cell.name, differences: other });
    else {
      cells.push(
        ...compareCells(partner, cell, spread, level, comparable).map((one) =>
          other.length === 0 ? one : { ...one, differences: other }
        ),
      );
    }
  };
  for (const [key, cell] of after) {
    const partner = before.get(key);
    if (partner) pair(partner, cell);
  }
  // The rest may be the same kernel under another engine or with another number of threads.
  const rest = Map.groupBy(alone.old, taskOf);
  for (const cell of [...alone.new]) {
    const partner = nearest(cell, rest.get(taskOf(cell)) ?? []);
    if (!partner) continue;
    rest.set(taskOf(cell), rest.get(taskOf(cell))!.filter((one) => one !== partner));
    pair(partner, cell);
    paired.add(partner).add(cell);
  }
  const p = cells.map((cell) => cell.p);
  const [strict, mild] = [holm(p), benjaminiHochberg(p)];
  return {
    schema: comparisonSchema,
    old: originOf(old),
    new: originOf(now),
    differences,
    spread,
    relevant,
    cells: cells.map((cell, i) => ({
      ...cell,
      pHolm: strict[i] ?? 1,
      pFalseDiscovery: mild[i] ?? 1,
    })),
    changed,
    onlyOld: alone.old.filter((one) => !paired.has(one)).map(({ name }) => name),
    onlyNew: alone.new.filter((one) => !paired.has(one)).map(({ name }) => name),
    failed: [...failedOf("old", before), ...failedOf("new", after)],
  };
}

/** What a kernel did, however it ran. */
function taskOf({ name: { kernel, workload, pass } }: Cell): string {
  return JSON.stringify([kernel, workload, pass]);
}

/** Of those that did the same, the one that ran most alike. */
function nearest({ name, device }: Cell, others: readonly Cell[]): Cell | undefined {
  const distance = (other: Cell) =>
    4 * Number(other.name.engine !== name.engine) + 2 * Number(other.device !== device) +
    Math.abs(Math.log2(other.name.threads / name.threads) || 0) / 16;
  return others.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** Why the files have nothing to compare, or null where they have. */
export function obstacle(old: Results, now: Results, comparison: ResultsComparison): string | null {
  const workloads = ({ results }: Results) => new Set(results.map(({ workload }) => workload));
  const [before, after] = [workloads(old), workloads(now)];
  if (before.isDisjointFrom(after)) {
    const names = (found: Set<string>) =>
      cleanText(formatList([...found].map((name) => cleanText(name, 40))) || "none", 200);
    return `the files have no workload in common: ${names(before)} in the old, ${
      names(after)
    } in the new`;
  }
  if (comparison.differences.length > 0) {
    const what = formatList(comparison.differences.map((difference) => difference.what));
    return `the files are not comparable, they differ in ${what}; ` +
      "compare runs of the same machine and the same Deno";
  }
  if (comparison.cells.length > 0 || comparison.failed.length > 0) return null;
  return "no kernel was timed on the same workload in both files, by the same engine and threads";
}

/** The cells that got slower by more than matters, even after Holm's correction. */
export function regressionsOf({ cells }: ResultsComparison): ComparedCell[] {
  return cells.filter(({ verdict, pHolm }) => verdict === "slower" && pHolm <= 0.05);
}

/** The colour of a line: one only where the verdict holds among all the cells (Benjamini & Hochberg). */
export function colourOf(
  { verdict, pFalseDiscovery }: Pick<ComparedCell, "verdict" | "pFalseDiscovery">,
): "red" | "green" | null {
  if (pFalseDiscovery > 0.05) return null;
  return verdict === "slower" ? "red" : verdict === "faster" ? "green" : null;
}

/**
 * The least relative difference that half of the comparisons would call one: it is beyond half
 * of their intervals, and not below the one that matters. Without intervals it is that of runs
 * whose own rounds agree.
 */
export function leastShown(
  { cells, spread, relevant }: Pick<ResultsComparison, "cells" | "spread" | "relevant">,
): number {
  const halves = cells.flatMap(({ interval }) =>
    interval && interval.high > interval.low ? [Math.log(interval.high / interval.low) / 2] : []
  );
  const half = halves.length > 0 ? median(halves) : normalQuantile(0.975) * Math.SQRT2 * spread;
  return Math.expm1(Math.max(Math.log1p(relevant), half));
}

// Of a result and itself: no run of chance lies between them.
const sameRun: Comparison = {
  estimate: 0,
  low: 0,
  high: 0,
  confidence: 1,
  p: 1,
  rounds: 0,
  launches: 1,
};

/** Whether two results are one and the same measurement. */
function isSame(old: Result, now: Result): boolean {
  return JSON.stringify([old.roundMedians, old.measurements]) ===
      JSON.stringify([now.roundMedians, now.measurements]) && old.roundMedians.length > 0;
}

/** Seconds of each round, by launch; a time of 0 has no logarithm. */
function timesByLaunch({ roundMedians, measurements = [] }: Result): number[][] {
  const counted = measurements.filter(({ replaced }) => replaced === undefined)
    .map(({ launch = 1, samples }) => ({ launch, seconds: median(samples) }))
    .filter(({ seconds }) => seconds > 0);
  const launches = [...Map.groupBy(counted, ({ launch }) => launch).values()];
  return launches.length > 1
    ? launches.map((group) => group.map(({ seconds }) => seconds))
    : [roundMedians.filter((seconds) => seconds > 0)];
}

/** One cell of two runs, as none or one: none where one of them has no time. */
function compareCells(
  { result: old }: Cell,
  { name, result: now }: Cell,
  spread: number,
  level: { readonly floor: number; readonly relevant: number },
  comparable: boolean,
): Omit<ComparedCell, "pHolm" | "pFalseDiscovery">[] {
  if (!old.seconds || !now.seconds) return [];
  const found = isSame(old, now)
    ? sameRun
    : unpaired(timesByLaunch(old), timesByLaunch(now), spread);
  const medians = { old: old.seconds.median, new: now.seconds.median };
  if (!comparable || found.confidence === 0) {
    return [{
      ...name,
      ...medians,
      ratio: medians.new / medians.old,
      interval: null,
      p: 1,
      verdict: comparable ? "inconclusive" : "not comparable",
    }];
  }
  return [{
    ...name,
    ...medians,
    ratio: Math.exp(found.estimate),
    interval: { low: Math.exp(found.low), high: Math.exp(found.high) },
    p: found.p,
    verdict: judge(found, level).verdict,
  }];
}

/** The cells of a file by what identifies them; without A/A controls and other versions of a kernel, which are there for comparisons within the run. */
function cellsOf({ engine, kernels, results }: Results): Map<string, Cell> {
  const records = new Map(kernels.map((record) => [record.name, record]));
  const cells = new Map<string, Cell>();
  for (const [i, result] of results.entries()) {
    const record = records.get(result.kernel);
    if (!record || record.controlOf !== undefined || record.version !== undefined) continue;
    const name = nameOf(record, result, engine);
    const key = JSON.stringify(Object.values(name));
    if (cells.has(key)) {
      fail(
        `results[${i}]`,
        `is a second result of ${quote(name.kernel)} on ${quote(name.workload)}`,
      );
    }
    cells.set(key, { name, device: record.device, result });
  }
  return cells;
}

function nameOf(record: KernelRecord, { workload, pass }: Result, engine: string): CellName {
  return {
    kernel: record.base ?? record.name,
    workload,
    pass,
    engine: record.engine ?? engine,
    threads: record.threads,
  };
}

function failedOf(file: "old" | "new", cells: ReadonlyMap<string, Cell>): FailedCell[] {
  return [...cells.values()].filter(({ result }) => result.verification.status !== "passed")
    .map(({ name, result }) => ({ ...name, file, detail: result.verification.detail }));
}

function originOf({ date, command, suite, rounds, partial, environment }: Results): Origin {
  const { commit, densemark } = environment;
  return { date, command, suite, rounds, partial, commit, densemark };
}
