/**
 * A pool of threads on one shared memory. A task is written to the memory, and
 * the workers are woken by Atomics, without a message. Each share is done by
 * the thread that claims it first: as a rule the worker it is meant for, but the caller
 * where that one does not come in time, since it waits for a processor. The caller
 * then waits for what the others have claimed, first by spinning, since most waits
 * are shorter than a wake-up. Shares depend on the task alone, and so do the bits.
 * Method: fork and join with OpenMP's static schedule, and taking over.
 *
 * @module
 */
import { errorText, KernelUnavailableError, WorkerError } from "../../common/errors.ts";
import { type CoreOptions, startOfControl } from "./core.ts";
import { startWorkers } from "./start_workers.ts";
import type { Executor } from "./executor.ts";
import type { Performer } from "./performer.ts";
import { encodeTask, type Task, workOf } from "./tasks.ts";

/** The offsets of the words of the control page, in 32-bit words. */
export const control = {
  /** Raised with every task; the workers wait for it. */
  generation: 0,
  /** How many of the workers' shares are not finished. */
  pending: 16,
  /** 1 tells the workers to end. */
  stop: 32,
  /** How many workers have thrown. */
  failed: 48,
  /** Raised by every worker while it works, so that a slow one can be told from a dead one. */
  heartbeat: 64,
  task: 80,
  /** A word for each thread's share: 1 while no thread has claimed it. */
  open: 128,
} as const;

/** Claims a share; false where another thread has. One that is late for a task may claim of the next, whose record is then complete. */
export function claim(words: Int32Array<SharedArrayBuffer>, share: number): boolean {
  return Atomics.compareExchange(words, control.open + share, 1, 0) === 1;
}

/** The control page of a kernel's memory. */
export function controlOf(
  memory: WebAssembly.Memory,
  threads: number,
): Int32Array<SharedArrayBuffer> {
  return new Int32Array(
    memory.buffer as unknown as SharedArrayBuffer,
    startOfControl(threads),
    256,
  );
}

/** Tells all workers to end, also those that have yet to begin. */
function endWorkers(words: Int32Array<SharedArrayBuffer>): void {
  Atomics.store(words, control.stop, 1);
  Atomics.add(words, control.generation, 1);
  Atomics.notify(words, control.generation);
}

/** What a worker is told at its start. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  readonly options: CoreOptions;
  readonly thread: number;
}

/** Multiply-adds below which waking the workers costs more time than they save; see docs/performance-log.md. */
const defaultSerialBelow = 700_000;

/** How often the caller checks whether the workers are done before it sleeps: for about 50 µs. */
const spins = 20_000;

/** How long workers may take to start, in milliseconds. */
const defaultStartTimeout = 20_000;
/** How long workers may work without a heartbeat, in milliseconds. */
const defaultHeartbeatTimeout = 10_000;

/** The threads of a kernel, of which the caller's is the first. */
export class ThreadPool implements Executor {
  readonly threads: number;
  readonly #control: Int32Array<SharedArrayBuffer>;
  #broken: string | null = null;

  private constructor(
    readonly workers: readonly Worker[],
    memory: WebAssembly.Memory,
    readonly performer: Performer,
    readonly serialBelow: number,
    readonly heartbeatTimeout: number,
  ) {
    this.threads = workers.length + 1;
    this.#control = controlOf(memory, this.threads);
    for (const worker of workers) {
      worker.onerror = (event) => {
        event.preventDefault();
        this.#broken ??= `a worker of the pool ended: ${event.message}`;
      };
    }
  }

  /**
   * Starts the workers. `heartbeatTimeout` is after how many milliseconds without a heartbeat they
   * are given up, `startTimeout` within how many they must answer at first.
   *
   * @throws {KernelUnavailableError} where they cannot start, with the reason.
   */
  static async start(
    performer: Performer,
    memory: WebAssembly.Memory,
    options: CoreOptions,
    {
      serialBelow = defaultSerialBelow,
      heartbeatTimeout = defaultHeartbeatTimeout,
      startTimeout = defaultStartTimeout,
    }: {
      readonly serialBelow?: number | undefined;
      readonly heartbeatTimeout?: number;
      readonly startTimeout?: number;
    } = {},
  ): Promise<ThreadPool> {
    const parts: ThreadStart[] = [];
    for (let thread = 1; thread < options.threads; thread++) {
      parts.push({ memory, options, thread });
    }
    const workers = await startWorkers(
      () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
      parts,
      { limit: startTimeout, late: `no answer within ${startTimeout / 1e3} s` },
    ).catch((error: unknown) => {
      // Deno may overlook that a worker is terminated before it has begun: it must find this.
      endWorkers(controlOf(memory, options.threads));
      throw new KernelUnavailableError(`its workers cannot start: ${errorText(error)}`);
    });
    return new ThreadPool(workers, memory, performer, serialBelow, heartbeatTimeout);
  }

  perform(task: Task): void {
    if (this.#broken) throw new WorkerError(`${this.#broken}; make a new kernel`);
    const serial = task.kind === "pack" || task.kind === "sumRows" ||
      workOf(task) < this.serialBelow;
    if (serial || this.threads === 1) {
      this.performer.perform(task);
      return;
    }
    encodeTask(task, this.#control.subarray(control.task));
    Atomics.store(this.#control, control.pending, this.threads - 1);
    for (let share = 1; share < this.threads; share++) {
      Atomics.store(this.#control, control.open + share, 1);
    }
    Atomics.add(this.#control, control.generation, 1);
    Atomics.notify(this.#control, control.generation);
    try {
      this.performer.perform(task, 0, this.threads);
      this.#takeOver(task);
    } finally {
      this.#close();
      this.#join();
    }
  }

  /** Does the shares whose workers have not come. */
  #takeOver(task: Task): void {
    for (let share = 1; share < this.threads; share++) {
      if (!claim(this.#control, share)) continue;
      // Not finished where it throws either: no other thread is to wait for it.
      Atomics.sub(this.#control, control.pending, 1);
      this.performer.perform(task, share, this.threads);
    }
  }

  /** Leaves nothing to claim, also where the caller's own share has thrown. */
  #close(): void {
    for (let share = 1; share < this.threads; share++) {
      if (claim(this.#control, share)) Atomics.sub(this.#control, control.pending, 1);
    }
  }

  /** Waits until every worker has done its share. */
  #join(): void {
    for (let i = 0; i < spins; i++) {
      if (Atomics.load(this.#control, control.pending) === 0) break;
    }
    let lastBeat = performance.now();
    let heartbeat = Atomics.load(this.#control, control.heartbeat);
    for (let left; (left = Atomics.load(this.#control, control.pending)) > 0;) {
      Atomics.wait(this.#control, control.pending, left, 100);
      const now = Atomics.load(this.#control, control.heartbeat);
      if (now !== heartbeat) [heartbeat, lastBeat] = [now, performance.now()];
      if (performance.now() - lastBeat > this.heartbeatTimeout) {
        this.#broken = `${left} of ${this.threads - 1} workers gave no heartbeat for ${
          this.heartbeatTimeout / 1e3
        } s`;
        break;
      }
    }
    if (Atomics.load(this.#control, control.failed) > 0) {
      this.#broken ??= "a worker failed in its share of the work";
    }
    if (this.#broken) throw new WorkerError(`${this.#broken}; the result is not valid`);
  }

  // deno-lint-ignore require-await -- async, as the contract says
  async [Symbol.asyncDispose](): Promise<void> {
    endWorkers(this.#control);
    for (const worker of this.workers) worker.terminate();
  }
}
