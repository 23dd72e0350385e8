/**
 * How many threads the kernel wasm-threads may have, and has by default.
 *
 * @module
 */
import { processors } from "../../common/processors.ts";

/** With more threads, waking them would take longer than most products. */
export const mostThreads = 64;

/** One for each processor, as far as that is allowed. */
export function defaultThreads(): number {
  return processors(mostThreads);
}
