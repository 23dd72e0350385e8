/**
 * How many threads the kernel wasm-threads may have, and has by default: one for
 * each processor, as far as the kernel's own limit allows.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { type OptionCheck, wholeNumber } from "../../common/options.ts";
import { processors } from "../../common/processors.ts";

/** With more threads, waking them would take longer than most products. */
export const mostThreads = 64;

/** Allows the numbers of threads that there may be. */
export const threadCount: OptionCheck = wholeNumber(1, mostThreads);

/**
 * For a factory that is called without `createKernel`, which checks its options.
 *
 * @throws {ArgumentError} where a number of threads is not allowed.
 */
export function checkThreads(threads: unknown): void {
  const wanted = threadCount(threads);
  if (wanted === null) return;
  throw new ArgumentError(`threads must be ${wanted}; got ${describe(threads)}`);
}

/** One for each processor, as far as that is allowed. */
export function defaultThreads(): number {
  return processors(mostThreads);
}
