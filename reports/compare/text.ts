/**
 * A comparison of two result files as text for a terminal: what it rests on,
 * a line for each cell, and what could not be compared, with the reason. Names
 * come from files, so that each is cleaned before it is shown.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { alignColumns } from "../../common/table.ts";
import { cleanText } from "../../common/text.ts";
import { verdicts } from "../../common/verdicts.ts";
import { formatCount, formatPercent, formatRatio } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import {
  type CellName,
  colourOf,
  type ComparedCell,
  leastShown,
  type ResultsComparison,
} from "./compare.ts";
import type { Difference } from "./differences.ts";

const columns = ["workload", "pass", "kernel", "old", "new", "new/old", "interval", "verdict"];
const toTheRight = [3, 4, 5];

/** The comparison as text. */
export function formatComparison(comparison: ResultsComparison): string {
  const { cells, changed, onlyOld, onlyNew, failed, differences } = comparison;
  return [
    originLine("old", comparison.old),
    originLine("new", comparison.new),
    ...(differences.length > 0
      ? ["", bold("not comparable: the runs differ in more than the code")]
      : []),
    ...differences.map((difference) => `  ${differenceText(difference)}`),
    ...(cells.length > 0 ? ["", ...table(cells)] : []),
    ...list(
      "not comparable",
      changed.map((cell) => `${label(cell)}: ${cell.differences.map(differenceText).join("; ")}`),
    ),
    ...list("only in the old file", onlyOld.map(label)),
    ...list("only in the new file", onlyNew.map(label)),
    ...list(
      red("without a time"),
      failed.map((cell) => `${cell.file} file, ${label(cell)}: ${cleanText(cell.detail, 200)}`),
    ),
    "",
    ...(differences.length === 0 && cells.length > 0 ? [summary(comparison)] : []),
  ].join("\n").trimEnd();
}

function originLine(
  file: string,
  { date, commit, densemark, suite, rounds, partial }: ResultsComparison["old"],
): string {
  const from = commit === null ? "" : `, commit ${cleanText(commit)}`;
  return `${file}: ${cleanText(date)}, Densemark ${cleanText(densemark)}${from}, suite ` +
    `${cleanText(suite)}, ${formatCount(rounds, "round")}${
      partial ? yellow(", stopped early") : ""
    }`;
}

function table(cells: readonly ComparedCell[]): string[] {
  const alike = Map.groupBy(cells, ({ kernel, workload, pass }) => `${pass} ${workload} ${kernel}`);
  const several = new Set([...alike.values()].filter(({ length }) => length > 1).flat());
  const rows = cells.map((cell) => textsOf(cell, several.has(cell)));
  const [header = "", ...lines] = alignColumns([columns, ...rows], toTheRight);
  return [dim(header), ...lines.map((line, i) => styleOf(cells[i])(line))];
}

/** @param several whether the kernel has several lines, which differ in engine or threads */
function textsOf(cell: ComparedCell, several: boolean): string[] {
  const { interval, kernel, engine, threads } = cell;
  const where = several ? ` (${cleanText(engine, 30)}, ${formatCount(threads, "thread")})` : "";
  return [
    cleanText(cell.workload, 40),
    cell.pass,
    cleanText(kernel, 40) + where,
    formatTime(cell.old),
    formatTime(cell.new),
    formatRatio(cell.ratio),
    interval ? `${formatRatio(interval.low)} to ${formatRatio(interval.high)}` : "-",
    cell.verdict,
  ];
}

function styleOf(cell: ComparedCell | undefined): (text: string) => string {
  const colour = cell ? colourOf(cell) : null;
  return colour === null ? (text) => text : { red, green }[colour];
}

function summary(comparison: ResultsComparison): string {
  const { cells, spread } = comparison;
  const counts = verdicts.map((verdict) =>
    [cells.filter((cell) => cell.verdict === verdict).length, verdict] as const
  ).filter(([number]) => number > 0).map(([number, verdict]) => `${number} ${verdict}`);
  return [
    `${formatCount(cells.length, "comparison")}: ${counts.join(", ")}`,
    `Two runs of the same code on one machine are taken to differ by ${formatPercent(spread)} ` +
    `(--spread), so two files show no difference below about ${
      formatPercent(leastShown(comparison))
    }.`,
    "To see smaller ones, deno task bench --against OLD interleaves both versions in one run.",
  ].join("\n");
}

/** A heading with at most 20 lines below it, or nothing. */
function list(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > 20 ? [`  … and ${lines.length - 20} more`] : [];
  return ["", `${title}:`, ...lines.slice(0, 20).map((line) => `  ${line}`), ...more];
}

/** A cell in words. */
function label({ kernel, workload, pass, engine, threads }: CellName): string {
  const where = [
    ...(pass === "forward" ? [] : [pass]),
    cleanText(engine),
    formatCount(threads, "thread"),
  ].join(", ");
  return `${cleanText(kernel)} on ${cleanText(workload)} (${where})`;
}

function differenceText({ what, old, new: now }: Difference): string {
  return `${what}: ${cleanText(old)} in the old file, ${cleanText(now)} in the new`;
}
