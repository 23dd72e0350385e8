/**
 * The workers of a pool: started together, replaced one by one where they ended
 * after a rest, and told to end all at once. They know nothing of the pool,
 * which the garbage collector could otherwise never find forgotten.
 *
 * @module
 */
import type { ThreadWorker } from "../kernel.ts";
import { control, controlOf, type ThreadStart } from "./control.ts";
import type { CoreOptions } from "./core.ts";
import { type WorkerSource, type WorkerSources, workerSources } from "./create_worker.ts";
import { release } from "./release_worker.ts";
import { startWorkers } from "./start_workers.ts";

/** The times of a pool, in milliseconds. */
interface Times {
  /** Within how many a worker must answer at its start. */
  readonly startTimeout: number;
  /** After how many idle ones a worker ends that would hold its process. */
  readonly rest: number;
}

/** How the workers of a pool are made, and when. */
export interface Beginning {
  readonly createWorker?: (() => ThreadWorker) | undefined;
  /** Sources of which some workers may have begun; null for those of `createWorker`. */
  readonly begun?: WorkerSources | null;
  /** Whether workers that cannot fail to load are left to {@linkcode PoolWorkers.startLate}. */
  readonly late?: boolean;
}

/** The workers of a pool. */
export class PoolWorkers {
  readonly threads: number;
  /** The control page. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Why nothing can be computed any more; null where it can. */
  broken: string | null = null;
  /** Whether they are still to be started by {@linkcode PoolWorkers.startLate}. */
  late = false;
  /** By thread; the first is the caller's and has none. */
  readonly #workers = new Map<number, Worker>();
  #sources: WorkerSources | null = null;
  #ended = false;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly options: CoreOptions,
    readonly times: Times,
    readonly beginning: Beginning,
  ) {
    this.threads = options.threads;
    this.words = controlOf(memory, options.threads);
  }

  /**
   * Starts all workers, and waits until they have answered where they may fail to. Elsewhere the
   * caller does their shares until they come: a worker takes longer to start than many a program
   * computes. So they may be started late, too.
   *
   * @throws where one cannot start.
   */
  async start(): Promise<void> {
    const { createWorker, begun = null, late = false } = this.beginning;
    const threads = this.#threads();
    try {
      if (threads.length === 0) return;
      this.#sources = begun ?? await workerSources(createWorker);
      const { first } = this.#sources;
      if (first.mayFail) await this.#start(first, threads);
      else if (late) this.late = true;
      else this.#startEach(first, threads);
    } catch (error) {
      // Those that did start wait, and where they wait they cannot be terminated.
      this.end();
      throw error;
    }
  }

  /** Starts those that were left to be started late; where one cannot start, the caller goes on alone. */
  startLate(): void {
    if (!this.late) return;
    this.late = false;
    try {
      this.#startEach(this.#sources!.first, this.#threads());
    } catch {
      // It does their shares.
    }
  }

  /** The threads that have a worker. */
  #threads(): number[] {
    return Array.from({ length: this.threads - 1 }, (_, i) => i + 1);
  }

  /** Starts workers without waiting for them; the caller goes on without one that does not come. */
  #startEach(source: WorkerSource, threads: readonly number[]): void {
    const workers: Worker[] = [];
    try {
      for (const _ of threads) workers.push(source.create());
    } catch (error) {
      for (const worker of workers) worker.terminate();
      throw error;
    }
    for (const [i, worker] of workers.entries()) {
      this.#start({ ...source, create: () => worker }, [threads[i]!]).catch(() => {});
    }
  }

  /** Starts another worker in the place of one that has ended, which takes some tens of milliseconds before it returns; until it is there, the caller does its share. */
  replace(thread: number): void {
    Atomics.store(this.words, control.gone + thread, 0);
    // Where none can start any more, the caller goes on without.
    if (this.#sources) this.#start(this.#sources.later(), [thread]).catch(() => {});
  }

  async #start(
    { create, rests, refusal }: WorkerSource,
    threads: readonly number[],
  ): Promise<void> {
    const { memory, options, times: { startTimeout, rest } } = this;
    const parts: ThreadStart[] = threads.map((thread) => ({
      memory,
      options,
      thread,
      rest: rests ? rest : Infinity,
    }));
    const late = `no answer within ${startTimeout / 1e3} s`;
    const workers = await startWorkers(create, parts, { limit: startTimeout, late, refusal });
    for (const [i, worker] of workers.entries()) {
      worker.onerror = (event) => {
        event.preventDefault();
        this.broken ??= `a worker of the pool ended: ${event.message}`;
      };
      release(worker);
      this.#workers.set(threads[i]!, worker);
    }
    if (this.#ended) this.end();
  }

  /** Ends all workers. */
  end(): void {
    this.#ended = true;
    Atomics.store(this.words, control.stop, 1);
    Atomics.add(this.words, control.generation, 1);
    Atomics.notify(this.words, control.generation);
    for (const worker of this.#workers.values()) worker.terminate();
  }
}
