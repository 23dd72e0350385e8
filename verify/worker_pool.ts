/**
 * A pool of workers: each takes the next job when it is done with one. A worker
 * that throws, dies or sends no heartbeat for too long is replaced and its job
 * tried again, as often as is asked for; after that the job has failed, with
 * the reason, and the pool continues with the others. A worker is a process's
 * only defence against code that crashes or never returns.
 *
 * @module
 */

/** What a worker sends: a heartbeat that says where its job is, or how the job ended. */
export type WorkerMessage<Result, Beat extends Heartbeat> =
  | { readonly heartbeat: Beat }
  | WorkerReply<Result>;

/** How a job ended. */
export type WorkerReply<Result> = { readonly result: Result } | { readonly error: string };

/** Where a job is. */
export interface Heartbeat {
  readonly at: string;
}

/** What a worker is sent, besides its jobs, so that it stops by itself. */
export const stopRequest = "stop";

/** Milliseconds that a worker has to stop by itself. */
const timeToStop = 1000;

/** What becomes of the jobs. */
export interface JobOptions<Job, Result> {
  /** How often a job is tried; default once. */
  readonly attempts?: number;
  /** Why a result cannot be one of this job, whose worker then counts as failed; null where it can. */
  readonly problemOf?: (job: Job, result: Result) => string | null;
  /** Ends it early; jobs that are not done then have neither a result nor failed. */
  readonly signal?: AbortSignal | undefined;
  readonly onResult: (job: Job, result: Result) => void;
  readonly onFailure: (job: Job, reason: string) => void;
}

/** How jobs are run in workers. */
export interface PoolOptions<Job, Result, Beat extends Heartbeat> extends JobOptions<Job, Result> {
  /** How many run at once, at least one. */
  readonly workers: number;
  /** Milliseconds without a message after which a worker is taken to hang. */
  readonly timeout: number;
  /** Makes a worker. */
  readonly start: (job: Job) => Worker;
  /** Whether the next job has a new worker, though the last one succeeded; default never. */
  readonly fresh?: (last: Job, result: Result, next: Job) => boolean;
  /**
   * Whether the worker of `last` is the one for `next`, whose code its engine has
   * compiled: it takes the first such job that waits, and where there is none the
   * first of all. Default: always the first.
   */
  readonly follows?: (last: Job, next: Job) => boolean;
  /**
   * Whether workers that are idle when all is done are left for the process to
   * end, which is about to; default false. Where a worker has used a GPU, its end
   * unloads the driver's libraries on its own thread (`dlclose`), and a process
   * that exits meanwhile, which calls their destructors, may crash in
   * `__cxa_finalize`: exit code 139 or 134 after everything was done.
   */
  readonly leaveIdle?: boolean;
  readonly onHeartbeat?: (job: Job, heartbeat: Beat) => void;
}

/** Gives a worker a job; resolves, whatever becomes of the worker. */
async function ask<Job, Result, Beat extends Heartbeat>(
  worker: Worker,
  job: Job,
  { timeout, signal, onHeartbeat }: PoolOptions<Job, Result, Beat>,
): Promise<WorkerReply<Result>> {
  const { promise, resolve } = Promise.withResolvers<WorkerReply<Result>>();
  const fail = (error: string) => resolve({ error });
  let place = "since its start";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (milliseconds = timeout) => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(`no heartbeat for ${timeout / 1e3} s ${place}`), milliseconds);
  };
  // A worker is asked first: one that is ended while a GPU works for it may take the process with it.
  const onAbort = () => {
    worker.postMessage(stopRequest);
    watch(timeToStop);
  };
  signal?.addEventListener("abort", onAbort);
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage<Result, Beat>>) => {
    if (!("heartbeat" in data)) return resolve(data);
    place = `in ${data.heartbeat.at}`;
    if (!signal?.aborted) watch();
    onHeartbeat?.(job, data.heartbeat);
  };
  worker.onmessageerror = () => fail("the worker's message cannot be read");
  worker.onerror = (event) => {
    // Else Deno ends the whole process.
    event.preventDefault();
    fail(`the worker ended: ${event.message}`);
  };
  watch();
  worker.postMessage(job);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What does one job at a time, and what it does after one that failed. */
interface Lane<Job, Result> {
  readonly perform: (job: Job) => Promise<Result>;
  readonly reset?: () => void;
}

/** Does one job after the other, until there is none. */
async function runLane<Job, Result>(
  jobs: Iterator<Job>,
  { perform, reset }: Lane<Job, WorkerReply<Result>>,
  { attempts = 1, problemOf, signal, onResult, onFailure }: JobOptions<Job, Result>,
): Promise<void> {
  // No for-of: a lane that leaves such a loop would end the iterator for the others.
  for (let next = jobs.next(); !next.done && !signal?.aborted; next = jobs.next()) {
    const job = next.value;
    for (let attempt = 1;; attempt++) {
      const reply = await perform(job);
      if (signal?.aborted) return;
      const problem = "error" in reply ? reply.error : problemOf?.(job, reply.result) ?? null;
      if ("result" in reply && problem === null) {
        onResult(job, reply.result);
        break;
      }
      reset?.();
      if (attempt < attempts) continue;
      onFailure(job, problem?.split("\n", 1)[0] ?? "");
      break;
    }
  }
}

/** The jobs of one lane: of those that wait for any, the first that follows its last one. */
function* jobsOfLane<Job>(
  waiting: Job[],
  follows: (last: Job, next: Job) => boolean,
): Generator<Job, void, undefined> {
  for (let at = 0; waiting.length > 0;) {
    const [last] = waiting.splice(at, 1) as [Job];
    yield last;
    at = Math.max(0, waiting.findIndex((next) => follows(last, next)));
  }
}

/**
 * Runs jobs in workers, the first ones first. Resolves when all are done or,
 * after `signal`, when the workers have ended.
 */
export async function runInWorkers<Job, Result, Beat extends Heartbeat = Heartbeat>(
  jobs: Iterable<Job>,
  options: PoolOptions<Job, Result, Beat>,
): Promise<void> {
  const { workers, start, fresh, follows, leaveIdle = false } = options;
  const waiting = follows ? [...jobs] : [];
  const shared = jobs[Symbol.iterator]();
  await Promise.all(Array.from({ length: Math.max(1, workers) }, async () => {
    let worker: Worker | null = null;
    let done: { readonly job: Job; readonly result: Result } | null = null;
    // Also after a failure: what threw may have left its kernel in any state.
    const reset = () => {
      worker?.terminate();
      [worker, done] = [null, null];
    };
    const perform = async (job: Job): Promise<WorkerReply<Result>> => {
      if (done !== null && fresh?.(done.job, done.result, job)) reset();
      try {
        worker ??= start(job);
        const reply = await ask(worker, job, options);
        if ("result" in reply) done = { job, result: reply.result };
        return reply;
      } catch (error) {
        return { error: String(error) };
      }
    };
    try {
      const own = follows ? jobsOfLane(waiting, follows) : shared;
      await runLane(own, { perform, reset }, options);
    } finally {
      if (!leaveIdle) reset();
    }
  }));
}

/** Runs jobs on the caller's thread, one after the other. What `perform` throws fails the job. */
export async function runOnThisThread<Job, Result>(
  jobs: Iterable<Job>,
  perform: (job: Job) => Promise<Result>,
  options: JobOptions<Job, Result>,
): Promise<void> {
  const guarded = async (job: Job): Promise<WorkerReply<Result>> => {
    // More than a microtask: timers and signals are heard in between.
    await new Promise((resolve) => setTimeout(resolve));
    try {
      return { result: await perform(job) };
    } catch (error) {
      return { error: String(error) };
    }
  };
  await runLane(jobs[Symbol.iterator](), { perform: guarded }, options);
}
