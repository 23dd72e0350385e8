/**
 * github-action-benchmark's custom formats. A file has one direction, so that
 * throughput (customBiggerIsBetter) and time (customSmallerIsBetter) are two
 * files; the unit of a name never changes, since the action would compare the
 * bare numbers.
 * Format: benchmark-action/github-action-benchmark, src/extract.ts.
 *
 * @module
 */
import { formatDate, throughput } from "../format.ts";
import { formatPercent } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { flopsOf } from "../../results/query.ts";
import { exportedOf } from "./exported.ts";

/** Which way is better: more GFLOP/s, or fewer nanoseconds. */
export type Better = "bigger" | "smaller";

/** The results for github-action-benchmark, and the names of those left out. */
export function toGithubActionBenchmark(
  from: Results,
  better: Better,
): { text: string; left: readonly string[] } {
  const { results, exported, left } = exportedOf(from);
  const { environment } = results;
  const list = exported.map(({ name, result, seconds, engine }) => {
    const { value, low, high } = better === "bigger"
      ? throughput(flopsOf(result), seconds)
      : { value: seconds.median * 1e9, low: seconds.low * 1e9, high: seconds.high * 1e9 };
    const extra = [
      seconds.confidence > 0
        ? `${formatPercent(seconds.confidence, 3)} interval ${low} to ${high}`
        : `range ${low} to ${high}`,
      `median of ${result.roundMedians.length} rounds, ${formatDate(results.date)}`,
      `${environment.cpu}, ${environment.os}, Deno ${environment.deno}, engine ${engine}`,
      `verified: ${result.verification.detail}`,
    ];
    return {
      name,
      unit: better === "bigger" ? "GFLOP/s" : "ns",
      value,
      // The only form that it reads; of the two sides of an interval the wider counts.
      range: `± ${Math.max(value - low, high - value)}`,
      extra: extra.join("\n"),
    };
  });
  return { text: JSON.stringify(list, null, 2), left };
}
