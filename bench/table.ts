/**
 * The table at the end of a bench run: a group for each workload, a line for
 * each contender, the fastest in bold, failures in words in place of figures.
 *
 * @module
 */
import { warningLine } from "../common/command.ts";
import { bold, dim, red } from "@std/fmt/colors";
import { formatCount, formatNumber, formatRatio } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import { formatTime } from "../common/units.ts";
import { verdictOf, withoutControls, workloadName } from "../results/query.ts";
import type { Result, Results, VerdictReport } from "../results/schema.ts";

/** What of a run the table shows. */
type Shown = Pick<Results, "results" | "noise" | "verdicts" | "kernels" | "published">;

/** The results as text for a terminal; how noisy the machine was comes first. */
export function formatTable(shown: Shown): string {
  const { noise, published = [], verdicts = [] } = shown;
  const contenders = new Set(withoutControls(shown));
  // The controls are in the noise already, unless one failed.
  const results = shown.results.filter((result) =>
    contenders.has(result) || result.verification.status !== "passed"
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
  for (const group of Map.groupBy(results, workloadName).values()) {
    const fastest = Math.max(...group.map(({ gflops }) => gflops ?? -1));
    for (const [i, result] of group.entries()) {
      const style = result.verification.status !== "passed"
        ? red
        : result.gflops === fastest && group.length > 1
        ? bold
        : (text: string) => text;
      rows.push({ cells: cellsOf(result, i === 0, verdictText(verdictOf(result, shown))), style });
    }
    const { workload, pass } = group[0]!;
    for (const figure of pass === "forward" ? published : []) {
      if (figure.workload !== workload) continue;
      const cells = ["", "", figure.device, formatNumber(figure.gflops), "", "", "", "published"];
      rows.push({ cells, style: dim });
    }
  }
  const [head = "", ...lines] = alignColumns([header, ...rows.map(({ cells }) => cells)], [3, 4]);
  return [
    ...(noise ? [bold(noise.sentence), ...noise.warnings.map(warningLine), ""] : []),
    dim(head),
    ...rows.map(({ style }, i) => style(lines[i] ?? "")),
    ...peerLines(shown),
  ].join("\n");
}

/** How each peer computed, since the same library may run very different code elsewhere. */
function peerLines({ kernels, results }: Pick<Shown, "kernels" | "results">): string[] {
  const timed = new Set(results.map(({ kernel }) => kernel));
  const peers = kernels.filter(({ name, peer, controlOf }) =>
    peer && controlOf === undefined && timed.has(name)
  );
  return peers.map(({ name, device, threads, method }, i) =>
    dim(`${i === 0 ? "\n" : ""}${name}: ${device}, ${formatCount(threads, "thread")}; ${method}`)
  );
}

function verdictText(verdict: VerdictReport | undefined): string {
  return verdict ? `${formatRatio(1 / verdict.ratio)}x as fast, ${verdict.verdict}` : "";
}

function cellsOf(result: Result, isFirst: boolean, verdict: string): string[] {
  const { m, n, k, kernel, peer, seconds, gflops, verification } = result;
  const timed = seconds !== null && gflops !== null;
  return [
    isFirst ? workloadName(result) : "",
    isFirst ? `${m} x ${n} x ${k}` : "",
    peer ? `${kernel} (peer)` : kernel,
    timed ? formatNumber(gflops) : "-",
    timed ? formatTime(seconds.median) : "-",
    timed ? `${formatTime(seconds.low)} to ${formatTime(seconds.high)}` : "-",
    verdict,
    verification.status === "passed"
      ? "verified"
      : `${verification.status.toUpperCase()}: ${verification.detail}`,
  ];
}
