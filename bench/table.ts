/**
 * The table at the end of a bench run: a block for each workload, a line for
 * each contestant, the fastest in bold, failures in words in place of figures.
 *
 * @module
 */
import { bold, dim, red } from "@std/fmt/colors";
import type { Result, Results } from "../reports/schema.ts";

/** A time with three digits and the unit that fits: 1.23 ms. */
export function formatSeconds(seconds: number): string {
  const [scale, unit] = seconds < 1e-6
    ? [1e9, "ns"]
    : seconds < 1e-3
    ? [1e6, "µs"]
    : seconds < 1
    ? [1e3, "ms"]
    : [1, "s"];
  return `${(seconds * scale).toPrecision(3)} ${unit}`;
}

/** A rate with three digits: 7.16. */
export function formatGflops(gflops: number): string {
  return gflops >= 100 ? gflops.toFixed(0) : gflops.toPrecision(3);
}

/** The results as text for a terminal. */
export function formatTable({ results }: Pick<Results, "results">): string {
  const header = ["workload", "m x n x k", "kernel", "GFLOP/s", "time", "interval", "verified"];
  const rows: { cells: string[]; style: (text: string) => string }[] = [];
  for (const group of Map.groupBy(results, (result) => result.workload).values()) {
    const fastest = Math.max(...group.map(({ gflops }) => gflops ?? -1));
    for (const [i, result] of group.entries()) {
      const style = result.verification.status !== "passed"
        ? red
        : result.gflops === fastest && group.length > 1
        ? bold
        : (text: string) => text;
      rows.push({ cells: cellsOf(result, i === 0), style });
    }
  }
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => (cells[column] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => {
      const gap = " ".repeat(Math.max(0, (widths[column] ?? 0) - cell.length));
      return column === 3 || column === 4 ? gap + cell : cell + gap;
    }).join("  ").trimEnd();
  return [dim(line(header)), ...rows.map(({ cells, style }) => style(line(cells)))].join("\n");
}

function cellsOf(result: Result, isFirst: boolean): string[] {
  const { workload, m, n, k, kernel, peer, seconds, gflops, verification } = result;
  const timed = seconds !== null && gflops !== null;
  return [
    isFirst ? workload : "",
    isFirst ? `${m} x ${n} x ${k}` : "",
    peer ? `${kernel} (peer)` : kernel,
    timed ? formatGflops(gflops) : "-",
    timed ? formatSeconds(seconds.median) : "-",
    timed ? `${formatSeconds(seconds.low)} to ${formatSeconds(seconds.high)}` : "-",
    verification.status === "passed"
      ? "passed"
      : `${verification.status.toUpperCase()}: ${verification.detail}`,
  ];
}
