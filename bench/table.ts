/**
 * The table at the end of a bench run: a group for each workload, a line for
 * each contender, the fastest in bold, failures in words in place of figures.
 *
 * @module
 */
import { bold, dim, red, yellow } from "@std/fmt/colors";
import type { Result, Results } from "../results/schema.ts";
import { labelOf } from "./workload.ts";

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

/** What of a run the table shows. */
type Shown = Pick<Results, "results" | "noise" | "verdicts" | "kernels" | "published">;

/** The results as text for a terminal; how noisy the machine was comes first. */
export function formatTable(shown: Shown): string {
  const { noise, kernels, published = [], verdicts = [] } = shown;
  const controls = new Set(
    kernels.filter(({ controlOf }) => controlOf !== undefined).map(({ name }) => name),
  );
  // The controls are in the noise already.
  const results = shown.results.filter(({ kernel, verification }) =>
    !controls.has(kernel) || verification.status !== "passed"
  );
  const baselines = [...new Set(verdicts.map(({ baseline }) => baseline))];
  const header = [
    "workload",
    "m x n x k",
    "kernel",
    "GFLOP/s",
    "time",
    "interval",
    `compared with ${baselines.length === 1 ? baselines[0] : "its baseline"}`,
    "output",
  ];
  const rows: { cells: string[]; style: (text: string) => string }[] = [];
  for (const group of Map.groupBy(results, nameOf).values()) {
    const fastest = Math.max(...group.map(({ gflops }) => gflops ?? -1));
    for (const [i, result] of group.entries()) {
      const style = result.verification.status !== "passed"
        ? red
        : result.gflops === fastest && group.length > 1
        ? bold
        : (text: string) => text;
      rows.push({ cells: cellsOf(result, i === 0, verdictOf(result, shown)), style });
    }
    const { workload, pass } = group[0]!;
    for (const figure of pass === "forward" ? published : []) {
      if (figure.workload !== workload) continue;
      const cells = ["", "", figure.device, formatGflops(figure.gflops), "", "", "", "published"];
      rows.push({ cells, style: dim });
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
  return [
    ...(noise
      ? [bold(noise.sentence), ...noise.warnings.map((text) => yellow(`Warning: ${text}.`)), ""]
      : []),
    dim(line(header)),
    ...rows.map(({ cells, style }) => style(line(cells))),
  ].join("\n");
}

function nameOf({ workload, pass }: Result): string {
  return labelOf({ name: workload, pass });
}

function verdictOf({ kernel, workload, pass }: Result, { verdicts = [] }: Shown): string {
  const found = verdicts.find((one) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass
  );
  return found ? `${formatRatio(1 / found.ratio)}x as fast, ${found.verdict}` : "";
}

function formatRatio(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3);
}

function cellsOf(result: Result, isFirst: boolean, verdict: string): string[] {
  const { m, n, k, kernel, peer, seconds, gflops, verification } = result;
  const timed = seconds !== null && gflops !== null;
  return [
    isFirst ? nameOf(result) : "",
    isFirst ? `${m} x ${n} x ${k}` : "",
    peer ? `${kernel} (peer)` : kernel,
    timed ? formatGflops(gflops) : "-",
    timed ? formatSeconds(seconds.median) : "-",
    timed ? `${formatSeconds(seconds.low)} to ${formatSeconds(seconds.high)}` : "-",
    verdict,
    verification.status === "passed"
      ? "verified"
      : `${verification.status.toUpperCase()}: ${verification.detail}`,
  ];
}
