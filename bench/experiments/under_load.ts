/**
 * `deno task under-load`: kernels beside other processes that compute, none, one,
 * two or one in bursts, since a thread that waits for another one waits for the
 * scheduler too. All are timed in turns, in slots of some 30 ms in random order;
 * what counts is all work over all time, stalls included, which a median hides.
 *
 * @module
 */
import {
  defineCommand,
  namesOf,
  type Options,
  partsOf,
  print,
  printWarning,
  runCommand,
  wholeNumberOf,
} from "../../common/command.ts";
import { errorText } from "../../common/errors.ts";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { createRandom, type Random, shuffle } from "../../common/random.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { isActivation } from "../../kernels/activation.ts";
import type { Kernel, NetworkLayer } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { defaultThreads } from "../../kernels/wasm/thread_count.ts";
import type { Load } from "../../results/calibration/schema.ts";
import { median } from "../../statistics/estimators.ts";
import { floats } from "../../verify/check.ts";
import { startLoad } from "../calibrate/load.ts";
import type { Workload } from "../workload.ts";
import { suites } from "../workloads.ts";
import { copyIn } from "./other_copy.ts";

/** What runs beside the kernels, by its name in the table. */
const beside: Readonly<Record<string, readonly Load[]>> = {
  none: [],
  one: ["full"],
  two: ["full", "full"],
  bursts: ["half"],
};

/** The first is what the others are compared with. */
const kernels = ["wasm-simd", "wasm-threads", "native"] as const;
const workloads = ["jet", "square-512", "mnist-1", "net-ad"];
const slot = 30;
/** Milliseconds in which workers that have nothing to do fall asleep. */
const rest = 3;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task under-load [options]",
  summary: "Times kernels with threads and without beside other processes that compute.",
  options: {
    beside: {
      value: "A,B",
      help: `What runs beside them: ${Object.keys(beside).join(", ")}. Default: each in turn.`,
    },
    seconds: { value: "N", help: "Measure for N seconds beside each. Default: 12." },
    against: {
      value: "A,B",
      help: "Time the wasm-threads of these folders too, other copies of the project.",
    },
  },
  run,
});

/** A kernel on a workload: its calls, and what they took. */
interface Entry {
  readonly kernel: string;
  readonly workload: Workload;
  readonly call: () => void;
  calls: number;
  milliseconds: number;
  /** Milliseconds of a call in each slot. */
  readonly slots: number[];
}

/** Multiply-adds of a workload, twice. */
function operationsOf({ m, k, n, layers }: Workload): number {
  if (!layers) return 2 * m * n * k;
  return 2 * m * layers.reduce((sum, layer) => sum + layer.k * layer.n, 0);
}

/** The calls of a kernel on a workload. */
function entryOf(kernel: Kernel, name: string, workload: Workload): Entry {
  const random = createRandom(1);
  const { m, k, n, activation } = workload;
  const layers = (workload.layers ?? [{ k, n, activation }]).map(
    ({ k, n, activation }): NetworkLayer => {
      if (!isActivation(activation)) throw new Error(`no activation ${activation}`);
      const weight = kernel.tensor([k, n], floats(k * n, -1, 1, random).map((w) => w / k));
      return { weight, bias: kernel.tensor([n], floats(n, -0.1, 0.1, random)), activation };
    },
  );
  const x = kernel.tensor([m, k], floats(m * k, -1, 1, random));
  const y = kernel.tensor([m, n]);
  const [{ weight, bias, activation: last }] = layers as [NetworkLayer];
  const call = layers.length === 1
    ? () => kernel.dense(x, weight, bias, last, y)
    : () => kernel.network!(x, layers, y);
  return { kernel: name, workload, call, calls: 0, milliseconds: 0, slots: [] };
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Fills one slot with calls, as many as find room. */
function fill(entry: Entry): void {
  // What the others have driven out of the caches is fetched first.
  entry.call();
  const begin = performance.now();
  let calls = 0;
  let elapsed = 0;
  // The clock is read once in a call, which takes longer by far.
  for (; elapsed < slot; elapsed = performance.now() - begin) {
    entry.call();
    calls++;
  }
  entry.calls += calls;
  entry.milliseconds += elapsed;
  entry.slots.push(elapsed / calls);
}

/** Times all entries in turns for so many seconds beside these loads. */
async function measure(
  entries: readonly Entry[],
  loads: readonly Load[],
  seconds: number,
  random: Random,
): Promise<void> {
  await using running = new AsyncDisposableStack();
  for (const load of loads) running.use(startLoad(load));
  // Until they compute.
  if (loads.length > 0) await pause(500);
  const end = performance.now() + 1e3 * seconds;
  while (performance.now() < end) {
    for (const entry of shuffle([...entries], random)) {
      fill(entry);
      await pause(rest);
    }
  }
}

/** The rows of the table of what ran beside. */
function rowsOf(name: string, entries: readonly Entry[]): string[][] {
  return entries.map((entry) => {
    const { kernel, workload, calls, milliseconds, slots } = entry;
    const first = entries.find((other) => other.workload === workload)!;
    const speed = (ms: number) => formatNumber(operationsOf(workload) / ms / 1e6);
    return [
      name,
      workload.name,
      kernel,
      speed(milliseconds / calls),
      formatRatio(first.milliseconds / first.calls * calls / milliseconds),
      speed(median(slots)),
      formatRatio(median(first.slots) / median(slots)),
    ];
  });
}

/** The kernels that there are here, by the name in the table. */
async function createAll(against: readonly string[] | undefined): Promise<[string, Kernel][]> {
  const all: [string, Kernel][] = [];
  for (const name of kernels) {
    try {
      all.push([name, await createKernel(name, { threads: defaultThreads() })]);
    } catch (error) {
      printWarning(`${name} is left out: ${errorText(error)}`);
    }
  }
  for (const folder of against ?? []) {
    all.push([
      `wasm-threads of ${folder}`,
      await (await copyIn(folder)).createKernel("wasm-threads", { threads: defaultThreads() }),
    ]);
  }
  return all;
}

/** Prints a table in Markdown. */
async function run(options: Options): Promise<number> {
  const names = namesOf(options, "beside", Object.keys(beside), "load");
  const seconds = wholeNumberOf(options, "seconds", { low: 1, high: 600, otherwise: 12 });
  const all = await createAll(partsOf(options, "against"));
  const known = [...suites.dense, ...suites.networks, ...suites.gemm];
  const chosen = workloads.flatMap((name) => known.find((each) => each.name === name) ?? []);
  const random = createRandom(1);
  const titles = ["beside", "workload", "kernel", "GFLOP/s", "ratio", "median of slots", "ratio"];
  for (const [i, name] of names.entries()) {
    const entries = chosen.flatMap((workload) =>
      all.map(([kernel, own]) => entryOf(own, kernel, workload))
    );
    for (const { call } of entries) for (let i = 0; i < 20; i++) call();
    await measure(entries, beside[name]!, seconds, random);
    if (i === 0) print(markdownHead(titles, [3, 4, 5, 6]));
    for (const row of rowsOf(name, entries)) print(markdownRow(row));
  }
  print(`\nAll calls over all time in ${seconds} s beside each; ratios to ${kernels[0]}.`);
  for (const [, kernel] of all) await kernel[Symbol.asyncDispose]();
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
