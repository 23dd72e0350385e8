/**
 * What the machine does while a kernel is timed, as far as it can be seen
 * without more than the permission to read: processor time and preemptions of
 * this process (no permission), the times of the processors, and Linux's pressure
 * file where Deno lets it be read.
 *
 * @module
 */
import { type CpuInfo, cpus } from "node:os";
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

/** The CPU seconds that all programs together have used, from the times of each processor; null where the system does not tell. */
export function busyOf(processors: readonly { readonly times: CpuInfo["times"] }[]): number | null {
  const busy = processors.reduce(
    (sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq,
    0,
  );
  return busy > 0 ? busy / 1e3 : null;
}

/** What all programs and this one have used until now, to tell what the others used. */
export interface Load {
  /** Milliseconds, as of `performance.now()`. */
  readonly time: number;
  /** CPU seconds of all programs but this one; null where the system does not tell. */
  readonly others: number | null;
}

/** Reads how much processor time other programs have used. */
export function readLoad(): Load {
  const time = performance.now();
  let busy: number | null = null;
  try {
    busy = busyOf(cpus());
  } catch {
    // Without the permission to see the processors.
  }
  const { user, system } = process.cpuUsage();
  return { time, others: busy === null ? null : busy - (user + system) / 1e6 };
}

// The system counts in hundredths of a second: over less time than this they say nothing.
const leastForLoad = 0.2;

/** How many processors other programs used between two readings; null where that is not known. */
export function othersBetween(before: Load, after: Load): number | null {
  const seconds = (after.time - before.time) / 1e3;
  if (before.others === null || after.others === null || seconds < leastForLoad) return null;
  return Math.max(0, (after.others - before.others) / seconds);
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
