/**
 * What single calls took, in a cell: p95 and p99, two speeds, a leak, and the
 * comparisons of tail and start where they differ from the baseline's.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import type { Result, Results } from "../../results/schema.ts";
import { overLaunches, p95Of } from "../../results/query.ts";

/** The cell. */
export function CallsText({ result, results }: { result: Result; results: Results }): JSX.Element {
  const p95 = p95Of(result);
  const p99 = overLaunches(result, ({ p99 }) => p99?.value);
  const { calls, leak, kernel, workload, pass } = result;
  const own = (one: { kernel: string; workload: string; pass: string }) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass;
  const tail = results.tailVerdicts?.find(own);
  const starts = results.startVerdicts?.filter(own) ?? [];
  return (
    <>
      {p95 === null ? "–" : formatTime(p95)}
      {p99 !== null && <span class="detail">p99 {formatTime(p99)}</span>}
      {calls && calls.batch > 1 && <span class="detail">of {calls.batch} calls together</span>}
      {calls && calls.launches.length > 0 && calls.launches.every(({ bimodal }) => bimodal) && (
        <span class="detail">two speeds</span>
      )}
      {tail && (tail.verdict === "tail slower" || tail.verdict === "tail faster") && (
        <b>{tail.medianEquivalent ? "median equivalent, " : ""}{tail.verdict}</b>
      )}
      {starts.filter(({ verdict }) => verdict === "slower" || verdict === "faster").map((one) => (
        <span key={one.of} class="detail">
          {one.of} {formatRatio(one.ratio)}x the baseline’s
        </span>
      ))}
      {leak && <b>leaks {formatNumber(leak.bytesPerCall)} bytes a call</b>}
    </>
  );
}
