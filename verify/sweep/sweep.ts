/**
 * Sweeps the activations of kernels over all float32 numbers, or every N-th,
 * with several workers. The largest error on all of them is the maximum, not an
 * estimate. A sweep can be stopped and resumed, by a resume file.
 *
 * @module
 */
import { ArgumentError, KernelUnavailableError } from "../../common/errors.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { createKernel, type KernelName } from "../../kernels/registry.ts";
import { reasonOf } from "../../results/files.ts";
import { type Findings, type SweptName, sweptNames } from "./findings.ts";
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import { problemsOf } from "./judge.ts";
import { Ledger } from "./ledger.ts";
import { inputsOf, type Part, partsOf } from "./part.ts";
import { runJobs, type SweepJob, traitsText } from "./jobs.ts";
import { Resume } from "./resume.ts";

/** The progress of a sweep. */
export interface SweepProgress {
  /** Inputs that are done, those of the resume file included. */
  readonly done: number;
  readonly total: number;
  /** Since this run began; 0 at first. */
  readonly inputsPerSecond: number;
  /** At this speed; null while there is none. */
  readonly secondsLeft: number | null;
}

/** What is swept, and how. */
export interface SweepOptions {
  readonly kernels: readonly KernelName[];
  /** Default all but softmax. */
  readonly activations?: readonly SweptName[];
  /** Every stride-th of the 2^32 bit patterns is an input; 1 takes them all. */
  readonly stride: number;
  /** How many workers; 0 computes on the caller's thread. */
  readonly workers: number;
  /** The resume file's path, or null for none. */
  readonly resume: string | null;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Is told, a line each, what the user should know of the resume file. */
  readonly onNotice?: (line: string) => void;
  /** Ends the sweep; what is done is saved. */
  readonly signal?: AbortSignal | undefined;
  /** Bit patterns in a part, the least that is lost when a sweep is ended; default 2^22, some tenths of a second. */
  readonly patterns?: number;
}

/** What was found of one activation of one kernel. */
export interface Swept {
  readonly kernel: KernelName;
  readonly activation: SweptName;
  readonly traits: KernelTraits;
  readonly findings: Findings;
  /** Whether all of the sweep's inputs were checked. */
  readonly complete: boolean;
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
}

/** A part that failed twice. */
export interface FailedPart {
  readonly kernel: KernelName;
  readonly part: Part;
  readonly reason: string;
}

/** What a sweep found. */
export interface SweepReport {
  readonly stride: number;
  readonly swept: readonly Swept[];
  readonly failedParts: readonly FailedPart[];
  /** Kernels that this machine cannot run. */
  readonly skipped: readonly { readonly kernel: KernelName; readonly reason: string }[];
  /** Whether it was ended before all was done. */
  readonly partial: boolean;
  /** Whether all was done, and nothing is wrong. */
  readonly passed: boolean;
  readonly seconds: number;
  /** Of this run. */
  readonly inputsPerSecond: number;
}

const mostWorkers = 256;

function requireWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new ArgumentError(`${name} must be a whole number from ${low} to ${high}; got ${value}`);
}

/** The traits of the kernels that this machine has, each of one thread as the workers make it. */
async function traitsOf(
  names: readonly KernelName[],
): Promise<{ traits: Map<KernelName, KernelTraits>; skipped: SweepReport["skipped"] }> {
  const traits = new Map<KernelName, KernelTraits>();
  const skipped: { kernel: KernelName; reason: string }[] = [];
  for (const name of names) {
    try {
      await using kernel = await createKernel(name, { threads: 1 });
      traits.set(name, kernel.traits);
    } catch (error) {
      if (!(error instanceof KernelUnavailableError)) throw error;
      skipped.push({ kernel: name, reason: error.message });
    }
  }
  return { traits, skipped };
}

/** The resume file, or null where there is to be or can be none. */
async function openResume(
  { resume, stride, patterns }: { resume: string | null; stride: number; patterns: number },
  traits: ReadonlyMap<KernelName, string>,
  notice: (line: string) => void,
): Promise<Resume | null> {
  if (resume === null) return null;
  let fingerprint: Fingerprint;
  try {
    fingerprint = await fingerprintOf(stride, patterns);
  } catch (error) {
    notice(
      "no resume file is used, and what is done is lost where the sweep is stopped, since the " +
        `code cannot be read (${reasonOf(error)})`,
    );
    return null;
  }
  return await Resume.open(resume, fingerprint, traits, notice);
}

/**
 * Sweeps the activations of kernels.
 *
 * Whatever a kernel does is in the report; a part that throws, or whose worker
 * dies, is tried once more and then is among `failedParts`. Ended by `signal`, it
 * resolves with what is done, and `partial` is true.
 *
 * @throws {ArgumentError} for a number out of range, or no kernel.
 * @throws {UsageError} where `resume` is something else than a resume file.
 * @throws {FileError} where the resume file cannot be written at first.
 *
 * @example Every 1 000 003th input, on the caller's thread
 * ```ts
 * import { sweepAll } from "./sweep.ts";
 * import { assert } from "@std/assert";
 *
 * const { passed, swept } = await sweepAll({
 *   kernels: ["naive"],
 *   activations: ["tanh"],
 *   stride: 1_000_003,
 *   workers: 0,
 *   resume: null,
 * });
 * assert(passed && swept[0]!.findings.inputs > 4000);
 * ```
 */
export async function sweepAll(options: SweepOptions): Promise<SweepReport> {
  const { stride, workers, signal, onProgress, onNotice } = options;
  const { activations = sweptNames, patterns = 2 ** 22 } = options;
  requireWhole("stride", stride, 1, 2 ** 24);
  requireWhole("workers", workers, 0, mostWorkers);
  requireWhole("patterns", patterns, 1, 2 ** 32);
  const names = [...new Set(options.kernels)];
  if (names.length === 0) throw new ArgumentError("a sweep needs a kernel");
  const { traits, skipped } = await traitsOf(names);
  const notice = (line: string) => onNotice?.(line);
  const texts = new Map([...traits].map(([name, value]) => [name, traitsText(value)] as const));
  const resume = await openResume({ ...options, patterns }, texts, notice);
  const ledger = resume?.ledger ?? new Ledger();
  if (!resume) { for (const [name, text] of texts) ledger.addKernel(name, text); }

  const work = new Map<SweepJob, number>();
  const pairs = [...traits.keys()].flatMap((kernel) =>
    [...new Set(activations)].map((activation) => ({ kernel, activation }))
  );
  let total = 0;
  let done = 0;
  for (const { kernel, activation } of pairs) {
    for (const [i, part] of partsOf(activation, stride, patterns).entries()) {
      total += inputsOf(part);
      if (ledger.has(kernel, activation, i)) done += inputsOf(part);
      else work.set({ kernel, traits: texts.get(kernel)!, part }, i);
    }
  }

  const start = performance.now();
  const before = done;
  const speed = () => (done - before) / Math.max(1e-3, (performance.now() - start) / 1e3);
  const progress = () => {
    const inputsPerSecond = speed();
    const secondsLeft = inputsPerSecond > 0 ? (total - done) / inputsPerSecond : null;
    onProgress?.({ done, total, inputsPerSecond, secondsLeft });
  };
  progress();
  const save = async (): Promise<void> => {
    try {
      await resume?.save();
    } catch (error) {
      // The sweep is worth more than the file.
      notice(String(error));
    }
  };
  const failedParts: FailedPart[] = [];
  await runJobs(work.keys(), {
    workers: Math.min(workers, work.size),
    signal,
    onFindings: (job, findings) => {
      ledger.record(job.kernel, job.part.activation, [work.get(job)!], findings);
      done += findings.inputs;
      if (resume?.due) void save();
      progress();
    },
    onFailure: ({ kernel, part }, reason) => failedParts.push({ kernel, part, reason }),
  });
  await save();

  const swept = pairs.map(({ kernel, activation }): Swept => {
    const findings = ledger.findingsOf(kernel, activation);
    const all = { activation, first: 0, last: 2 ** 32, stride };
    const complete = findings.inputs === inputsOf(all);
    const value = traits.get(kernel)!;
    const problems = findings.inputs > 0 ? problemsOf(activation, findings, value) : [];
    return { kernel, activation, traits: value, findings, complete, problems };
  });
  const failed = failedParts.reduce((sum, { part }) => sum + inputsOf(part), 0);
  return {
    stride,
    swept,
    failedParts,
    skipped,
    partial: done + failed < total,
    passed: swept.length > 0 &&
      swept.every(({ complete, problems }) => complete && problems.length === 0),
    seconds: (performance.now() - start) / 1e3,
    inputsPerSecond: speed(),
  };
}
