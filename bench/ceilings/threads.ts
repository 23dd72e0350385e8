/**
 * Threads that do the same work at the same time, each on a memory of its own,
 * timed from the call that wakes them to the end of the last one. Unlike a
 * kernel's threads they share nothing but the signals.
 *
 * @module
 */
import { startWorkers } from "../../kernels/wasm/start_workers.ts";
import { createWorkList, type Work, type WorkList, type WorkOptions } from "./work.ts";

/** Where each of the shared words is, in a cache line of its own; the workers' signals come last. */
export const layout = {
  pending: 0,
  failed: 16,
  stop: 17,
  index: 32,
  times: 33,
  bytes: 34,
  signals: 64,
};

/** What a worker gets at its start; its signal is raised for every piece of work. */
export interface WorkerStart {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly signal: number;
  readonly options: WorkOptions;
}

/** How often a waiting thread looks before it sleeps: some 50 µs. */
export const spins = 20_000;

/** How long workers may take to start, and to do a piece of work, in milliseconds. */
const timeout = 20_000;

/** The threads; the caller is the first. */
export class ThreadGroup implements Disposable {
  private constructor(
    readonly list: WorkList,
    readonly workers: readonly Worker[],
    readonly words: Int32Array<SharedArrayBuffer>,
  ) {}

  /** How many threads there are at most. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /**
   * Starts all threads but the first. The caller reads up to `bytes`, each worker its `share`.
   *
   * @throws where the workers do not start, or the system has less memory.
   */
  static async start(
    threads: number,
    options: WorkOptions,
    share: number,
  ): Promise<ThreadGroup> {
    const words = new Int32Array(
      new SharedArrayBuffer(4 * (layout.signals + 16 * threads)),
    );
    const list = createWorkList(options);
    const parts: WorkerStart[] = [];
    for (let thread = 1; thread < threads; thread++) {
      const signal = layout.signals + 16 * thread;
      parts.push({ words, signal, options: { ...options, bytes: share } });
    }
    const workers = await startWorkers(
      () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
      parts,
      {
        limit: timeout,
        late: `its workers did not start within ${timeout / 1e3} s`,
        refusal: "a worker could not be loaded",
      },
    );
    return new ThreadGroup(list, workers, words);
  }

  /**
   * Seconds in which so many threads all do the work.
   *
   * @throws where one of them fails or does not end in time.
   */
  time(work: Work, threads: number): number {
    if (threads > this.threads) {
      throw new RangeError(`there are only ${this.threads} threads, not ${threads}`);
    }
    const { words } = this;
    words[layout.index] = work.index;
    words[layout.times] = work.times;
    words[layout.bytes] = work.bytes;
    Atomics.store(words, layout.pending, threads - 1);
    const start = performance.now();
    for (let thread = 1; thread < threads; thread++) {
      const signal = layout.signals + 16 * thread;
      Atomics.add(words, signal, 1);
      Atomics.notify(words, signal);
    }
    this.list.perform(work);
    this.#join();
    return (performance.now() - start) / 1e3;
  }

  #join(): void {
    const { words } = this;
    for (let i = 0; i < spins; i++) if (Atomics.load(words, layout.pending) === 0) break;
    for (let left; (left = Atomics.load(words, layout.pending)) > 0;) {
      if (Atomics.wait(words, layout.pending, left, timeout) === "timed-out") {
        throw new Error(`${left} workers did not end within ${timeout / 1e3} s`);
      }
    }
    if (Atomics.load(words, layout.failed) > 0) throw new Error("a worker failed in its work");
  }

  [Symbol.dispose](): void {
    // A worker that sleeps in Atomics.wait would not notice that it is terminated.
    Atomics.store(this.words, layout.stop, 1);
    for (const [i, worker] of this.workers.entries()) {
      const signal = layout.signals + 16 * (i + 1);
      Atomics.add(this.words, signal, 1);
      Atomics.notify(this.words, signal);
      worker.terminate();
    }
  }
}
