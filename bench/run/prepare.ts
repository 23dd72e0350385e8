/**
 * Prepares an entry: makes its tensors, takes the time of the first call apart,
 * proves the output, and runs blocks until their times show no change any more.
 *
 * @module
 */
import { seedOf } from "../../common/random.ts";
import { isSettled, median } from "../../statistics/estimators.ts";
import { checkOutput } from "../check.ts";
import { type Cell, type CheckedCell, isPlain, type TimedCell } from "../contender.ts";
import { createData, type WorkloadData } from "../data.ts";
import {
  callsFor,
  lengthOf,
  timeLatency,
  timeSample,
  timeWait,
  waitsLong,
  yieldToEventLoop,
} from "./sample.ts";
import type { Entry } from "./entry.ts";

// The longest and the shortest warm-up, in seconds.
const warmupMost = 1.5;
// Of calls longer than this, in seconds, two are enough: a loop that long is compiled within the first.
const slowCall = 0.05;
const fewCalls = 2;
const warmupLeast = 0.15;
// A block of it: what is looked for is a trend, to which turns by half-milliseconds are no help.
const warmupBlock = 0.01;

/** Data of workloads, made when first needed and kept for one workload at a time. */
export function createDataSource(seed: number): (entry: Entry) => WorkloadData {
  let last: { workload: Entry["workload"]; data: WorkloadData } | null = null;
  return ({ workload }) => {
    if (last?.workload !== workload) last = { workload, data: createData(workload, seed) };
    return last.data;
  };
}

/** Makes the entry ready; what is wrong with it is in its verification afterwards. */
export async function prepare(
  entry: Entry,
  dataOf: (entry: Entry) => WorkloadData,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const { contender, workload } = entry;
  const own = seedOf(`${contender.name}/${workload.name}`, seed);
  const before = contender.memory?.();
  const first = isPlain(workload)
    ? await prepareLayer(entry, dataOf(entry), own)
    : await prepareOther(entry, seed, own);
  const after = contender.memory?.();
  if (before !== undefined && after !== undefined) entry.memory = Math.max(0, after - before);
  if (entry.verification.status === "passed") await warmUp(entry, first, signal);
}

/** Time of one call; also tells whether it was waited for. */
async function firstCall(entry: Entry, cell: TimedCell): Promise<number> {
  const { perCall, waited } = await timeSample(cell, 1);
  entry.wait = await timeWait(cell);
  if (entry.contender.device.startsWith("WebGPU")) {
    entry.wait = Math.max(entry.wait, await timeLatency(cell));
  }
  entry.waits = waited || waitsLong(entry);
  return perCall;
}

async function prepareLayer(entry: Entry, data: WorkloadData, seed: number): Promise<number> {
  const { contender, workload } = entry;
  const cell: Cell = await contender.prepare(workload, data);
  entry.cell = cell;
  const first = await firstCall(entry, cell);
  const { y, z } = await cell.outputs();
  const tolerance = {
    ulp: contender.ulp(workload.activation),
    absolute: contender.absolute?.(workload.activation) ?? 0,
  };
  entry.verification = checkOutput(workload, data, z, y, tolerance, seed);
  entry.verified = y;
  return first;
}

async function prepareOther(entry: Entry, dataSeed: number, seed: number): Promise<number> {
  const { contender, workload } = entry;
  const cell: CheckedCell | undefined = await contender.prepareOther?.(workload, dataSeed);
  if (!cell) throw new Error(`${contender.name} does forward passes of layers alone`);
  entry.cell = cell;
  const first = await firstCall(entry, cell);
  entry.verification = await cell.check(seed);
  if (entry.verification.status !== "passed") return first;
  await timeSample(cell, 1);
  entry.verified = await cell.output();
  return first;
}

/** Runs blocks until their times show no change any more, or the patience ends. */
async function warmUp(entry: Entry, first: number, signal: AbortSignal): Promise<void> {
  const cell = entry.cell as TimedCell;
  const trace = [first];
  const times: number[] = [];
  let calls = 1;
  let count = 1;
  let spent = first;
  let settled = false;
  let perCall = first;
  while (
    !signal.aborted && !settled && spent < warmupMost &&
    (perCall < slowCall || calls < fewCalls)
  ) {
    await yieldToEventLoop();
    // By small steps where one waits long: what a short block tells of one call may be far too little.
    const most = waitsLong(entry) ? 8 * count : Infinity;
    count = Math.min(callsFor(perCall, Math.max(warmupBlock, lengthOf(entry) / 2)), most);
    const start = performance.now();
    ({ perCall } = await timeSample(cell, count, entry.wait));
    times.push(perCall);
    trace.push(perCall);
    spent += (performance.now() - start) / 1e3;
    calls += count;
    settled = spent >= warmupLeast && isSettled(times);
  }
  const steady = times.length > 0 ? median(times.slice(-5)) : first;
  entry.warmup = { calls, seconds: spent, settled, first, trace };
  entry.calls = callsFor(steady, lengthOf(entry));
  entry.sampleSeconds = steady * entry.calls * (waitsLong(entry) ? 3 : 1);
}
