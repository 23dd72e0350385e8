/**
 * What readers of a result file ask of it: the record of a result's kernel, its
 * comparison with the baseline, its operations, its verified time, the
 * percentiles of its calls.
 *
 * @module
 */
import type {
  KernelRecord,
  LaunchCalls,
  Result,
  Results,
  Seconds,
  VerdictReport,
} from "./schema.ts";

/** Floating-point operations of one call. */
export function flopsOf({ flops, m, n, k }: Pick<Result, "flops" | "m" | "n" | "k">): number {
  return flops ?? 2 * m * n * k;
}

/** The time of a result, null unless its output was verified: no speed without correctness. */
export function verifiedSeconds({ verification, seconds }: Result): Seconds | null {
  return verification.status === "passed" ? seconds : null;
}

/** The name of what was timed: the workload's, with the pass where that is not `forward`. */
export function workloadName({ workload, pass }: Pick<Result, "workload" | "pass">): string {
  return pass === "forward" ? workload : `${workload} ${pass}`;
}

/** What the file says of a result's kernel. */
export function recordOf(
  { kernel }: Pick<Result, "kernel">,
  { kernels }: Pick<Results, "kernels">,
): KernelRecord | undefined {
  return kernels.find(({ name }) => name === kernel);
}

/** The comparison of a result with the baseline, where there is one. */
export function verdictOf(
  { kernel, workload, pass }: Pick<Result, "kernel" | "workload" | "pass">,
  { verdicts = [] }: Pick<Results, "verdicts">,
): VerdictReport | undefined {
  return verdicts.find((one) =>
    one.kernel === kernel && one.workload === workload && one.pass === pass
  );
}

/** The results of all contenders but the A/A controls, which show noise alone. */
export function withoutControls(
  { kernels, results }: Pick<Results, "kernels" | "results">,
): Result[] {
  const controls = new Set(
    kernels.filter(({ controlOf }) => controlOf !== undefined).map(({ name }) => name),
  );
  return results.filter(({ kernel }) => !controls.has(kernel));
}

/** The middle of what the launches found; null where none found it. */
export function overLaunches(
  { calls }: Result,
  of: (launch: LaunchCalls) => number | undefined,
): number | null {
  const found = (calls?.launches ?? []).flatMap((launch) => of(launch) ?? []);
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? null;
}

/** The 95th percentile of single calls, in seconds; null where they were not timed. */
export function p95Of(result: Result): number | null {
  return overLaunches(result, ({ p95 }) => p95?.value);
}
