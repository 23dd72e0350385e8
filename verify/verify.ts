/**
 * Verifies kernels: runs every check's cases on a kernel and counts. A check
 * that had no case to run counts as failed, so that nothing passes by absence.
 *
 * @module
 */
import type { Kernel } from "../kernels/kernel.ts";
import { type Check, runCase } from "./check.ts";
import type { Outcome } from "./compare.ts";
import { contract } from "./checks/contract.ts";
import { exactBackward } from "./checks/exact_backward.ts";
import { exactForward } from "./checks/exact_forward.ts";
import { exceptional } from "./checks/exceptional.ts";
import { rigorousBackward } from "./checks/rigorous_backward.ts";
import { rigorousForward } from "./checks/rigorous_forward.ts";
import { denseSweep, quickSweep } from "./checks/sweep.ts";

/** All checks, in the order in which they run. */
export const checks: readonly Check[] = [
  contract,
  exactForward,
  exactBackward,
  rigorousForward,
  rigorousBackward,
  exceptional,
  quickSweep,
];

/** The same checks, with every `stride`-th float32 number in the sweep of the activations; 1 takes hours. */
export function checksWith(stride: number): readonly Check[] {
  return checks.map((check) => check === quickSweep ? denseSweep(stride) : check);
}

// Cases that run at a time: on a GPU, where each read waits for 10 ms and more, they wait together.
const together = 32;

/** A case that failed. */
export interface Failure {
  readonly id: string;
  readonly problem: string;
}

/** What one check found on one kernel. */
export interface CheckSummary {
  readonly check: string;
  readonly cases: number;
  /** The worst error as a share of its bound, over the cases that passed. */
  readonly worst: number;
  readonly failures: readonly Failure[];
}

/** What verification found on one kernel. */
export interface Summary {
  readonly kernel: string;
  readonly passed: boolean;
  readonly checks: readonly CheckSummary[];
}

/** How {@linkcode verifyKernel} goes about it. */
export interface VerifyOptions {
  /** The seed of all data; default 1. */
  readonly seed?: number;
  /** Only these checks; default all. */
  readonly checks?: readonly Check[];
  /** Hears how many of the check's cases are done. */
  readonly onProgress?: (check: string, done: number, of: number) => void;
  /** Hears what a case found. */
  readonly onOutcome?: (id: string, outcome: Outcome) => void;
}

/**
 * Verifies a kernel, ours or another object that fulfils the contract.
 *
 * @example
 * ```ts
 * import { createKernel } from "../mod.ts";
 * import { checks, verifyKernel } from "./verify.ts";
 * import { assert } from "@std/assert";
 *
 * await using kernel = await createKernel("naive");
 * const { passed } = await verifyKernel(kernel, { checks: checks.slice(0, 1) });
 * assert(passed);
 * ```
 */
export async function verifyKernel(
  kernel: Kernel,
  { seed = 1, checks: chosen = checks, onProgress, onOutcome }: VerifyOptions = {},
): Promise<Summary> {
  const summaries: CheckSummary[] = [];
  for (const check of chosen) {
    const cases = check.cases(kernel);
    const failures: Failure[] = [];
    let worst = 0;
    for (let first = 0; first < cases.length; first += together) {
      onProgress?.(check.name, first, cases.length);
      const group = cases.slice(first, first + together);
      const outcomes = await Promise.all(group.map((one) => runCase(one, kernel, seed)));
      for (const [i, outcome] of outcomes.entries()) {
        const { id } = group[i]!;
        onOutcome?.(id, outcome);
        if (outcome.problem !== null) failures.push({ id, problem: outcome.problem });
        else worst = Math.max(worst, outcome.worst);
      }
    }
    if (cases.length === 0) failures.push({ id: check.name, problem: "there was no case to run" });
    summaries.push({ check: check.name, cases: cases.length, worst, failures });
  }
  return {
    kernel: kernel.name,
    passed: summaries.every(({ failures }) => failures.length === 0),
    checks: summaries,
  };
}
