/**
 * `deno task record-noise`: records how one kernel's times vary on this machine
 * when nothing but the machine changes: three copies of it in randomised
 * rounds, with the thermometer before, between and after them. From such a
 * trace a simulation draws runs in which the truth is known, and so tells how
 * often the bench's verdicts are wrong on noise as it is.
 *
 * @module
 */
import {
  helpText,
  type Option,
  print,
  printError,
  readOptions,
  runCommand,
  textOf,
  wholeNumberOf,
} from "../cli/command.ts";
import { createKernel } from "../kernels/registry.ts";
import { createRandom, shuffle } from "../layers/random.ts";
import { readEngine, readEnvironment } from "../reports/environment.ts";
import { writeWhole } from "../reports/files.ts";
import { median } from "../statistics/estimators.ts";
import { type Cell, contestantOf } from "./contestant.ts";
import { createData } from "./data.ts";
import {
  type NoiseRound,
  type NoiseTrace,
  quietest,
  traceSchema,
  traceText,
} from "./noise_trace.ts";
import { readThermometer } from "./thermometer.ts";
import { suites, type Workload } from "./workloads.ts";

const options: Readonly<Record<string, Option>> = {
  rounds: { value: "N", help: "to record, 20 to 5000; default 300, about a minute" },
  quietest: {
    value: "N",
    help: "write only the N rounds in a row whose thermometer varies least; default all",
  },
  label: { value: "TEXT", help: "what the machine was doing meanwhile" },
  out: { value: "FILE", help: "default noise.json" },
};

const kernelName = "wasm-simd";
const workload: Workload = suites.dense.find(({ name }) => name === "db-512")!;
const blockSeconds = 0.02;
const blocksPerVisit = 3;

/** Seconds of one call, from a block of them; this kernel has nothing to wait for. */
function timeBlock(cell: Cell, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) cell.run();
  return (performance.now() - start) / 1e3 / calls;
}

/** The three copies once each, in the order given. */
function recordRound(cells: readonly Cell[], order: readonly number[], calls: number): NoiseRound {
  const thermometer = [readThermometer()];
  const copies: number[][] = cells.map(() => []);
  for (const [i, copy] of order.entries()) {
    const cell = cells[copy]!;
    // As in the bench: a short block to bring code and data back into the caches.
    timeBlock(cell, Math.ceil(calls / 4));
    copies[copy] = Array.from({ length: blocksPerVisit }, () => timeBlock(cell, calls));
    if (i > 0) thermometer.push(readThermometer());
  }
  return {
    thermometer: thermometer.map(rounded),
    copies: copies.map((times) => times.map(rounded)),
  };
}

/** Five digits: a ten-thousandth is finer than any noise. */
function rounded(seconds: number): number {
  return Number(seconds.toPrecision(5));
}

/** Records and writes a trace. */
export async function main(args: readonly string[]): Promise<number> {
  const given = readOptions(args, options);
  if (given.given.has("help")) {
    print(helpText({
      usage: "deno task record-noise [options]",
      summary: "Records this machine's noise: one kernel three times in each round.",
      options,
    }));
    return 0;
  }
  const rounds = wholeNumberOf(given, "rounds", { low: 20, high: 5000, otherwise: 300 });
  const kept = wholeNumberOf(given, "quietest", { low: 20, high: rounds, otherwise: rounds });
  await using contestant = contestantOf(await createKernel(kernelName));
  const data = createData(workload, 1);
  using stack = new DisposableStack();
  const cells: Cell[] = [];
  for (let copy = 0; copy < 3; copy++) {
    cells.push(stack.use(await contestant.prepare(workload, data)));
  }
  const perCall = median(Array.from({ length: 300 }, (_, i) => timeBlock(cells[i % 3]!, 20)));
  const calls = Math.max(1, Math.round(blockSeconds / perCall));
  const random = createRandom(1);
  const date = new Date().toISOString();
  const recorded: NoiseRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    recorded.push(recordRound(cells, shuffle([0, 1, 2], random), calls));
    if (Deno.stderr.isTerminal() && round % 20 === 0) printError(`round ${round} of ${rounds}`);
  }
  const trace: NoiseTrace = {
    schema: traceSchema,
    date,
    label: textOf(given, "label") ?? "",
    chosen: kept === rounds
      ? `all of ${rounds} rounds`
      : `of ${rounds} rounds the ${kept} in a row whose thermometer varies least`,
    environment: await readEnvironment(),
    engine: readEngine(),
    kernel: kernelName,
    workload: workload.name,
    calls,
    rounds: quietest(recorded, kept),
  };
  const path = textOf(given, "out") ?? "noise.json";
  await writeWhole(path, traceText(trace));
  print(path);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
