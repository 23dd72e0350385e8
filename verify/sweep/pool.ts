/**
 * Workers that take the parts of a sweep, each the next when it is done with
 * one. A worker that throws, dies or falls silent is replaced and its part
 * repeated once; a part that fails twice is reported, and the sweep goes on.
 * Kernels that cannot run in a worker run on the caller's thread.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createKernel, type KernelName } from "../../kernels/registry.ts";
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
export interface Job {
  readonly kernel: KernelName;
  /** What `traitsText` of the kernel must be: findings of other code must not pass for this one's. */
  readonly traits: string;
  readonly part: Part;
}

/** What a worker answers to a job. */
export type Reply =
  | { readonly kind: "done"; readonly findings: Findings }
  /** The kernel cannot be made in a worker. */
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** How {@linkcode runJobs} goes about it. */
export interface PoolOptions {
  /** How many workers; 0 computes all on the caller's thread. */
  readonly workers: number;
  /** After how many milliseconds without an answer a worker is taken for dead; a part takes about a second. */
  readonly stallLimit?: number;
  /** Makes a worker; by default one of worker.ts. */
  readonly start?: () => Worker;
  /** Ends it early; parts that are not done then are neither found nor failed. */
  readonly signal?: AbortSignal | undefined;
  readonly onFindings: (job: Job, findings: Findings) => void;
  readonly onFailure: (job: Job, reason: string) => void;
}

/** How often a part is tried. */
const attempts = 2;

/** What was thrown, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** A part's findings must be of all its inputs, or a fault of ours would pass for a proof. */
function checked(reply: Reply, { part }: Job): Reply {
  if (reply.kind !== "done" || reply.findings.inputs === inputsOf(part)) return reply;
  const reason = `${reply.findings.inputs} of ${inputsOf(part)} inputs were checked`;
  return { kind: "failed", reason };
}

/** Gives a worker a job; resolves, whatever becomes of the worker. */
async function ask(
  worker: Worker,
  job: Job,
  { stallLimit = 120_000, signal }: PoolOptions,
): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const fail = (reason: string) => resolve({ kind: "failed", reason });
  const silent = () => fail(`the worker gave no answer for ${stallLimit / 1e3} s`);
  const timer = setTimeout(silent, stallLimit);
  const abort = () => fail("the sweep was ended");
  signal?.addEventListener("abort", abort);
  worker.onmessage = ({ data }: MessageEvent<Reply>) => resolve(checked(data, job));
  worker.onmessageerror = () => fail("the worker's answer cannot be read");
  worker.onerror = (event) => {
    event.preventDefault();
    fail(`the worker ended: ${event.message}`);
  };
  worker.postMessage(job);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** One worker after the other, as they fail; takes jobs until there is none. */
async function runLane(
  jobs: Iterator<Job>,
  options: PoolOptions,
  runHere: (job: Job) => void,
): Promise<void> {
  const { signal, start = startWorker, onFindings, onFailure } = options;
  let worker: Worker | null = null;
  try {
    for (let next = jobs.next(); !next.done && !signal?.aborted; next = jobs.next()) {
      const job = next.value;
      for (let attempt = 1; attempt <= attempts; attempt++) {
        let reply: Reply;
        try {
          worker ??= start();
          reply = await ask(worker, job, options);
        } catch (error) {
          reply = { kind: "failed", reason: messageOf(error) };
        }
        if (signal?.aborted) return;
        if (reply.kind === "unavailable") {
          runHere(job);
          break;
        }
        if (reply.kind === "done") {
          onFindings(job, reply.findings);
          break;
        }
        // What threw may have left its kernel in any state.
        worker?.terminate();
        worker = null;
        if (attempt === attempts) onFailure(job, reply.reason);
      }
    }
  } finally {
    worker?.terminate();
  }
}

/** Computes a job with this thread's kernel; resolves, whatever the kernel does. */
export async function computeJob(kernel: Kernel, { traits, part }: Job): Promise<Reply> {
  const found = traitsText(kernel.traits);
  if (found !== traits) {
    return { kind: "failed", reason: `its kernel is another: ${found}, not ${traits}` };
  }
  try {
    return { kind: "done", findings: await sweepPart(kernel, part) };
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}

/** Computes a job on the caller's thread, with a kernel of its own. */
async function computeHere(job: Job): Promise<Reply> {
  try {
    await using kernel = await createKernel(job.kernel, { threads: 1 });
    return await computeJob(kernel, job);
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}

async function runOnThisThread(jobs: Iterable<Job>, options: PoolOptions): Promise<void> {
  const { signal, onFindings, onFailure } = options;
  for (const job of jobs) {
    let reply: Reply = { kind: "failed", reason: "" };
    for (let attempt = 1; attempt <= attempts && reply.kind !== "done"; attempt++) {
      // Not a microtask: timers and signals must have their turn.
      await new Promise((resolve) => setTimeout(resolve));
      if (signal?.aborted) return;
      reply = checked(await computeHere(job), job);
    }
    if (reply.kind === "done") onFindings(job, reply.findings);
    else onFailure(job, reply.reason);
  }
}

/**
 * Computes all jobs and tells of each what was found, or why it failed.
 * Resolves when all are done or, after `signal`, when the workers are ended.
 */
export async function runJobs(jobs: Iterable<Job>, options: PoolOptions): Promise<void> {
  if (options.workers === 0) return await runOnThisThread(jobs, options);
  const shared = jobs[Symbol.iterator]();
  const here: Job[] = [];
  await Promise.all(
    Array.from(
      { length: options.workers },
      () => runLane(shared, options, (job) => here.push(job)),
    ),
  );
  await runOnThisThread(here, options);
}
