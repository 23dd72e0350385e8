/**
 * What does the tasks of a Wasm kernel: the caller's thread alone, or a pool of
 * threads (`thread_pool.ts`).
 *
 * @module
 */
import type { Performer } from "./performer.ts";
import type { Task } from "./tasks.ts";

/** What does the tasks of a kernel. */
export interface Executor extends AsyncDisposable {
  /** How many threads compute, the caller included. */
  readonly threads: number;
  /** Multiply-adds below which a task is done by the caller's thread alone; absent where it always is. */
  readonly serialBelow?: number;
  /** Does all of a task before it returns. */
  perform(task: Task): void;
  /** What does a task of so many multiply-adds where that is the caller's thread alone, else null; absent where every task goes through `perform`. */
  alone?(work: number): Performer | null;
}

/** The caller's thread. */
export class SingleThread implements Executor {
  readonly threads = 1;

  constructor(readonly performer: Performer) {}

  perform(task: Task): void {
    this.performer.perform(task);
  }

  alone(): Performer {
    return this.performer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
