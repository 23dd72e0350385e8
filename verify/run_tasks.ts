/**
 * The tasks of a run, each in a worker of its own: one that crashes or hangs
 * fails with the reason, and the others go on.
 *
 * @module
 */
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
    // What one kernel leaves behind, such as a thread that never ends, must not meet the next.
    fresh: true,
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
