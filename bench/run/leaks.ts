/**
 * Looks for memory that grows with calls, after all timing. The kernel's own
 * memory is exact. That of JavaScript is read after a full collection of garbage,
 * so that only what is still held counts; since a collection takes milliseconds,
 * a first look finds those that grow at all.
 *
 * @module
 */
import v8 from "node:v8";
import vm from "node:vm";
import type { Leak } from "../../results/schema.ts";
import { leakIn } from "../../statistics/leaks.ts";
import type { TimedCell } from "../contender.ts";
import { type Entry, isTimed } from "./entry.ts";
import { timeSample, waitsLong } from "./slots.ts";

const intervals = 8;
const looks = 3;
// Calls of an interval, and their seconds.
const mostCalls = 500;
const secondsOfInterval = 0.004;
// A collection leaves some kilobytes more or less behind.
const leastGrowth = 4096;

let collect: (() => void) | null | undefined;

/** Collects garbage; null where V8 does not offer it. */
function collector(): (() => void) | null {
  if (collect === undefined) {
    try {
      v8.setFlagsFromString("--expose-gc");
      const gc: unknown = vm.runInNewContext("gc");
      collect = typeof gc === "function" ? () => void gc() : null;
    } catch {
      collect = null;
    }
  }
  return collect;
}

/** Bytes of the heap and of typed arrays. */
function javascriptBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** How an entry's memory is read; the process's own but in tests. */
export interface MemoryReaders {
  readonly bytes: () => number;
  readonly collect: (() => void) | null;
}

/** Looks for a leak of an entry; null where there is none, or where none can be seen. */
export async function findLeak(
  entry: Entry,
  signal: AbortSignal,
  readers: MemoryReaders = { bytes: javascriptBytes, collect: collector() },
): Promise<Leak | null> {
  if (!isTimed(entry) || waitsLong(entry)) return null;
  const { contender } = entry;
  const perCall = entry.sampleSeconds / entry.calls;
  const calls = Math.min(mostCalls, Math.floor(secondsOfInterval / perCall));
  // Of slow calls a few are as many as there is time for: such leaks stay unseen.
  if (calls < 1) return null;
  const run = async () => void await timeSample(entry.cell as TimedCell, calls, entry.wait);
  const memory = contender.memory?.bind(contender);
  const own = memory?.() ?? 0;
  if (memory) {
    await run();
    if (memory() > own) {
      const found = leakIn(await readings(memory, run, signal), calls);
      if (found) return { ...found, of: "kernel" };
    }
  }
  const { collect } = readers;
  if (collect === null) return null;
  const held = () => {
    collect();
    return readers.bytes();
  };
  if (!await grew(held, run)) return null;
  const found = leakIn(await readings(held, run, signal), calls, leastGrowth);
  return found && { ...found, of: "javascript" };
}

/**
 * A first look, which spares most entries the other collections. V8 gives the code
 * of functions back that were not called for some collections, which can hide what
 * one interval leaves behind, but hardly each of several.
 */
async function grew(held: () => number, run: () => Promise<void>): Promise<boolean> {
  let before = held();
  for (let look = 0; look < looks; look++) {
    await run();
    const now = held();
    if (now - before >= leastGrowth) return true;
    before = now;
  }
  return false;
}

async function readings(
  read: () => number,
  run: () => Promise<void>,
  signal: AbortSignal,
): Promise<number[]> {
  const found = [read()];
  for (let i = 0; i < intervals && !signal.aborted; i++) {
    await run();
    found.push(read());
  }
  return found;
}
