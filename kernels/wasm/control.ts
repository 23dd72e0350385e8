/**
 * The control page of a pool of threads: words of the shared memory by which the
 * caller and the workers tell each other what is to be done, and what is done.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
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
  /** The text of the first error of a worker: how many UTF-16 code units it has, and then a word for each. */
  error: 256,
} as const;

const words = 512;
/** Of a longer text the rest is left out. */
const mostUnits = words - control.error - 1;

/** Claims a share; false where another thread has. One that is late for a task may claim of the next, whose record is then complete. */
export function claim(words: Int32Array<SharedArrayBuffer>, share: number): boolean {
  return Atomics.compareExchange(words, control.open + share, 1, 0) === 1;
}

/**
 * Notes that a worker has thrown, and what. A message would reach the caller only
 * after `perform`, which waits for the workers without a turn of the event loop.
 */
export function reportFailure(page: Int32Array<SharedArrayBuffer>, error: unknown): void {
  // The first one writes its text; -1 stands for one that is not complete.
  if (Atomics.compareExchange(page, control.error, 0, -1) === 0) {
    const text = (errorLine(error) || "an error without a text").slice(0, mostUnits);
    for (let i = 0; i < text.length; i++) page[control.error + 1 + i] = text.charCodeAt(i);
    Atomics.store(page, control.error, text.length);
  }
  Atomics.add(page, control.failed, 1);
}

/** What the first worker that failed has thrown; null where none has. */
export function failureIn(page: Int32Array<SharedArrayBuffer>): string | null {
  if (Atomics.load(page, control.failed) === 0) return null;
  const start = control.error + 1;
  const units = page.subarray(start, start + Math.max(0, Atomics.load(page, control.error)));
  return String.fromCharCode(...units).toWellFormed();
}

/** The control page of a kernel's memory. */
export function controlOf(
  memory: WebAssembly.Memory,
  threads: number,
): Int32Array<SharedArrayBuffer> {
  return new Int32Array(
    memory.buffer as unknown as SharedArrayBuffer,
    startOfControl(threads),
    words,
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
