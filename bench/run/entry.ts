/**
 * An entry: one contender on one workload in the course of a run, from the
 * first call to the result.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { flopsOf } from "../../results/query.ts";
import type {
  CallTimes,
  Leak,
  Measurement,
  Result,
  Verification,
  Warmup,
} from "../../results/schema.ts";
import type { Contender, TimedCell } from "../contender.ts";
import {
  labelOf,
  lastActivation,
  passOf,
  textsOfSteps,
  type Workload,
  workloadFlops,
} from "../workload.ts";
import { timesOf } from "./times.ts";

/** One contender on one workload. */
export interface Entry {
  readonly contender: Contender;
  readonly workload: Workload;
  readonly measurements: Measurement[];
  cell: TimedCell | null;
  verification: Verification;
  /** The verified output of a call, which every later call must repeat. */
  verified: Float32Array | null;
  warmup: Warmup | null;
  memory: number | null;
  /** The times of single calls. */
  callTimes: CallTimes | null;
  leak: Leak | null;
  /** Calls in a sample, and seconds of a sample, as estimated by the warm-up. */
  calls: number;
  sampleSeconds: number;
  /** Whether its calls are waited for: their CPU time then tells nothing of the machine. */
  waits: boolean;
  /** Seconds that a wait takes where there is nothing to wait for. */
  wait: number;
}

/** An entry that nothing has happened to yet. */
export function createEntry(contender: Contender, workload: Workload): Entry {
  return {
    contender,
    workload,
    measurements: [],
    cell: null,
    verification: {
      status: "error",
      detail: "the run was stopped before it was prepared",
      worst: null,
    },
    verified: null,
    warmup: null,
    memory: null,
    callTimes: null,
    leak: null,
    calls: 1,
    sampleSeconds: 0,
    waits: false,
    wait: 0,
  };
}

/** What the entry is, for people. */
export function nameOf({ contender, workload }: Entry): string {
  return `${contender.name} on ${labelOf(workload)}`;
}

/** A contender that throws loses its own result and no other. */
export async function guard(entry: Entry, action: () => void | Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    entry.verification = { status: "error", detail: errorLine(error), worst: null };
  }
}

/** Whether the entry is ready to be timed. */
export function isTimed(entry: Entry): boolean {
  return entry.verification.status === "passed" && entry.cell !== null && entry.warmup !== null;
}

/** What the file says of the entry. */
export function toResult(entry: Entry): Result {
  const { contender, workload, measurements, verification, warmup, memory, callTimes, leak } =
    entry;
  const { name, description, m, n, k, useBias, layers, steps } = workload;
  const flops = workloadFlops(workload);
  const times = timesOf(measurements, verification, flops);
  return {
    kernel: contender.name,
    peer: contender.peer,
    workload: name,
    description,
    m,
    n,
    k,
    ...(layers && { layers }),
    ...(steps && { steps: textsOfSteps(steps) }),
    pass: passOf(workload),
    ...(workload.cold && { cold: true as const }),
    activation: lastActivation(workload),
    bias: useBias,
    seconds: times.seconds,
    ...(flops !== flopsOf({ m, n, k }) && { flops }),
    gflops: times.gflops,
    verification,
    roundMedians: times.roundMedians,
    warmup,
    ...(times.seconds && { measurements: [...measurements] }),
    ...(memory !== null && { memory }),
    ...(times.seconds && callTimes && { calls: callTimes }),
    ...(leak && { leak }),
    ...(times.seconds && warmup && { firstCalls: [warmup.first] }),
    ...(times.seconds && warmup?.settled && { settledCalls: [warmup.calls] }),
  };
}
