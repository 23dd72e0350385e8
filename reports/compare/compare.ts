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
import { median } from "../../statistics/estimators.ts";
import type { Comparison } from "../../statistics/launches.ts";
import { benjaminiHochberg, holm, judge, unpaired } from "../../statistics/verdicts.ts";
import { fail } from "../../results/fields.ts";
import { formatBytes } from "../../common/units.ts";
import type { Environment, KernelRecord, Pass, Result, Results } from "../../results/schema.ts";

/** The version of the comparison's own format. */
export const comparisonSchema = "densemark-comparison/1";

/** Something that is not the same in both files. */
export interface Difference {
  readonly what: string;
  readonly old: string;
  readonly new: string;
}

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
  { spread, relevant }: CompareOptions,
): ResultsComparison {
  const differences = environmentDifferences(old.environment, now.environment);
  const [before, after] = [cellsOf(old), cellsOf(now)];
  const alone = {
    old: [...before].filter(([key]) => !after.has(key)).map(([, cell]) => cell),
    new: [...after].filter(([key]) => !before.has(key)).map(([, cell]) => cell),
  };
  const changed: ChangedCell[] = [];
  const cells: Omit<ComparedCell, "pHolm" | "pFalseDiscovery">[] = [];
  const level = { floor: Math.max(old.noise?.floor ?? 0, now.noise?.floor ?? 0), relevant };
  for (const [key, cell] of after) {
    const partner = before.get(key);
    if (!partner) continue;
    const other = differencesOf(cellFacts(partner), cellFacts(cell));
    if (other.length > 0) changed.push({ ...cell.name, differences: other });
    else cells.push(...compareCells(partner, cell, spread, level, differences.length === 0));
  }
  // The rest may be the same kernel under another engine or with another number of threads.
  for (const cell of [...alone.new]) {
    const partner = alone.old.find(({ name }) =>
      name.kernel === cell.name.kernel && name.workload === cell.name.workload &&
      name.pass === cell.name.pass
    );
    if (!partner) continue;
    alone.old.splice(alone.old.indexOf(partner), 1);
    alone.new.splice(alone.new.indexOf(cell), 1);
    changed.push({ ...cell.name, differences: differencesOf(cellFacts(partner), cellFacts(cell)) });
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
    onlyOld: alone.old.map(({ name }) => name),
    onlyNew: alone.new.map(({ name }) => name),
    failed: [...failedOf("old", before), ...failedOf("new", after)],
  };
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

/** How machine and software of two runs differ: where they do, times say nothing of the code. */
function environmentDifferences(old: Environment, now: Environment): Difference[] {
  const facts = ({ cpu, cores, arch, os, deno, v8, memory }: Environment) => ({
    processor: cpu,
    cores: String(cores),
    memory: formatBytes(memory),
    architecture: arch,
    "operating system": os,
    Deno: deno,
    V8: v8,
  });
  // The part of the memory that the system reserves varies a little.
  const alike = Math.abs(old.memory - now.memory) <= 0.02 * old.memory;
  const differences = differencesOf(
    facts(old),
    facts(alike ? { ...now, memory: old.memory } : now),
  );
  return [...differences, ...stateDifferences(old, now)];
}

/** How the limits of two runs differ, of what both files say: older ones, and those of other systems, say nothing. */
function stateDifferences(old: Environment, now: Environment): Difference[] {
  const names = [
    ["governor", "governor"],
    ["hypervisor", "hypervisor"],
    ["cpuset", "processors allowed"],
    ["cpuQuota", "processor quota"],
  ] as const;
  return names.flatMap(([key, what]) => {
    const [before, after] = [old[key], now[key]];
    if (before === undefined || after === undefined || before === after) return [];
    return [{ what, old: String(before), new: String(after) }];
  });
}

/** What must be the same of two results: where and what they computed. */
function cellFacts({ name, device, result }: Cell): Record<string, string> {
  const { m, n, k, activation, bias, layers = [], steps = [] } = result;
  return {
    engine: name.engine,
    threads: String(name.threads),
    device,
    "m x n x k": `${m} x ${n} x ${k}`,
    activation,
    bias: String(bias),
    caches: result.cold ? "cold" : "warm",
    layers:
      layers.map(({ n, k, activation, bias = true, rows = 1 }) =>
        `${k} to ${n} ${activation}${bias ? "" : " without bias"}${
          rows === 1 ? "" : ` of ${rows} rows`
        }`
      ).join(", ") || "one",
    steps: steps.join(", ") || "its layers",
  };
}

function differencesOf(
  old: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Difference[] {
  return Object.entries(old).flatMap(([what, value]) =>
    now[what] === value ? [] : [{ what, old: value, new: now[what] ?? "" }]
  );
}

function originOf({ date, command, suite, rounds, partial, environment }: Results): Origin {
  const { commit, densemark } = environment;
  return { date, command, suite, rounds, partial, commit, densemark };
}
