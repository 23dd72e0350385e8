/**
 * `deno task record-noise`: records how one kernel's times vary on this machine
 * when nothing but the machine changes: the kernel and two A/A controls of it in
 * interleaved slots, as in the bench, with the reference loop before and after
 * each round. From such a trace a simulation draws runs in which the truth is
 * known, and counts how often the bench's verdicts are wrong in real noise.
 *
 * @module
 */
import {
  defineCommand,
  interruptible,
  type Options,
  print,
  printError,
  runCommand,
  textOf,
  wholeNumberOf,
} from "../../common/command.ts";
import { createKernel } from "../../kernels/registry.ts";
import { readEngine, readEnvironment } from "../../results/environment.ts";
import { expectWritable, writeWhole } from "../../results/files.ts";
import { contenderOf } from "../contenders.ts";
import { Session, type Snapshot } from "../run/session.ts";
import type { Workload } from "../workload.ts";
import { suites } from "../workloads.ts";
import {
  type NoiseRound,
  type NoiseTrace,
  quietest,
  traceSchema,
  traceText,
} from "./noise_trace.ts";

const kernelName = "wasm-simd";
// Its data fit the caches: where larger data lie in memory makes the same kernel differ throughout a run.
const workload: Workload = suites.dense.find(({ name }) => name === "jet")!;

/** What a session of one kernel three times found, round by round. */
function roundsIn({ results, referenceLoop }: Snapshot): NoiseRound[] {
  const measurements = results.map(({ measurements = [] }) =>
    new Map(measurements.map((one) => [one.round, one]))
  );
  const rounds = [...measurements[0]?.keys() ?? []].filter((round) =>
    measurements.length === 3 && measurements.every((one) => one.has(round))
  );
  return rounds.map((round) => ({
    referenceLoop: referenceLoop.filter((one) => one.round === round).map(({ seconds }) =>
      microseconds(seconds)
    ),
    contenders: measurements.map((one) => one.get(round)!.samples.map(microseconds)),
  }));
}

/** Microseconds with four digits or more: finer than any noise here. */
function microseconds(seconds: number): number {
  return Number((1e6 * seconds).toFixed(2));
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task record-noise [options]",
  summary: "Records this machine's noise: one kernel three times in each round.",
  options: {
    rounds: {
      value: "N",
      help: "Record N rounds, from 20 to 5000. Default: 100, which take about half a minute.",
    },
    quietest: {
      value: "N",
      help:
        "Write only the N rounds in a row whose reference loop varies least. Default: all of them.",
    },
    label: {
      value: "TEXT",
      help: "Say in the file what the machine was doing meanwhile. Default: nothing.",
    },
    out: { value: "FILE", help: "Write the trace to FILE. Default: noise.json." },
  },
  run: (given) => interruptible((signal) => record(given, signal)),
});

async function record(given: Options, signal: AbortSignal): Promise<number> {
  const rounds = wholeNumberOf(given, "rounds", { low: 20, high: 5000, otherwise: 100 });
  const kept = wholeNumberOf(given, "quietest", { low: 20, high: rounds, otherwise: rounds });
  const path = textOf(given, "out") ?? "noise.json";
  await expectWritable(path);
  const names = [kernelName, `${kernelName}-control`, `${kernelName}-2`];
  const contenders = [];
  for (const name of names) {
    contenders.push(contenderOf(await createKernel(kernelName), { name, base: kernelName }));
  }
  await using session = new Session(contenders, [workload], [], {
    rounds,
    seed: 1,
    startedAt: Date.now(),
    signal,
    onProgress: () => {},
  });
  const date = new Date().toISOString();
  await session.prepare();
  for (let round = 1; round <= rounds && !signal.aborted; round++) {
    await session.round(round);
    if (Deno.stderr.isTerminal() && round % 20 === 0) printError(`round ${round} of ${rounds}`);
  }
  const snapshot = await session.snapshot();
  const recorded = roundsIn(snapshot);
  if (recorded.length < kept) {
    printError(
      `error: only ${recorded.length} of ${kept} rounds were recorded; nothing was written`,
    );
    return 1;
  }
  const trace: NoiseTrace = {
    schema: traceSchema,
    date,
    label: textOf(given, "label") ?? "",
    chosen: kept === rounds
      ? `all of ${rounds} rounds`
      : `of ${rounds} rounds the ${kept} in a row whose reference loop varies least`,
    environment: await readEnvironment(),
    engine: readEngine(),
    kernel: kernelName,
    workload: workload.name,
    calls: snapshot.results[0]?.measurements?.[0]?.calls ?? 1,
    rounds: quietest(recorded, kept),
  };
  await writeWhole(path, traceText(trace));
  print(path);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
