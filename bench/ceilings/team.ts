/**
 * Threads that do the same work at the same time, each on a memory of its own,
 * and are timed from the call that wakes them to the last one's end. Unlike a
 * kernel's pool it shares nothing but the signals.
 *
 * @module
 */
import { startWorkers } from "../../kernels/wasm/start_workers.ts";
import { type Bench, type BenchOptions, createBench, type Work } from "./work.ts";

/** What stands where in the control words, each in a cache line of its own; workers' signals come last. */
export const control = {
  pending: 0,
  failed: 16,
  stop: 17,
  index: 32,
  times: 33,
  bytes: 34,
  signals: 64,
};

/** What a worker is told at its start; its signal is raised for every piece of work. */
export interface WorkerStart {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly signal: number;
  readonly options: BenchOptions;
}

/** How often those who wait look before they sleep: some 50 µs. */
export const spins = 20_000;

/** How long workers may take to start, and to do a piece of work, in milliseconds. */
const patience = 20_000;

/** The threads; the caller is the first. */
export class Team implements Disposable {
  private constructor(
    readonly bench: Bench,
    readonly workers: readonly Worker[],
    readonly words: Int32Array<SharedArrayBuffer>,
  ) {}

  /** How many threads there are at most. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /**
   * Starts workers, so many less one. The caller reads up to `bytes`, each worker its `share`.
   *
   * @throws where the workers do not start, or there is not as much memory.
   */
  static async start(
    threads: number,
    options: BenchOptions,
    share: number,
  ): Promise<Team> {
    const words = new Int32Array(
      new SharedArrayBuffer(4 * (control.signals + 16 * threads)),
    );
    const bench = createBench(options);
    const parts: WorkerStart[] = [];
    for (let thread = 1; thread < threads; thread++) {
      const signal = control.signals + 16 * thread;
      parts.push({ words, signal, options: { ...options, bytes: share } });
    }
    const workers = await startWorkers(
      () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
      parts,
      { limit: patience, late: `its workers gave no answer within ${patience / 1e3} s` },
    );
    return new Team(bench, workers, words);
  }

  /**
   * Seconds in which so many threads all do the work.
   *
   * @throws where one of them fails or does not end.
   */
  time(work: Work, threads: number): number {
    if (threads > this.threads) {
      throw new RangeError(`only ${this.threads} threads, not ${threads}`);
    }
    const { words } = this;
    words[control.index] = work.index;
    words[control.times] = work.times;
    words[control.bytes] = work.bytes;
    Atomics.store(words, control.pending, threads - 1);
    const start = performance.now();
    for (let thread = 1; thread < threads; thread++) {
      const signal = control.signals + 16 * thread;
      Atomics.add(words, signal, 1);
      Atomics.notify(words, signal);
    }
    this.bench.perform(work);
    this.#join();
    return (performance.now() - start) / 1e3;
  }

  #join(): void {
    const { words } = this;
    for (let i = 0; i < spins; i++) if (Atomics.load(words, control.pending) === 0) break;
    for (let left; (left = Atomics.load(words, control.pending)) > 0;) {
      if (Atomics.wait(words, control.pending, left, patience) === "timed-out") {
        throw new Error(`${left} workers did not end within ${patience / 1e3} s`);
      }
    }
    if (Atomics.load(words, control.failed) > 0) throw new Error("a worker failed in its work");
  }

  [Symbol.dispose](): void {
    // One that sleeps would not hear that it is terminated.
    Atomics.store(this.words, control.stop, 1);
    for (const [i, worker] of this.workers.entries()) {
      const signal = control.signals + 16 * (i + 1);
      Atomics.add(this.words, signal, 1);
      Atomics.notify(this.words, signal);
      worker.terminate();
    }
  }
}
