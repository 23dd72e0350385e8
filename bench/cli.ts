/**
 * `deno task bench`: times kernels on the layers of real networks and writes
 * results.json, results.csv and report.html into a dated folder.
 *
 * @module
 */
import { green, red, yellow } from "@std/fmt/colors";
import {
  helpText,
  namesOf,
  type Option,
  print,
  printError,
  readOptions,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../cli/command.ts";
import { DensemarkError, KernelUnavailableError } from "../kernels/errors.ts";
import { createKernel, type KernelName, kernelNames } from "../kernels/registry.ts";
import { createFolder } from "../reports/files.ts";
import { type Environment, type KernelRecord, type Results, schema } from "../reports/schema.ts";
import { writeRun } from "../reports/write.ts";
import { createProgress } from "../verify/progress.ts";
import { verificationFolder } from "../verify/run.ts";
import { type Contestant, contestantOf } from "./contestant.ts";
import { readEngine, readEnvironment } from "../reports/environment.ts";
import { createPeer, type PeerName, peerNames } from "./peers/peers.ts";
import { measureCeilings } from "./ceilings/measure.ts";
import { createDisplay } from "./progress.ts";
import { type Proof, proveKernels } from "./proof.ts";
import { runBench } from "./runner.ts";
import { formatTable } from "./table.ts";
import { type SuiteName, suiteNames, suites, type Workload } from "./workloads.ts";

const options: Readonly<Record<string, Option>> = {
  suite: {
    value: "NAME",
    help: `${suiteNames.join(", ")}; default ${suiteNames[0]}, which takes about a minute`,
  },
  kernels: { value: "A,B", help: `of ${kernelNames.join(", ")}; default all` },
  filter: { value: "A,B", help: "only workloads whose name contains A or B" },
  rounds: { value: "N", help: "interleaved rounds, 1 to 1000; default 10" },
  peers: { value: "A,B", help: `other libraries, loaded when asked for: ${peerNames.join(", ")}` },
  seed: { value: "N", help: "of data and order; default 1" },
  "no-ceilings": { value: null, help: "do not measure what the machine can do at best, some 5 s" },
  out: { value: "FOLDER", help: "where the dated folder is made; default runs" },
};

interface Plan {
  readonly suite: SuiteName;
  readonly workloads: readonly Workload[];
  readonly kernels: readonly KernelName[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly seed: number;
  readonly out: string;
  readonly ceilings: boolean;
}

/** A kernel that the verifier does not vouch for. */
class RefusedError extends DensemarkError {
  override name = "RefusedError";
}

/** Reads the command line; null where help was asked for. */
function readPlan(args: readonly string[]): Plan | null {
  const given = readOptions(args, options);
  if (given.given.has("help")) return null;
  const suite = textOf(given, "suite") ?? suiteNames[0]!;
  const known = suiteNames.find((name) => name === suite);
  if (!known) {
    throw new UsageError(
      `unknown suite ${JSON.stringify(suite)}; there are ${suiteNames.join(", ")}`,
    );
  }
  const filter = textOf(given, "filter") ?? "";
  const workloads = suites[known].filter(({ name }) =>
    filter.split(",").some((part) => name.includes(part))
  );
  if (workloads.length === 0) {
    const names = suites[known].map(({ name }) => name).join(", ");
    throw new UsageError(
      `no workload of ${known} contains ${JSON.stringify(filter)}; there are ${names}`,
    );
  }
  return {
    suite: known,
    workloads,
    kernels: namesOf(given, "kernels", kernelNames, "kernel"),
    peers: textOf(given, "peers") === undefined ? [] : namesOf(given, "peers", peerNames, "peer"),
    rounds: wholeNumberOf(given, "rounds", { low: 1, high: 1000, otherwise: 10 }),
    seed: wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: 1 }),
    out: textOf(given, "out") ?? "runs",
    ceilings: !given.given.has("no-ceilings"),
  };
}

/** The command that repeats a run, quoted for a shell. */
function commandOf(args: readonly string[]): string {
  const words = args.map((arg) =>
    /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`
  );
  return ["deno task bench", ...words].join(" ");
}

/** Which kernels the verifier has proven in this build, verifying those that it has not. */
async function prove(
  { kernels }: Plan,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const progress = createProgress();
  try {
    return await proveKernels(kernels, environment, readEngine(), {
      folder: verificationFolder,
      signal,
      onProgress: progress.show,
      onVerify: (names) => printError(`first, ${names.join(", ")} must pass the verifier`),
      onWarning: (warning) => printError(yellow(warning)),
    });
  } finally {
    progress.clear();
  }
}

/** Makes the contestants ready; one that cannot take part is a record with its reason. */
async function gather(
  { kernels, peers }: Plan,
  proofs: readonly Proof[],
): Promise<{ contestants: Contestant[]; records: KernelRecord[] }> {
  const contestants: Contestant[] = [];
  const records: KernelRecord[] = [];
  const add = async (name: string, peer: boolean, create: () => Promise<Contestant>) => {
    try {
      const made = await create();
      const { device, threads, method } = made;
      contestants.push(made);
      records.push({ name, peer, device, threads, method, unavailable: null });
    } catch (error) {
      // A peer may fail in any way; a kernel of ours may only be unavailable.
      const ours = error instanceof KernelUnavailableError || error instanceof RefusedError;
      if (!peer && !ours) throw error;
      const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
      records.push({ name, peer, device: "", threads: 0, method: "", unavailable: reason });
      printError(yellow(`${name} takes no part: ${reason}`));
    }
  };
  for (const name of kernels) {
    await add(name, false, async () => {
      const refusal = proofs.find(({ kernel }) => kernel === name)?.refusal ?? null;
      if (refusal !== null) throw new RefusedError(refusal);
      return contestantOf(await createKernel(name));
    });
  }
  for (const name of peers) await add(name, true, () => createPeer(name));
  return { contestants, records };
}

/** Runs the bench and returns its exit code: 1 where an output was wrong or a kernel failed. */
export async function main(args: readonly string[]): Promise<number> {
  const plan = readPlan(args);
  if (!plan) {
    print(helpText({
      usage: "deno task bench [options]",
      summary: "Times float32 kernels on the layers of real networks, each output proven right.",
      options,
      notes: [
        "A kernel takes part only if the verifier passed it in this build; the first run sees to it.",
        "Ctrl-C ends a run early and keeps what was measured until then.",
      ],
    }));
    return 0;
  }
  const start = new Date();
  const stamp = start.toISOString().slice(0, 19).replaceAll(":", "-");
  // Made first: better to hear before the run than after it that nothing can be written.
  const folder = await createFolder(plan.out, `${stamp}-${plan.suite}`);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  let results: Results;
  let refused = false;
  try {
    const environment = await readEnvironment();
    const proofs = await prove(plan, environment, stop.signal);
    refused = proofs.some(({ refusal }) => refusal !== null);
    if (stop.signal.aborted) {
      await Deno.remove(folder);
      print(yellow("stopped before anything was timed"));
      return 1;
    }
    results = await measure(plan, args, start, environment, proofs, stop.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
  const files = await writeRun(folder, results);
  print(formatTable(results));
  if (files.warning) printError(yellow(files.warning));
  const failed = results.results.filter(({ verification }) => verification.status !== "passed");
  const summary = `${results.results.length - failed.length} outputs proven, ${failed.length} not`;
  print(`\n${failed.length > 0 ? red(summary) : green(summary)}, ${results.elapsed.toFixed(0)} s`);
  if (results.partial) print(yellow("stopped early: this run is partial"));
  for (const file of [files.json, files.csv, files.html]) print(file);
  return failed.length > 0 || refused ? 1 : 0;
}

async function measure(
  plan: Plan,
  args: readonly string[],
  start: Date,
  environment: Environment,
  proofs: readonly Proof[],
  signal: AbortSignal,
): Promise<Results> {
  const { contestants, records } = await gather(plan, proofs);
  const terminal = Deno.stderr.isTerminal();
  const display = createDisplay({
    write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
    columns: terminal ? Deno.consoleSize().columns : null,
  }, plan.rounds);
  try {
    const measured = plan.ceilings
      ? await measureCeilings({
        signal,
        onProgress: (done) =>
          display.show({
            phase: "prepare",
            label: "for the ceilings",
            done: 0,
            secondsLeft: 6 * (1 - done),
            round: 0,
          }),
      })
      : null;
    const results = await runBench(contestants, plan.workloads, {
      rounds: plan.rounds,
      seed: plan.seed,
      signal,
      onProgress: (progress) => display.show(progress),
    });
    return {
      schema,
      date: start.toISOString(),
      command: commandOf(args),
      suite: plan.suite,
      seed: plan.seed,
      rounds: plan.rounds,
      elapsed: (Date.now() - start.getTime()) / 1e3,
      partial: signal.aborted,
      environment,
      engine: readEngine(),
      kernels: records,
      // What was never begun because of Ctrl-C is no failure; it is not in the file.
      results: results.filter(({ verification, warmup }) =>
        !(signal.aborted && verification.status === "error" && warmup === null)
      ),
      ...measured ? { ceilings: measured.ceilings } : {},
    };
  } finally {
    display.end();
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
