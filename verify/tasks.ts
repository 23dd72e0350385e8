/**
 * The tasks that a run of the verifier is made of, as messages for workers: one
 * kernel's checks, or the mutation tests.
 *
 * @module
 */
import { KernelUnavailableError } from "../common/errors.ts";
import type { KernelVerification } from "../results/verification/schema.ts";
import type { Effort } from "./check.ts";
import { kernelMaker } from "./foreign/maker.ts";
import { hashResults, noHashes, type ResultHashes } from "./groups.ts";
import { casesOfHalf, type Half } from "./halves.ts";
import { type MutationTests, type Part, runMutationTests } from "./mutants/mutants.ts";
import { withProposal } from "./proposal.ts";
import { type KnownKernel, nameOfKernel, repeatByCommand } from "./repeat_command.ts";
import { checks, verifyKernel } from "./verify.ts";

/** The checks of one kernel. */
export interface KernelTask {
  readonly kind: "kernel";
  readonly kernel: KnownKernel;
  readonly checks: readonly string[];
  readonly effort: Effort;
  readonly seed: number;
  /** As `VerifyOptions` have it. */
  readonly sweepSeed?: number;
  /** Which half of their cases it has, as `VerifyOptions` have it; default null, all. */
  readonly half?: Half | null;
  /** Which part of the kernel's checks these are; default all. */
  readonly part?: Part;
  /** What all checks found, where nothing is left but to propose claims by it; default null. */
  readonly found?: KernelVerification | null;
}

/** A task. */
export type VerifyTask =
  | KernelTask
  | {
    readonly kind: "mutation-tests";
    readonly keyOnly: boolean;
    readonly matrix: boolean;
    /** Which of them: parts are run side by side. */
    readonly part: Part;
    /** The checks of the parts of kernels, which its parts follow. */
    readonly dealt: readonly (readonly string[])[];
    /** The checks that conforming variants are tried by: those that the run is made of. */
    readonly checks: readonly string[];
    /** The seed that conforming variants are drawn by; null where all are tried. */
    readonly drawnBy: number | null;
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
  | { readonly kind: "unavailable"; readonly kernel: string; readonly reason: string }
  | { readonly kind: "mutation-tests"; readonly self: MutationTests };

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
    const { keyOnly, matrix, part, dealt, drawnBy, gpu, effort, seed } = task;
    const chosen = checks.filter(({ name }) => task.checks.includes(name));
    const progress = (at: string, done: number, of: number) => onProgress?.({ at, done, of });
    const self = await runMutationTests({
      keyOnly,
      matrix,
      part,
      dealt,
      drawnBy,
      gpu,
      effort,
      seed,
      chosen,
      onProgress: progress,
      ...(signal && { signal }),
    });
    return { kind: "mutation-tests", self };
  }
  const { effort, seed, sweepSeed = seed, half = null, part, found = null } = task;
  const name = nameOfKernel(task.kernel);
  try {
    const { create, heedsOptions } = await kernelMaker(task.kernel);
    // Every product is shared between the threads, however small.
    await using kernel = await create({ serialBelow: 0 });
    if (found !== null) {
      const report = await withProposal(kernel, found);
      return { kind: "kernel", report, hashes: noHashes(name) };
    }
    const chosen = checks.filter((check) => task.checks.includes(check.name));
    const others = heedsOptions ? create : null;
    const context = { effort, create: others, seed, sweepSeed };
    const counts = chosen.map((check) =>
      casesOfHalf(check.name, check.cases(kernel, context), half, sweepSeed).length
    );
    const of = counts.reduce((sum, count) => sum + count, 0);
    const report = await verifyKernel(kernel, {
      seed,
      sweepSeed,
      effort,
      half,
      checks: chosen,
      create: others,
      repeat: repeatByCommand(task.kernel, seed),
      ...(signal && { signal }),
      onProgress: (at, done) => {
        const before = counts.slice(0, chosen.findIndex((check) => check.name === at));
        onProgress?.({ at, done: before.reduce((sum, count) => sum + count, done), of });
      },
    });
    const hashes = part && part.index > 0 ? noHashes(name) : await hashResults(kernel, seed);
    return {
      kind: "kernel",
      report: { ...report, kernel: name },
      hashes: { ...hashes, kernel: name },
    };
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    return { kind: "unavailable", kernel: name, reason: error.message };
  }
}

/** The name that progress and errors give a task. */
export function nameOfTask(task: VerifyTask): string {
  const name = task.kind === "kernel" ? nameOfKernel(task.kernel) : "self-test";
  const { index, of } = task.part ?? { index: 0, of: 1 };
  return of === 1 ? name : `${name} ${index + 1} of ${of}`;
}
