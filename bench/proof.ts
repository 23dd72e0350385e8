/**
 * No speed without correctness: a kernel takes part only if the verifier passed
 * it in this very build, engine and processor. What the last run of the verifier
 * found is taken from its file; what it did not find is verified here and now,
 * and written there for the next time.
 *
 * @module
 */
import { join } from "node:path";
import { DensemarkError } from "../common/errors.ts";
import type { KernelName } from "../kernels/registry.ts";
import { makeFolder } from "../results/files.ts";
import type { Environment } from "../results/schema.ts";
import type { KernelVerification, VerificationReport } from "../results/verification/schema.ts";
import { readVerification } from "../results/verification/validate.ts";
import { writeVerification } from "../reports/verification/write.ts";
import { buildHash } from "../verify/build.ts";
import {
  exitCodeOf,
  exitCodes,
  type RunOptions,
  runVerification,
  type VerificationPlan,
} from "../verify/run.ts";
import { checks } from "../verify/verify.ts";

/** What is known of a kernel in this build. */
export interface Proof {
  readonly kernel: KernelName;
  /** Why it must not be published; null where it was verified. */
  readonly refusal: string | null;
}

/** How proofs are come by. */
export interface ProofOptions extends RunOptions {
  /** Where verify.json is, and is written. */
  readonly folder: string;
  /** Verifies; the verifier's own but in tests. */
  readonly verify?: (plan: VerificationPlan, options: RunOptions) => Promise<VerificationReport>;
  /** Hears which kernels are about to be verified. */
  readonly onVerify?: (kernels: readonly KernelName[]) => void;
  /** Hears that the proofs could not be kept for the next run. */
  readonly onWarning?: (warning: string) => void;
}

/** The last report, if it can be read and is of this build; whatever else lies there proves nothing. */
async function lastReport(folder: string, build: string): Promise<VerificationReport | null> {
  try {
    const report = readVerification(await Deno.readTextFile(join(folder, "verify.json")));
    return report.build === build ? report : null;
  } catch {
    return null;
  }
}

/** Whether every check was run on it. */
function isComplete({ checks: found }: KernelVerification): boolean {
  return checks.every(({ name }) => found.some(({ check, cases }) => check === name && cases > 0));
}

/** What a report says against a kernel, or null. */
export function refusalOf(kernel: KernelVerification | undefined): string | null {
  if (!kernel) return "it was not verified";
  const failed = kernel.checks.filter(({ failures }) => failures.length > 0);
  if (failed.length > 0) {
    const first = failed[0]!.failures[0]!;
    return `the verifier rejects it: ${
      failed.map(({ check }) => check).join(", ")
    }; first ${first.id}: ${first.problem}; ${first.repeat}`;
  }
  if (!isComplete(kernel)) return "not every check was run on it";
  return kernel.passed ? null : "it was not verified to the end";
}

/** The kernels of both reports, those of the newer first where both have one. */
function merged(older: VerificationReport | null, newer: VerificationReport): VerificationReport {
  const others =
    older?.kernels.filter(({ kernel }) => newer.kernels.every((own) => own.kernel !== kernel)) ??
      [];
  const both = { ...newer, partial: true, kernels: [...newer.kernels, ...others] };
  return { ...both, exitCode: exitCodeOf(both, false) };
}

/** Writes the report; where that is not possible the next run verifies again. */
async function keep(
  folder: string,
  report: VerificationReport,
  onWarning: ProofOptions["onWarning"],
): Promise<void> {
  try {
    await makeFolder(folder);
    await writeVerification(folder, report);
  } catch (error) {
    if (!(error instanceof DensemarkError)) throw error;
    onWarning?.(error.message);
  }
}

/**
 * Proofs of these kernels, verified now where this build has none yet. A kernel
 * that the machine lacks has none and needs none: it will not be there to time.
 */
export async function proveKernels(
  kernels: readonly KernelName[],
  environment: Environment,
  engine: string,
  { folder, verify = runVerification, onVerify, onWarning, ...options }: ProofOptions,
): Promise<Proof[]> {
  const build = await buildHash(environment, engine);
  const last = build === null ? null : await lastReport(folder, build);
  const known = (report: VerificationReport | null, name: KernelName) =>
    report?.kernels.find(({ kernel }) => kernel === name);
  const missing = kernels.filter((name) => {
    const own = known(last, name);
    return !own || !isComplete(own);
  });
  let report = last;
  if (missing.length > 0) {
    onVerify?.(missing);
    const now = await verify({
      mode: "quick",
      kernels: missing,
      checks: checks.map(({ name }) => name),
      seed: 1,
      required: [],
      strict: false,
      command: `deno task verify --kernels ${missing.join(",")}`,
    }, options);
    // A verifier that fails its own test proves nothing.
    if (now.exitCode === exitCodes.selfTest) {
      const refusal = "the verifier failed its own test; see deno task verify --self";
      return kernels.map((kernel) => ({ kernel, refusal }));
    }
    report = merged(last, now);
    // Without a hash nobody could tell later what was proven.
    if (build !== null && !options.signal?.aborted) await keep(folder, report, onWarning);
  }
  const absent = new Set(report?.skipped.map(({ kernel }) => kernel));
  return kernels.map((kernel) => ({
    kernel,
    refusal: absent.has(kernel) && !known(report, kernel) ? null : refusalOf(known(report, kernel)),
  }));
}
