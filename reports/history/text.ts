/**
 * The history for a terminal: for each machine a line for each kernel on each
 * workload, with a sparkline of its times and its last step.
 *
 * @module
 */
import { bold, dim, green, red } from "@std/fmt/colors";
import { formatRatio } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { formatTime } from "../../common/units.ts";
import { formatCommit } from "../format.ts";
import type { History, Point, Step } from "./history.ts";

const bars = "▁▂▃▄▅▆▇█";
/** The most characters of a sparkline: the last runs. */
const widest = 40;

/**
 * Positive numbers as bars on a logarithmic scale from the least to the
 * greatest of them, or, where they differ less, over a range of 10 %, so that
 * noise does not look like mountains.
 *
 * @example
 * ```ts
 * import { sparkline } from "./text.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sparkline([1, 2, 4]), "▁▅█");
 * assertEquals(sparkline([1, 1.001]), "▄▅");
 * ```
 */
export function sparkline(values: readonly number[]): string {
  const logs = values.map(Math.log);
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const range = Math.max(high - low, Math.log(1.1));
  const start = (low + high - range) / 2;
  return logs.map((value) => {
    const at = Math.min(bars.length - 1, Math.floor((value - start) / range * bars.length + 1e-9));
    return bars[Math.max(0, at)];
  }).join("");
}

/** The histories as text; the largest last steps of each machine come first. */
export function formatHistories(histories: readonly History[]): string {
  return [...Map.groupBy(histories, ({ machine }) => machine)].map(([machine, all]) =>
    [bold(machine), ...linesOf(all), ""].join("\n")
  ).join("\n").trimEnd();
}

function linesOf(histories: readonly History[]): string[] {
  const several = new Set(histories.map(({ engine }) => engine)).size > 1;
  const sorted = histories.toSorted((a, b) => sizeOf(b) - sizeOf(a));
  const rows = sorted.map(({ workload, shape, kernel, engine, threads, points, steps }) => [
    workload,
    shape,
    [kernel, ...(threads > 1 ? [`${threads} threads`] : []), ...(several ? [engine] : [])].join(
      ", ",
    ),
    String(points.length),
    sparkline(points.slice(-widest).map(({ seconds }) => seconds)),
    formatTime(points.at(-1)!.seconds),
    steps.length > 0 ? stepText(steps.at(-1)!) : points.length < 4 ? "too few runs" : "no step",
  ]);
  const header = ["workload", "m x n x k", "kernel", "runs", "time", "latest", "last step"];
  const [head = "", ...lines] = alignColumns([header, ...rows], [3, 5]);
  return [
    dim(head),
    ...lines.map((line, i) => {
      const ratio = sorted[i]!.steps.at(-1)?.ratio;
      return ratio === undefined ? line : ratio > 1 ? red(line) : green(line);
    }),
  ];
}

function sizeOf({ steps }: History): number {
  return Math.abs(Math.log(steps.at(-1)?.ratio ?? 1));
}

/** A step in words: how much, when, and what else changed. */
export function stepText({ before, after, ratio }: Step): string {
  const size = ratio > 1 ? `${formatRatio(ratio)}x as slow` : `${formatRatio(1 / ratio)}x as fast`;
  const software = before.v8 !== after.v8 || before.deno !== after.deno
    ? `, Deno ${before.deno} to ${after.deno}`
    : "";
  return `${size} since ${after.date.slice(0, 10)}, ${commitsOf(before, after)}${software}`;
}

function commitsOf(before: Point, after: Point): string {
  const name = ({ commit }: Point) => commit === null ? "no commit" : formatCommit(commit);
  return before.commit === after.commit
    ? `both at ${name(after)}`
    : `from ${name(before)} to ${name(after)}`;
}
