/**
 * The control page of a pool of threads: words of the shared memory by which the
 * caller and the workers tell each other what is to be done, and what is done.
 *
 * @module
 */
import { type CoreOptions, startOfControl } from "./core.ts";

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
  /** A word for each thread: 1 where its worker has ended after a rest. */
  gone: 192,
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

/** What a worker is told at its start. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  readonly options: CoreOptions;
  readonly thread: number;
  /** After how many idle milliseconds it ends; Infinity for never. */
  readonly rest: number;
}
