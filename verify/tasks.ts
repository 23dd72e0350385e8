/**
 * The tasks that a run of the verifier is made of, as messages for workers: one
 * kernel's checks, or the mutation tests.
 *
 * @module
 */
import { KernelUnavailableError } from "../common/errors.ts";
import type { KernelOptions } from "../kernels/kernel.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";
import type { KernelVerification, SelfTest } from "../results/verification/schema.ts";
import type { Effort } from "./check.ts";
import { hashResults, type ResultHashes } from "./groups.ts";
import { runMutationTests } from "./mutants/mutants.ts";
import { checks, verifyKernel } from "./verify.ts";

/** A task. */
export type VerifyTask =
  | {
    readonly kind: "kernel";
    readonly kernel: KernelName;
    readonly checks: readonly string[];
    readonly effort: Effort;
    readonly seed: number;
  }
  | {
    readonly kind: "mutation-tests";
    readonly keyOnly: boolean;
    readonly matrix: boolean;
    /** Whether mutants of webgpu are among them. */
    readonly gpu: boolean;
    readonly effort: Effort;
    readonly seed: number;
  };

/** What comes of it. */
export type VerifyResult =
  | {
    readonly kind: "kernel";
    readonly report: KernelVerification;
    readonly hashes: ResultHashes;
  }
  | { readonly kind: "unavailable"; readonly kernel: KernelName; readonly reason: string }
  | { readonly kind: "mutation-tests"; readonly self: Omit<SelfTest, "references"> };

/** Where a task is, and how many of all its cases are done. */
export interface TaskProgress {
  readonly at: string;
  readonly done: number;
  readonly of: number;
}

/** Does a task on this thread. */
export async function perform(
  task: VerifyTask,
  onProgress?: (progress: TaskProgress) => void,
  signal?: AbortSignal,
): Promise<VerifyResult> {
  if (task.kind === "mutation-tests") {
    const { keyOnly, matrix, gpu, effort, seed } = task;
    const progress = (at: string, done: number, of: number) => onProgress?.({ at, done, of });
    const self = await runMutationTests({
      keyOnly,
      matrix,
      gpu,
      effort,
      seed,
      onProgress: progress,
      ...(signal && { signal }),
    });
    return { kind: "mutation-tests", self };
  }
  const { kernel: name, effort, seed } = task;
  try {
    // Every product is shared between the threads, however small.
    await using kernel = await createKernel(name, { serialBelow: 0 });
    const chosen = checks.filter((check) => task.checks.includes(check.name));
    const create = (options: KernelOptions) => createKernel(name, options);
    const counts = chosen.map((check) => check.cases(kernel, { effort, create }).length);
    const of = counts.reduce((sum, count) => sum + count, 0);
    const report = await verifyKernel(kernel, {
      seed,
      effort,
      checks: chosen,
      create,
      ...(signal && { signal }),
      onProgress: (at, done) => {
        const before = counts.slice(0, chosen.findIndex((check) => check.name === at));
        onProgress?.({ at, done: before.reduce((sum, count) => sum + count, done), of });
      },
    });
    return { kind: "kernel", report, hashes: await hashResults(kernel, seed) };
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    return { kind: "unavailable", kernel: name, reason: error.message };
  }
}

/** The name that progress and errors give a task. */
export function nameOfTask(task: VerifyTask): string {
  return task.kind === "mutation-tests" ? "self-test" : task.kernel;
}
