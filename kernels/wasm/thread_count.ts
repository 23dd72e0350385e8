/**
 * How many threads the kernel wasm-threads may have, and has by default.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { processors } from "../../common/processors.ts";

/** With more threads, waking them would take longer than most products. */
export const mostThreads = 64;

/** @throws {ArgumentError} where a number of threads was given that is not allowed. */
export function checkThreads(threads: unknown): void {
  if (threads === undefined) return;
  if (Number.isInteger(threads) && Number(threads) >= 1 && Number(threads) <= mostThreads) return;
  throw new ArgumentError(
    `threads must be a whole number from 1 to ${mostThreads}; got ${
      typeof threads === "string" ? threads : describe(threads)
    }`,
  );
}

/** One for each processor, as far as that is allowed. */
export function defaultThreads(): number {
  return processors(mostThreads);
}
