/**
 * What a comparison of two runs says, as plain data for its page: the answer in a
 * line, a grid of workloads by kernels, and what the runs differ in. Verdicts and
 * intervals are those of `deno task compare`; here a ratio is a speed, so that
 * more is better.
 *
 * @module
 */
import { formatCount, formatRatio } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import { workloadName } from "../../results/query.ts";
import type { Results } from "../../results/schema.ts";
import { geometricMean } from "../../statistics/estimators.ts";
import { relevantDifference, unknownSpread } from "../../statistics/verdicts.ts";
import { baseOf, looksOf } from "../looks.ts";
import type { Series } from "../series.ts";
import { type CellName, type ComparedCell, compareResults } from "./compare.ts";
import type { ResultsComparison } from "./compare.ts";

/** A run and the letter that it has on its page. */
export interface Side {
  readonly letter: string;
  readonly results: Results;
}

/** Two runs compared. */
export interface Pair {
  /** What ids of its part of the page begin with. */
  readonly id: string;
  readonly old: Side;
  readonly now: Side;
  readonly comparison: ResultsComparison;
}

/** Compares two runs of any machines and engines. */
export function pairOf(id: string, old: Side, now: Side): Pair {
  const comparison = compareResults(old.results, now.results, {
    spread: unknownSpread,
    relevant: relevantDifference,
    across: true,
  });
  return { id, old, now, comparison };
}

/** The runs of a page by their letters: A to Z, then numbers. */
export function sidesOf(runs: readonly Results[]): readonly Side[] {
  return runs.map((results, i) => ({
    letter: i < 26 ? String.fromCharCode(65 + i) : `run ${i + 1}`,
    results,
  }));
}

/** The first run beside each of the others. */
export function pairsOf([first, ...others]: readonly Side[]): readonly Pair[] {
  return first ? others.map((now, i) => pairOf(`compare-${i + 1}`, first, now)) : [];
}

/** How many times as fast as before, with its interval. */
export interface Speed {
  readonly value: number;
  /** Null where the runs have too few rounds for one. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** The ratio of times turned into one of speeds. */
export function speedOf({ ratio, interval }: Pick<ComparedCell, "ratio" | "interval">): Speed {
  return {
    value: 1 / ratio,
    interval: interval && { low: 1 / interval.high, high: 1 / interval.low },
  };
}

/** A kernel in one way of running it, in both runs. */
export interface Column {
  readonly series: Series;
  /** What differs in how it ran, as "engine: plain in A, --flag in B"; empty where nothing does. */
  readonly how: string;
  readonly cells: readonly ComparedCell[];
}

/** Workloads by kernels. */
export interface Grid {
  readonly columns: readonly Column[];
  readonly rows: readonly {
    readonly label: string;
    readonly cells: readonly (ComparedCell | null)[];
  }[];
}

/** How a cell's kernel ran in both runs, where that differs. */
export function howOf({ differences = [] }: ComparedCell, { old, now }: Pair): string {
  return differences.map((one) =>
    `${one.what}: ${one.old} in ${old.letter}, ${one.new} in ${now.letter}`
  ).join("; ");
}

/** The cells of a comparison as a grid; kernels with the most verdicts of faster or slower first, else in the order of the newer file. */
export function gridOf(pair: Pair): Grid {
  const { cells } = pair.comparison;
  const { old, now } = pair;
  const looks = looksOf([old, now].flatMap(({ results }) => results.kernels.map(baseOf)));
  const peers = new Set(
    now.results.kernels.filter(({ peer }) => peer).map((record) => baseOf(record)),
  );
  const decided = (group: readonly ComparedCell[]) =>
    group.filter(({ verdict }) => verdict === "faster" || verdict === "slower").length;
  const groups = [
    ...Map.groupBy(
      cells,
      (cell) => JSON.stringify([cell.kernel, cell.engine, cell.threads, howOf(cell, pair)]),
    ).values(),
  ].toSorted((a, b) => decided(b) - decided(a));
  const firsts = groups.flatMap(([first]) => first ?? []);
  const names = namesOf(firsts);
  const columns = groups.map((group, i): Column => {
    const { kernel, engine } = group[0]!;
    const flagged = firsts.some((one) => one.kernel === kernel && one.engine !== "plain");
    return {
      series: {
        name: names[i] ?? kernel,
        peer: peers.has(kernel),
        index: looks.get(kernel) ?? 0,
        hollow: engine === "plain" && flagged,
      },
      how: howOf(group[0]!, pair),
      cells: group,
    };
  });
  const places = columns.map(({ cells }) => new Map(cells.map((cell) => [keyOf(cell), cell])));
  const rows = [...new Map(cells.map((cell) => [keyOf(cell), workloadName(cell)]))];
  return {
    columns,
    rows: rows.map(([key, label]) => ({
      label,
      cells: places.map((cells) => cells.get(key) ?? null),
    })),
  };
}

function keyOf({ workload, pass }: CellName): string {
  return JSON.stringify([workload, pass]);
}

/** Names that tell columns apart: by engine and threads only where that is needed. */
function namesOf(columns: readonly CellName[]): readonly string[] {
  const flags = ({ engine }: CellName) => engine === "plain" ? "without flags" : "with flags";
  const threads = (one: CellName) => formatCount(one.threads, "thread");
  const alike = ({ kernel }: CellName) => columns.filter((one) => one.kernel === kernel);
  const differ = (one: CellName, of: (one: CellName) => string) =>
    new Set(alike(one).map(of)).size > 1;
  const names = columns.map((one) =>
    `${one.kernel}${differ(one, flags) ? ` ${flags(one)}` : ""}${
      differ(one, threads) ? `, ${threads(one)}` : ""
    }`
  );
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

/** On how many workloads a kernel is faster or slower, and by how much there: the geometric mean. */
export interface Tally {
  readonly name: string;
  readonly of: number;
  readonly faster: number;
  readonly slower: number;
  readonly equivalent: number;
  /** How many times as fast where it is faster, and as slow where it is slower; 1 where it is nowhere. */
  readonly gain: number;
  readonly loss: number;
}

/** The verdicts counted by kernel. */
export function talliesOf({ columns }: Grid): readonly Tally[] {
  return columns.map(({ series: { name }, cells }) => {
    const having = (wanted: ComparedCell["verdict"]) =>
      cells.filter(({ verdict }) => verdict === wanted).map(({ ratio }) => ratio);
    const [faster, slower] = [having("faster"), having("slower")];
    return {
      name,
      of: cells.length,
      faster: faster.length,
      slower: slower.length,
      equivalent: having("equivalent").length,
      gain: faster.length > 0 ? 1 / geometricMean(faster) : 1,
      loss: slower.length > 0 ? geometricMean(slower) : 1,
    };
  });
}

/** How many kernels a line of the answer names. */
const named = 2;

/** The answer in a line: what is faster in the second run, on how many workloads and by how much, and what is slower. */
export function headlineOf(pair: Pair): string {
  const [a, b] = [pair.old.letter, pair.now.letter];
  const tallies = talliesOf(gridOf(pair));
  const all = tallies.reduce((sum, { of }) => sum + of, 0);
  if (all === 0) return `${a} and ${b} have no kernel timed on the same workload`;
  const clauses = (count: (one: Tally) => number, factor: (one: Tally) => number, word: string) => {
    const some = tallies.filter((one) => count(one) > 0)
      .toSorted((x, y) => count(y) - count(x) || factor(y) - factor(x));
    const texts = some.slice(0, named).map((one, i) => {
      const size = `${formatRatio(factor(one))}x`;
      const [as, where] = i === 0 ? [` as ${word} in ${b}`, " workloads"] : ["", ""];
      const is = i === 0 ? "is " : "";
      return `${one.name} ${is}${size}${as} on ${count(one)} of ${one.of}${where}`;
    });
    const more = some.length - texts.length;
    return formatList([...texts, ...(more > 0 ? [`${more} more on some`] : [])]);
  };
  const faster = clauses(({ faster }) => faster, ({ gain }) => gain, "fast");
  const slower = clauses(({ slower }) => slower, ({ loss }) => loss, "slow");
  const open = all - tallies.reduce(
    (sum, { faster, slower, equivalent }) => sum + faster + slower + equivalent,
    0,
  );
  const total = formatCount(all, "comparison");
  if (faster === "" && slower === "") {
    if (open === all) return `Nothing can be said of ${b} against ${a}: ${total}, all inconclusive`;
    const none = `Nothing is faster or slower in ${b} than in ${a}`;
    return open === 0
      ? `${none}: ${total}, all equivalent`
      : `${none}: ${all - open} of ${total} ${
        all - open === 1 ? "is" : "are"
      } equivalent, ${open} inconclusive`;
  }
  return [
    ...(faster === "" ? [slower, "nothing is faster"] : [faster, slower || "nothing is slower"]),
    ...(open > 0 ? [`${open} of ${total} ${open === 1 ? "is" : "are"} inconclusive`] : []),
  ].join("; ");
}

/** What was found in one of two runs alone, a line for each kernel. */
export function aloneIn(cells: readonly CellName[]): readonly string[] {
  return [
    ...Map.groupBy(
      cells,
      ({ kernel, engine, threads }) =>
        [kernel, engine === "plain" ? "no V8 flags" : engine, formatCount(threads, "thread")].join(
          ", ",
        ),
    ),
  ]
    .map(([name, group]) => `${name}: ${formatList(group.map(workloadName), { most: 12 })}`);
}
