/**
 * Runs tasks in workers, as many at once as there are processors. A worker that
 * dies, or says nothing for so long that it must hang, is ended and its task
 * fails with the reason; the others go on.
 *
 * @module
 */
import { nameOfTask, type TaskProgress, type VerifyResult, type VerifyTask } from "./tasks.ts";
import type { WorkerMessage } from "./worker.ts";

/** A task that came to no result. */
export interface Lost {
  readonly task: VerifyTask;
  readonly reason: string;
}

/** How tasks are run. */
export interface CrewOptions {
  /** Workers at once. */
  readonly workers: number;
  /** Seconds without news after which a worker is taken to hang. */
  readonly patience: number;
  readonly onProgress?: (name: string, progress: TaskProgress) => void;
  readonly signal?: AbortSignal;
  /** The worker's module; another one in tests. */
  readonly module?: URL;
}

const stopped = "stopped";

/** Milliseconds in which a worker that is asked to stop may do so by itself. */
const patienceForStop = 1000;

function runInWorker(
  task: VerifyTask,
  { patience, onProgress, signal, module = new URL("./worker.ts", import.meta.url) }: CrewOptions,
): Promise<VerifyResult> {
  const { promise, resolve, reject } = Promise.withResolvers<VerifyResult>();
  const worker = new Worker(module, { type: "module", name: nameOfTask(task) });
  let at = "its start";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => reject(new Error(`no sign of life for ${patience} s in ${at}`)),
      patience * 1e3,
    );
  };
  let grace: ReturnType<typeof setTimeout> | undefined;
  // A worker is asked first: ended in the midst of a GPU's work, it may take the process with it.
  const onAbort = () => {
    worker.postMessage("stop");
    grace = setTimeout(() => reject(new Error(stopped)), patienceForStop);
  };
  signal?.addEventListener("abort", onAbort);
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    watch();
    if ("progress" in data) {
      at = data.progress.at;
      onProgress?.(nameOfTask(task), data.progress);
    } else if (signal?.aborted) reject(new Error(stopped));
    else if ("result" in data) resolve(data.result);
    else reject(new Error(data.error));
  };
  worker.onerror = (event) => {
    // Else Deno ends the whole process.
    event.preventDefault();
    reject(new Error(event.message));
  };
  watch();
  worker.postMessage(task);
  return promise.finally(() => {
    clearTimeout(timer);
    clearTimeout(grace);
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  });
}

/** Runs all tasks, the first ones first; results are in the order of the tasks. */
export async function runTasks(
  tasks: readonly VerifyTask[],
  options: CrewOptions,
): Promise<{ readonly results: VerifyResult[]; readonly lost: Lost[] }> {
  const outcomes: (VerifyResult | Lost)[] = [];
  let next = 0;
  const work = async () => {
    while (next < tasks.length && !options.signal?.aborted) {
      const i = next++;
      const task = tasks[i]!;
      try {
        outcomes[i] = await runInWorker(task, options);
      } catch (error) {
        const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
        if (reason !== stopped) outcomes[i] = { task, reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.workers) }, work));
  const found = outcomes.filter((outcome) => outcome !== undefined);
  return {
    results: found.filter((outcome): outcome is VerifyResult => "kind" in outcome),
    lost: found.filter((outcome): outcome is Lost => "task" in outcome),
  };
}
