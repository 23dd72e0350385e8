/**
 * The sweep of the activations as a part of a run: what of it becomes part of
 * the report on each kernel.
 *
 * @module
 */
import type { KernelName } from "../kernels/registry.ts";
import type {
  CheckReport,
  FailureReport,
  KernelVerification,
} from "../results/verification/schema.ts";
import { sweptFunctions } from "./sweep/functions.ts";
import { activationReport } from "./sweep/judge.ts";
import { sweepAll, type SweepProgress, type Swept as SweptOne } from "./sweep/sweep.ts";

/** What is swept: every stride-th of the 2^32 float32 numbers, 1 for all, and the file to resume from. */
export interface SweepPlan {
  readonly stride: number;
  readonly resume: string | null;
}

/** How it is run. */
export interface SweepRun {
  readonly workers: number;
  readonly signal: AbortSignal | undefined;
  readonly onSweep: ((progress: SweepProgress) => void) | undefined;
  readonly onNotice: ((line: string) => void) | undefined;
}

/** What was found of one activation, and of how many numbers. */
export type Swept = SweptOne & { readonly stride: number };

/** Sweeps the activations of kernels. */
export async function sweepKernels(
  kernels: readonly KernelName[],
  { stride, resume }: SweepPlan,
  { workers, signal, onSweep, onNotice }: SweepRun,
): Promise<Swept[]> {
  const { swept, failedParts } = await sweepAll({
    kernels,
    stride,
    workers,
    resume,
    signal,
    ...(onSweep && { onProgress: onSweep }),
    ...(onNotice && { onNotice }),
  });
  return swept.map((each) => {
    const lost = failedParts.filter(({ kernel, part }) =>
      kernel === each.kernel && part.activation === each.activation
    );
    const problems = [...each.problems, ...lost.map(({ reason }) => `a part failed: ${reason}`)];
    return { ...each, problems, stride };
  });
}

/** The report of a kernel with the findings of the sweep in place of those of the check of that name. */
export function withSweep(kernel: KernelVerification, swept: readonly Swept[]): KernelVerification {
  if (swept.length === 0) return kernel;
  const exhaustive = swept.every(({ stride, complete }) => complete && stride === 1);
  const reportOf = ({ activation, findings, traits, stride, complete }: Swept) => ({
    ...activationReport(activation, findings, traits, complete && stride === 1),
    stride,
  });
  const isGradient = ({ activation }: Swept) => sweptFunctions[activation].gradient;
  const activations = swept.filter((each) => !isGradient(each)).map(reportOf);
  const gradients = swept.filter(isGradient).map(reportOf);
  const failures = swept.flatMap(({ activation, problems }) =>
    problems.map((problem): FailureReport => ({
      id: `sweep-all/${activation}`,
      problem,
      repeat: `deno task verify --kernels ${kernel.kernel} --stride ${swept[0]!.stride}`,
      minimal: null,
    }))
  );
  const shares = [...activations, ...gradients].map(({ ulp, declared }) =>
    declared > 0 ? ulp / declared : ulp
  );
  const worst = Math.max(...shares);
  const check: CheckReport = {
    check: "sweep-all",
    description: exhaustive
      ? "activations and gradients keep to their declared errors on all float32 numbers"
      : `activations and gradients keep to their declared errors on every ${
        swept[0]!.stride
      }th float32 number`,
    cases: swept.length,
    indeterminate: 0,
    worst: failures.length === 0 ? worst : 0,
    worstCase: null,
    failures,
    warnings: [],
    coverage: [],
  };
  const passed = kernel.passed && failures.length === 0 && swept.every(({ complete }) => complete);
  return { ...kernel, passed, activations, gradients, checks: [...kernel.checks, check] };
}
