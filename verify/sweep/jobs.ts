/**
 * The parts of a sweep as jobs of a pool of workers. A part is tried twice; one
 * that fails both times is reported, and the sweep goes on. Kernels that cannot
 * run in a worker run on the caller's thread.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createKernel, type KernelName } from "../../kernels/registry.ts";
import { type JobOptions, runInWorkers, runOnThisThread } from "../worker_pool.ts";
import type { Findings } from "./findings.ts";
import { inputsOf, type Part, sweepPart } from "./part.ts";

/** Traits as JSON; of what is a function, its source. */
export function traitsText(traits: KernelTraits): string {
  return JSON.stringify(
    traits,
    (_, value: unknown) => typeof value === "function" ? String(value) : value,
  );
}

/** A part for a kernel. */
export interface SweepJob {
  readonly kernel: KernelName;
  /** What `traitsText` of the kernel must be: findings of other code must not pass for this one's. */
  readonly traits: string;
  readonly part: Part;
}

/** What comes of a job: findings, or why a worker cannot have the kernel. */
export type SweepResult =
  | { readonly findings: Findings }
  | { readonly unavailable: string };

/** How {@linkcode runJobs} goes about it. */
export interface SweepJobOptions {
  /** How many workers; 0 computes all on the caller's thread. */
  readonly workers: number;
  /** Milliseconds without an answer after which a worker is taken to hang; a part takes about a second. */
  readonly timeout?: number;
  /** Makes a worker; by default one of worker.ts. */
  readonly start?: () => Worker;
  /** Ends it early; parts that are not done then are neither found nor failed. */
  readonly signal?: AbortSignal | undefined;
  readonly onFindings: (job: SweepJob, findings: Findings) => void;
  readonly onFailure: (job: SweepJob, reason: string) => void;
}

function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** Findings must be of all inputs of their part, or a fault of this code would count as verified. */
function problemOf({ part }: SweepJob, result: SweepResult): string | null {
  if ("unavailable" in result || result.findings.inputs === inputsOf(part)) return null;
  return `${result.findings.inputs} of ${inputsOf(part)} inputs were checked`;
}

/** Computes a job with a kernel of this thread. */
export async function computeJob(
  kernel: Kernel,
  { traits, part }: SweepJob,
): Promise<SweepResult> {
  const found = traitsText(kernel.traits);
  if (found !== traits) throw new Error(`its kernel is another: ${found}, not ${traits}`);
  return { findings: await sweepPart(kernel, part) };
}

/** Computes a job on the caller's thread, with a kernel of its own. */
async function computeHere(job: SweepJob): Promise<SweepResult> {
  await using kernel = await createKernel(job.kernel, { threads: 1 });
  return await computeJob(kernel, job);
}

/**
 * Computes all jobs and tells of each what was found, or why it failed.
 * Resolves when all are done or, after `signal`, when the workers have ended.
 */
export async function runJobs(
  jobs: Iterable<SweepJob>,
  { workers, timeout = 120_000, start = startWorker, signal, onFindings, onFailure }:
    SweepJobOptions,
): Promise<void> {
  const here: SweepJob[] = [];
  const options: JobOptions<SweepJob, SweepResult> = {
    attempts: 2,
    signal,
    problemOf,
    onResult: (job, result) => {
      if ("findings" in result) onFindings(job, result.findings);
      else here.push(job);
    },
    onFailure,
  };
  if (workers === 0) return await runOnThisThread(jobs, computeHere, options);
  await runInWorkers(jobs, { ...options, workers, timeout, start });
  await runOnThisThread(here, computeHere, options);
}
