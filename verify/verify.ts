/**
 * Verifies a kernel: runs every check's cases on it and counts. A check that
 * had no case to run counts as failed, so that nothing passes by absence.
 *
 * @module
 */
import type { Kernel } from "../kernels/kernel.ts";
import type { KernelVerification } from "../results/verification/schema.ts";
import type { Check } from "./check.ts";
import { arraySizes } from "./checks/array_sizes.ts";
import { combinations } from "./checks/combinations.ts";
import { contract } from "./checks/contract.ts";
import { copies } from "./checks/copies.ts";
import { determinism } from "./checks/determinism.ts";
import { exactBackward } from "./checks/exact_backward.ts";
import { exactForward } from "./checks/exact_forward.ts";
import { exceptional } from "./checks/exceptional.ts";
import { formulas } from "./checks/formulas.ts";
import { freivalds } from "./checks/freivalds.ts";
import { int8 } from "./checks/int8.ts";
import { layers } from "./checks/layers.ts";
import { memory } from "./checks/memory.ts";
import { metamorphic } from "./checks/metamorphic.ts";
import { order } from "./checks/order.ts";
import { productSizes } from "./checks/product_sizes.ts";
import { rigorousBackward } from "./checks/rigorous_backward.ts";
import { rigorousForward } from "./checks/rigorous_forward.ts";
import { sequences } from "./checks/sequences.ts";
import { statistics } from "./checks/statistics.ts";
import { sweep } from "./checks/sweep.ts";
import { runChecks, type VerifyOptions } from "./run_checks.ts";

/** All checks, in the order in which they run: those first that kill most mutants a second (docs/mutation.md), so that a broken kernel is told soon. */
export const checks: readonly Check[] = [
  contract,
  memory,
  exceptional,
  rigorousBackward,
  exactBackward,
  order,
  statistics,
  rigorousForward,
  exactForward,
  sweep,
  formulas,
  copies,
  int8,
  layers,
  sequences,
  combinations,
  determinism,
  productSizes,
  arraySizes,
  metamorphic,
  freivalds,
];

export type { VerifyOptions };

/**
 * Verifies a kernel, one of Densemark's or any object that fulfils the contract
 * of `kernels/kernel.ts`: forward and backward, every activation, against float64.
 * Takes some seconds in quick mode. Errors that the kernel throws are failures
 * of its cases; nothing is thrown for them. Where its claims are refused, that is
 * the one failure, and nothing else is tried.
 *
 * @throws {ArgumentError} where `case` is of no check, `checks` holds what is none, or the effort is unknown.
 * @returns What was found, check by check; `passed` where nothing failed.
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
  { checks: allowed = checks, ...options }: VerifyOptions = {},
): Promise<KernelVerification> {
  return await runChecks(kernel, { ...options, checks: allowed });
}
