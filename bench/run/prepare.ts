/**
 * Prepares an entry: makes its tensors, times the first call by itself, verifies
 * the output, and takes samples until their times have settled.
 *
 * @module
 */
import { seedOf } from "../../common/random.ts";
import { median } from "../../statistics/estimators.ts";
import { slowCall, warmupState } from "../../statistics/warmup.ts";
import { checkOutput } from "../check.ts";
import type { Cell, CheckedCell, TimedCell } from "../contender.ts";
import { createData, type WorkloadData } from "../data.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { bytesOf, isLayerForward } from "../workload.ts";
import { withColdCaches } from "./cold_caches.ts";
import type { Entry } from "./entry.ts";
import { callsFor, lengthOf, timeLatency, timeSample, timeWait, waitsLong } from "./slots.ts";
import { isGpu } from "../../verify/device.ts";

// Seconds of its samples: it looks for a trend, for which half-milliseconds are too short.
const warmupSample = 0.002;

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
  const first = isLayerForward(workload)
    ? await prepareLayer(entry, dataOf(entry), own)
    : await prepareOther(entry, seed, own);
  const after = contender.memory?.();
  if (before !== undefined && after !== undefined) entry.memory = Math.max(0, after - before);
  if (entry.verification.status === "passed") await warmUp(entry, first, signal);
  // Only then: code should be as warm as ever.
  if (workload.cold && entry.cell) entry.cell = withColdCaches(entry.cell);
}

/** The time of one call; also notes whether it was waited for. */
async function firstCall(entry: Entry, cell: TimedCell): Promise<number> {
  const { perCall, waited } = await timeSample(cell, 1);
  entry.wait = await timeWait(cell);
  if (isGpu(entry.contender)) {
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
  if (!cell) throw new Error(`${contender.name} has forward passes of layers alone`);
  entry.cell = cell;
  const first = await firstCall(entry, cell);
  entry.verification = await cell.check(seed);
  if (entry.verification.status !== "passed") return first;
  await timeSample(cell, 1);
  entry.verified = await cell.output();
  return first;
}

// Larger data take longer to write than a round, and lie in no cache for long anyway.
const mostToPlace = 3.2e7;
// Calls longer than so many seconds are placed once: to write their data takes as long as a round.
const longestToPlace = 0.05;
// A weight is derived from at its second use.
const callsAfterPlacing = 2;

/**
 * Gives a layer's tensors another place in memory, since how they lie to each
 * other in the caches makes a call faster or slower (Mytkowicz et al., ASPLOS
 * 2009). The new ones are made before the old are freed, so that they cannot lie
 * where those do.
 */
export async function placeAnew(
  entry: Entry,
  dataOf: (entry: Entry) => WorkloadData,
): Promise<void> {
  const { contender, workload, cell, calls, sampleSeconds } = entry;
  if (!cell || contender.peer || workload.cold || !isLayerForward(workload)) return;
  if (bytesOf(workload) > mostToPlace || sampleSeconds / calls > longestToPlace) return;
  entry.cell = await contender.prepare(workload, dataOf(entry));
  cell[Symbol.dispose]();
  await timeSample(entry.cell, callsAfterPlacing, entry.wait);
}

/** Takes samples until their times have settled, or the warm-up is as long as it may be. */
async function warmUp(entry: Entry, first: number, signal: AbortSignal): Promise<void> {
  const cell = entry.cell as TimedCell;
  const trace = [first];
  const times: number[] = [];
  let calls = 1;
  let count = 1;
  let spent = first;
  let perCall = first;
  let state = warmupState(first, times, spent);
  while (!signal.aborted && state === "go on") {
    await yieldToEventLoop();
    // By small steps where waits are long: a short sample may say far too little of one call.
    const most = waitsLong(entry) ? 8 * count : Infinity;
    count = Math.min(callsFor(perCall, Math.max(warmupSample, lengthOf(entry) / 2)), most);
    const start = performance.now();
    ({ perCall } = await timeSample(cell, count, entry.wait));
    times.push(perCall);
    trace.push(perCall);
    spent += (performance.now() - start) / 1e3;
    calls += count;
    state = warmupState(first, times, spent);
  }
  // Of slow calls only the last ones are known to be warm.
  const steady = times.length > 0 ? median(times.slice(perCall < slowCall ? -5 : -2)) : first;
  entry.warmup = { calls, seconds: spent, settled: state === "settled", first, trace };
  // Of several cold calls in a sample, most of the time would go to what is not timed.
  entry.calls = entry.workload.cold ? 1 : callsFor(steady, lengthOf(entry));
  entry.sampleSeconds = steady * entry.calls * (waitsLong(entry) ? 3 : 1);
}
