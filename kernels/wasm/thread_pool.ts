/**
 * A pool of threads on one shared memory, woken by Atomics without a message. Each
 * share of a task is done by the thread that claims it first, its own worker or the
 * caller, who then waits for the others, at first by spinning. Shares depend on the
 * task alone, and so do the bits. Method: fork and join with OpenMP's static
 * schedule, and taking over.
 *
 * @module
 */
import {
  ArgumentError,
  errorText,
  KernelUnavailableError,
  WorkerError,
} from "../../common/errors.ts";
import type { ThreadWorker } from "../kernel.ts";
import { claim, control, failureIn } from "./control.ts";
import type { CoreOptions } from "./core.ts";
import type { WorkerSources } from "./create_worker.ts";
import { PoolWorkers } from "./pool_workers.ts";
import type { Executor } from "./executor.ts";
import type { Performer } from "./performer.ts";
import { encodeTask, type Task, workOf } from "./tasks.ts";
import { WakeAccount } from "./wake_account.ts";

/** Multiply-adds below which waking the workers costs more time than they save; see docs/performance-log.md. */
const defaultSerialBelow = 700_000;

/**
 * Workers that can be started late are, once so many multiply-adds worth sharing were done without
 * them, or the next task exceeds it: these take one thread as long as it takes to start a worker,
 * so that no program takes more than twice as long as it must, and a short one starts none. The
 * rule is that of renting skis or buying them (Karlin, Manasse, Rudolph & Sleator, 1988).
 */
const workBeforeStart = 2 ** 30;

/** How often the caller checks whether the workers are done before it sleeps: for about 0.1 ms, 5 ns a check. */
const spins = 20_000;

/** How long workers may take to start, in milliseconds. */
const defaultStartTimeout = 20_000;
/** How long workers may work without a heartbeat, in milliseconds. */
const defaultHeartbeatTimeout = 10_000;
/** How long workers that would hold their process stay when there is nothing to do, in milliseconds. */
const defaultRest = 2_000;

/** Ends the workers of pools that were collected without having been disposed. */
const collected = new FinalizationRegistry((workers: PoolWorkers) => workers.end());

/**
 * The threads of a kernel, of which the caller's is the first.
 *
 * Where idle workers would hold the process, they end after a rest. The first tasks
 * thereafter are done by those threads that there are, the caller alone at first,
 * and each of them starts one worker again, for good, which takes it some tens of
 * milliseconds longer.
 */
export class ThreadPool implements Executor {
  readonly threads: number;
  readonly #control: Int32Array<SharedArrayBuffer>;
  /** Null where all tasks are shared. */
  readonly #account: WakeAccount | null;
  /** Multiply-adds that were worth sharing before the workers were started. */
  #workBefore = 0;

  private constructor(
    readonly workers: PoolWorkers,
    readonly performer: Performer,
    readonly serialBelow: number,
    readonly heartbeatTimeout: number,
  ) {
    this.threads = workers.threads;
    this.#control = workers.words;
    this.#account = serialBelow === 0 ? null : new WakeAccount();
    collected.register(this, workers, workers);
  }

  /**
   * Starts the workers. `heartbeatTimeout` is after how many milliseconds without a heartbeat they
   * are given up, `startTimeout` within how many they must answer at first, and `rest` after how many
   * idle ones they end where they would hold their process. Where `late`, those that cannot fail to
   * load are started once their work would have paid for it.
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
      rest = defaultRest,
      createWorker,
      begun = null,
      late = false,
    }: {
      readonly serialBelow?: number | undefined;
      readonly heartbeatTimeout?: number;
      readonly startTimeout?: number;
      readonly rest?: number;
      readonly createWorker?: (() => ThreadWorker) | undefined;
      readonly begun?: WorkerSources | null;
      readonly late?: boolean;
    } = {},
  ): Promise<ThreadPool> {
    const beginning = { createWorker, begun, late };
    const workers = new PoolWorkers(memory, options, { startTimeout, rest }, beginning);
    await workers.start().catch((error: unknown) => {
      if (error instanceof ArgumentError) throw error;
      throw new KernelUnavailableError(`its workers cannot start: ${errorText(error)}`);
    });
    return new ThreadPool(workers, performer, serialBelow, heartbeatTimeout);
  }

  perform(task: Task): void {
    const { broken } = this.workers;
    if (broken) throw new WorkerError(`${broken}; make a new kernel`);
    const serial = task.kind === "pack" || task.kind === "sumRows" ||
      workOf(task) < this.serialBelow;
    if (serial || this.threads === 1) {
      this.performer.perform(task);
      return;
    }
    if (this.workers.late) {
      this.#workBefore += workOf(task);
      if (this.#workBefore < workBeforeStart) {
        this.performer.perform(task);
        return;
      }
      this.workers.startLate();
    }
    const begin = performance.now();
    if (this.#account?.isWorthWaking(begin) === false) {
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
    const woken = performance.now();
    let own = 0;
    let others = 0;
    try {
      this.performer.perform(task, 0, this.threads);
      own = performance.now() - woken;
      others = this.#takeOver(task);
    } catch (error) {
      this.#close();
      try {
        this.#join();
      } catch (other) {
        // What the caller has thrown is what it is told, and what became of the others why it may be.
        if (error instanceof Error) error.cause ??= other;
      }
      throw error;
    }
    const done = performance.now();
    this.#join();
    const now = performance.now();
    const lost = woken - begin + now - done;
    this.#account?.enter({ work: workOf(task), own, others, lost, now });
  }

  alone(work: number): Performer | null {
    // A broken pool computes nothing, and says so in `perform`.
    return work < this.serialBelow && !this.workers.broken ? this.performer : null;
  }

  /** Does the shares whose workers have not come, leaves none to claim, and returns how many others do. */
  #takeOver(task: Task): number {
    let gone = 0;
    let others = this.threads - 1;
    for (let share = 1; share < this.threads; share++) {
      if (!claim(this.#control, share)) continue;
      others--;
      // Not finished where it throws either: no other thread is to wait for it.
      Atomics.sub(this.#control, control.pending, 1);
      this.performer.perform(task, share, this.threads);
      if (Atomics.load(this.#control, control.gone + share) !== 0) gone = share;
    }
    // One at most, since to start one takes as long as many products.
    if (gone !== 0) this.workers.replace(gone);
    return others;
  }

  /** Leaves nothing to claim where the caller has thrown. */
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
        this.workers.broken = `${left} of ${this.threads - 1} workers gave no heartbeat for ${
          this.heartbeatTimeout / 1e3
        } s`;
        break;
      }
    }
    const failure = failureIn(this.#control);
    if (failure !== null) {
      this.workers.broken ??= `a worker failed in its share of the work: ${failure}`;
    }
    const { broken } = this.workers;
    if (broken) throw new WorkerError(`${broken}; the result is not valid`);
  }

  // deno-lint-ignore require-await -- async, as the contract says
  async [Symbol.asyncDispose](): Promise<void> {
    collected.unregister(this.workers);
    this.workers.end();
  }
}
