/**
 * One contender on one workload in a browser: verified, warmed up, and timed in
 * rounds. The clocks of browsers have steps of up to 0.1 ms, so that a sample is a
 * batch of calls of at least 20 ms, not of half a millisecond as in the bench.
 *
 * @module
 */
import { type Random, shuffle } from "../common/random.ts";
import { checkOutput } from "../bench/check.ts";
import type { CheckedCell, TimedCell } from "../bench/contender.ts";
import type { WorkloadData } from "../bench/data.ts";
import { prepareForward } from "../bench/passes/forward.ts";
import { prepareGradients } from "../bench/passes/gradients.ts";
import { prepareNetwork } from "../bench/passes/network.ts";
import { timesOf } from "../bench/run/times.ts";
import { passOf, type Workload, workloadFlops } from "../bench/workload.ts";
import { errorLine } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { flopsOf } from "../results/query.ts";
import type { Measurement, Result, Verification } from "../results/schema.ts";
import { isGpu } from "../verify/device.ts";

/** Seconds of a sample, at least. */
const sampleSeconds = 0.02;
/** What is queued on a GPU is waited for at the end of a sample, which takes a while by itself. */
const sampleSecondsOfGpu = 0.1;
const warmupSeconds = 0.15;
/** Calls that take longer are not repeated to warm them up. */
const slowCall = 0.5;
const mostCalls = 1e6;

/** A kernel on a workload, in the course of the run. */
export interface Cell {
  readonly kernel: Kernel;
  readonly workload: Workload;
  readonly samples: number[];
  timed: TimedCell | null;
  verification: Verification;
  /** What every later call must repeat. */
  verified: Float32Array;
  calls: number;
  perCall: number;
}

async function seconds(timed: TimedCell, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = timed.run();
    if (pending) await pending;
  }
  await timed.finished();
  return (performance.now() - start) / 1e3;
}

/** Has `action` done; what it throws is the end of this cell and of no other. */
async function guard(cell: Cell, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    cell.verification = { status: "error", detail: errorLine(error), worst: null };
  }
}

/** A cell that is ready to be timed, or says in its verification why it is not. */
export async function prepareCell(
  kernel: Kernel,
  workload: Workload,
  data: WorkloadData | null,
  seed: number,
): Promise<Cell> {
  const cell: Cell = {
    kernel,
    workload,
    samples: [],
    timed: null,
    verification: { status: "error", detail: "not verified", worst: null },
    verified: new Float32Array(),
    calls: 1,
    perCall: 0,
  };
  await guard(cell, async () => {
    if (data !== null) await verifyLayer(cell, data, seed);
    else await verifyOther(cell, seed);
    if (cell.verification.status === "passed") await warmUp(cell);
  });
  return cell;
}

async function verifyLayer(cell: Cell, data: WorkloadData, seed: number): Promise<void> {
  const { kernel, workload } = cell;
  const timed = prepareForward(kernel, workload, data);
  cell.timed = timed;
  timed.run();
  const { y, z } = await timed.outputs();
  const tolerance = { ulp: kernel.traits.activationUlp[workload.activation], absolute: 0 };
  cell.verification = checkOutput(workload, data, z, y, tolerance, seed);
  cell.verified = y;
}

async function verifyOther(cell: Cell, seed: number): Promise<void> {
  const { kernel, workload } = cell;
  const timed: CheckedCell = workload.layers === undefined
    ? prepareGradients(kernel, workload, seed)
    : prepareNetwork(kernel, workload, seed);
  cell.timed = timed;
  cell.verification = await timed.check(seed);
  await seconds(timed, 1);
  cell.verified = await timed.output();
}

async function warmUp(cell: Cell): Promise<void> {
  const { timed, kernel } = cell;
  if (!timed) return;
  const wanted = isGpu(kernel.traits) ? sampleSecondsOfGpu : sampleSeconds;
  let calls = 1;
  let spent = 0;
  while (true) {
    const took = await seconds(timed, calls);
    spent += took;
    const enough = took >= wanted || calls >= mostCalls;
    cell.perCall = took / calls;
    if (enough && (spent >= warmupSeconds || cell.perCall > slowCall)) break;
    // From what the clock cannot see by small steps, else as many as the sample needs and some more.
    const next = took < wanted / 10 ? calls * 8 : Math.ceil(calls * 1.2 * wanted / took);
    if (!enough) calls = Math.min(mostCalls, next);
  }
  cell.calls = calls;
}

/** Takes one sample of each cell that is ready, in a random order. */
export async function sampleRound(cells: readonly Cell[], random: Random): Promise<void> {
  for (const cell of shuffle([...cells], random)) {
    const { timed } = cell;
    if (!timed || cell.verification.status !== "passed") continue;
    await guard(cell, async () => {
      cell.samples.push(Math.max(1e-12, await seconds(timed, cell.calls) / cell.calls));
    });
  }
}

/** Whether the last call that was timed computed the bits that were verified; then frees the cell. */
export async function endCell(cell: Cell): Promise<void> {
  const { timed, verified } = cell;
  await guard(cell, async () => {
    if (!timed || cell.verification.status !== "passed" || cell.samples.length === 0) return;
    const last = await timed.output();
    const other = last.findIndex((value, i) => !Object.is(value, verified[i]));
    if (last.length === verified.length && other < 0) return;
    cell.verification = {
      status: "failed",
      detail: `the last timed call did not repeat the verified output, first at element ${
        Math.max(0, other)
      }`,
      worst: null,
    };
  });
  try {
    timed?.[Symbol.dispose]();
  } catch {
    // What it found is known; a kernel that cannot free its memory loses it with the worker.
  }
}

/**
 * What a result file says of the cell. Its samples are not there one by one: with
 * each would stand what the machine did meanwhile, which a browser does not say.
 */
export function resultOf({ kernel, workload, samples, verification }: Cell): Result {
  const { name, description, m, n, k, activation, useBias, layers } = workload;
  const flops = workloadFlops(workload);
  const rounds = samples.map((sample, i): Measurement => ({
    round: i + 1,
    at: 0,
    calls: 1,
    samples: [sample],
    cpu: 0,
    switches: 0,
    pressure: null,
  }));
  return {
    kernel: kernel.name,
    peer: false,
    workload: name,
    description,
    m,
    n,
    k,
    ...(layers && { layers }),
    pass: passOf(workload),
    activation,
    bias: useBias,
    ...(flops !== flopsOf({ m, n, k }) && { flops }),
    verification,
    ...timesOf(rounds, verification, flops),
    warmup: null,
  };
}
