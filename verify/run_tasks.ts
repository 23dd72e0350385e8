/**
 * The tasks of a run, in workers: one that crashes or hangs fails with the
 * reason, and the others go on. A worker does another task only after one that
 * can have left nothing behind: the engine has then compiled the checks, which
 * takes it as long as it takes to run them once.
 *
 * @module
 */
import type { KernelName } from "../kernels/registry.ts";
import { nameOfTask, type TaskProgress, type VerifyResult, type VerifyTask } from "./tasks.ts";
import { runInWorkers } from "./worker_pool.ts";

/** A task that came to no result. */
export interface Lost {
  readonly task: VerifyTask;
  readonly reason: string;
}

/** How tasks are run. */
export interface TaskOptions {
  /** Workers at once. */
  readonly workers: number;
  /** Milliseconds without a heartbeat after which a worker is taken to hang. */
  readonly timeout: number;
  readonly onProgress?: (name: string, progress: TaskProgress) => void;
  readonly onResult?: (task: VerifyTask, result: VerifyResult) => void;
  readonly signal?: AbortSignal;
  /** See {@linkcode PoolOptions}. */
  readonly leaveIdle?: boolean;
  /** The worker's module; another one in tests. */
  readonly module?: URL;
}

/** Kernels of this project that leave the process as it was: the others load a library or a driver, which stays. */
const cleanKernels: readonly KernelName[] = ["naive", "blocked", "wasm-simd", "wasm-threads"];

/** Whether the task is the checks of a kernel that leaves nothing behind; where it passed, its threads have ended, too. */
function isClean(task: VerifyTask): boolean {
  return task.kind === "kernel" && (cleanKernels as readonly unknown[]).includes(task.kernel);
}

/**
 * Whether what a task may have left behind, such as a thread that never ends,
 * could meet the next: after all but a clean kernel that passed, and before all
 * but such a kernel and mutants, which meet what other mutants left as it is.
 */
function needsFreshWorker(last: VerifyTask, result: VerifyResult, next: VerifyTask): boolean {
  const leftNothing = isClean(last) && result.kind === "kernel" && result.report.passed;
  return !leftNothing || !(isClean(next) || next.kind === "mutation-tests");
}

/** Whether both are the same part of the checks, of different kernels or the second of mutants: the engine compiles each check once then, and not once for each of them. */
function isSamePart(last: VerifyTask, next: VerifyTask): boolean {
  if (last.kind !== "kernel") return false;
  const [one, other] = [last.part, next.part];
  return one !== undefined && one.index === other?.index && one.of === other.of;
}

/** Runs all tasks, the first ones first; results are in the order of the tasks. */
export async function runTasks(
  tasks: readonly VerifyTask[],
  { workers, timeout, onProgress, onResult, signal, leaveIdle = false, module }: TaskOptions,
): Promise<{ readonly results: VerifyResult[]; readonly lost: Lost[] }> {
  const results = new Map<VerifyTask, VerifyResult>();
  const lost: Lost[] = [];
  await runInWorkers<VerifyTask, VerifyResult, TaskProgress>(tasks, {
    workers,
    timeout,
    signal,
    fresh: needsFreshWorker,
    follows: isSamePart,
    leaveIdle,
    start: (task) =>
      new Worker(module ?? new URL("./worker.ts", import.meta.url), {
        type: "module",
        name: nameOfTask(task),
      }),
    onHeartbeat: (task, progress) => onProgress?.(nameOfTask(task), progress),
    onResult: (task, result) => {
      results.set(task, result);
      onResult?.(task, result);
    },
    onFailure: (task, reason) => lost.push({ task, reason }),
  });
  return { results: tasks.flatMap((task) => results.get(task) ?? []), lost };
}
