/**
 * What the machine does while a kernel is timed, as far as it can be seen
 * without more than the permission to read: processor time and preemptions of
 * this process (no permission), and Linux's pressure file.
 *
 * @module
 */
import process from "node:process";
import type { Measurement } from "../../results/schema.ts";

/** Readings that grow; the difference of two is what happened between them. */
export interface Counters {
  /** Milliseconds, as of `performance.now()`. */
  readonly time: number;
  /** CPU seconds of this process, all threads together. */
  readonly cpu: number;
  /** How often the system took the processor away. */
  readonly switches: number;
  /** Seconds in which some process of the machine waited for a processor; null where the system does not tell. */
  readonly waiting: number | null;
}

/** The total of Linux's pressure file for processors, in seconds; null where the text has none. */
export function waitingIn(text: string): number | null {
  const total = /^some .*\btotal=(\d+)$/m.exec(text)?.[1];
  return total === undefined ? null : Number(total) / 1e6;
}

let readable = true;

function readWaiting(): number | null {
  if (!readable) return null;
  try {
    return waitingIn(Deno.readTextFileSync("/proc/pressure/cpu"));
  } catch {
    // Another system, or no permission: neither will change.
    readable = false;
    return null;
  }
}

/** Reads all counters. */
export function readCounters(): Counters {
  const { user, system } = process.cpuUsage();
  return {
    time: performance.now(),
    cpu: (user + system) / 1e6,
    switches: process.resourceUsage().involuntaryContextSwitches,
    waiting: readWaiting(),
  };
}

/** The counters of no time. */
export const zero: Counters = { time: 0, cpu: 0, switches: 0, waiting: 0 };

/** A sum of counters, and what was added from one reading to another. */
export function plus(sum: Counters, before: Counters, after: Counters): Counters {
  const waiting = sum.waiting === null || before.waiting === null || after.waiting === null
    ? null
    : sum.waiting + after.waiting - before.waiting;
  return {
    time: sum.time + after.time - before.time,
    cpu: sum.cpu + after.cpu - before.cpu,
    switches: sum.switches + after.switches - before.switches,
    waiting,
  };
}

/** What happened between two readings, as a measurement has it. */
export function between(
  before: Counters,
  after: Counters,
): Pick<Measurement, "cpu" | "switches" | "pressure"> {
  const seconds = Math.max(1e-6, (after.time - before.time) / 1e3);
  return {
    cpu: (after.cpu - before.cpu) / seconds,
    switches: Math.max(0, after.switches - before.switches),
    pressure: before.waiting === null || after.waiting === null
      ? null
      : Math.max(0, (after.waiting - before.waiting) / seconds),
  };
}
