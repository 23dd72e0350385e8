/**
 * Cold caches: before each timed call a buffer that is larger than the caches
 * is read and written, so that the call finds neither its inputs nor its
 * weights in them, as a layer that runs now and then. It is done by the thread
 * that calls: what the private caches of a pool's other threads hold may stay.
 *
 * @module
 */
import type { TimedCell } from "../contender.ts";

/** The bytes of the buffer: larger than the last-level caches of most processors, of the others some may stay. */
const evictionBytes = 2 ** 27;
/** Seconds that it takes, about. */
export const evictionSeconds = 0.03;

// Of every line one number is enough; no processor has shorter lines.
const perLine = 64 / Float64Array.BYTES_PER_ELEMENT;

let buffer: Float64Array | null = null;

/**
 * Fills the caches with other data. To write whole lines would not do: that is
 * done past the caches where there is much of it.
 */
function evictCaches(): void {
  buffer ??= new Float64Array(evictionBytes / Float64Array.BYTES_PER_ELEMENT);
  for (let i = 0; i < buffer.length; i += perLine) buffer[i]! += 1;
}

/** The same cell, which calls `evict` last of all before each call; that is not timed. */
export function withColdCaches(cell: TimedCell, evict: () => void = evictCaches): TimedCell {
  return {
    before: () => {
      cell.before?.();
      evict();
    },
    run: () => cell.run(),
    finished: () => cell.finished(),
    output: () => cell.output(),
    [Symbol.dispose]: () => cell[Symbol.dispose](),
  };
}
