/**
 * What a run of the bench is asked for, read from the command line. A plan is
 * plain data, so that it can be sent to another process.
 *
 * @module
 */
import {
  namesOf,
  type Options,
  partsOf,
  readOptions,
  shareOf,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../common/command.ts";
import { formatList, quote } from "../common/text.ts";
import type { Model } from "../models/model.ts";
import {
  type KernelName,
  kernelNames,
  takesThreads,
  threadedKernels,
} from "../kernels/registry.ts";
import { mostThreads } from "../kernels/wasm/thread_count.ts";
import type { ForeignKernel } from "../verify/foreign/kernel_module.ts";
import type { KnownKernel } from "../verify/repeat_command.ts";
import { type Pass, passes } from "../results/schema.ts";
import { baselineName } from "./baselines.ts";
import { type EngineChoice, engineChoices } from "./engines.ts";
import {
  launchesForPrecision,
  launchesForVersions,
  options,
  roundsOfOne,
  usualLaunches,
  usualRounds,
} from "./options.ts";
import { type PeerName, peerNames } from "./peers/peers.ts";
import { type OwnSuite, ownWorkloads, readNamedModel, selectWorkloads } from "./own_workloads.ts";
import { allows, inPasses, withColdNames, type Workload } from "./workload.ts";
import { type SuiteName, suiteNames, suites } from "./workloads.ts";

/** What a process measures. */
export interface BenchPlan {
  readonly suite: SuiteName | OwnSuite;
  readonly workloads: readonly Workload[];
  /** Of the registry, or from elsewhere. */
  readonly kernels: readonly KnownKernel[];
  /** Whether those of the registry were named, rather than being all there are. */
  readonly named: boolean;
  readonly peers: readonly PeerName[];
  /** The numbers of threads of wasm-threads; null for its default. */
  readonly threads: readonly number[] | null;
  /** How many rounds each launch has. */
  readonly rounds: number;
  /** How many launches each engine has, at the most. */
  readonly launches: number;
  /** The relative half width that every interval is to have before there are no more launches; null for none. */
  readonly precision: number | null;
  readonly seed: number;
  /** The kernel or peer that others are compared with. */
  readonly baseline: string;
  /** Another version whose kernels are timed too; null for none. */
  readonly version: Version | null;
  /** Whether it decides on what was flagged alone, which needs no controls and no single calls; absent where not. */
  readonly confirms?: boolean;
  /** Which launch this is, counted from 1; absent in the plan of a whole run. */
  readonly launch?: number;
  /** The folder of runs, in which the verifier's findings are kept too; `runs` where it is absent. */
  readonly runs?: string;
}

/** Another version of the kernels. */
export interface Version {
  /** What it is called in names: `wasm-simd@main`. */
  readonly label: string;
  /** The URL of its kernels/registry.ts. */
  readonly registry: string;
  /** The URLs of the registries of two copies of this code, to be loaded as the other version is: what is timed, and its control; absent where it cannot be copied. */
  readonly copies?: { readonly own: string; readonly control: string };
}

/** A whole command line. */
export interface BenchCommand {
  readonly plan: BenchPlan;
  /** Null for the engine of this process. */
  readonly engine: EngineChoice | null;
  readonly against: string | null;
  /** The name of the baseline that the run is saved as; null for none. */
  readonly save: string | null;
  readonly failOnRegression: boolean;
  /** Whether the ceilings are measured: what the machine can do at best. */
  readonly ceilings: boolean;
  readonly strict: boolean;
  /** Whether every tail is printed. */
  readonly verbose: boolean;
  readonly out: string;
}

/** The model that a command line names, to be given to {@linkcode readCommand}; null without one. */
export async function readModelOf(args: readonly string[]): Promise<Model | null> {
  return await readNamedModel(readOptions(args, options));
}

/**
 * Reads the command line; null where help was asked for.
 *
 * @param model what {@linkcode readModelOf} read
 * @param foreign what {@linkcode foreignKernelsOf} read
 * @throws {UsageError}
 */
export function readCommand(
  args: readonly string[],
  model: Model | null = null,
  foreign: readonly ForeignKernel[] = [],
): BenchCommand | null {
  const given = readOptions(args, options);
  if (given.given.has("help")) return null;
  const ownSuite = ownWorkloads(given, model);
  const named = oneOf(given, "suite", suiteNames) ?? suiteNames[0]!;
  const suite = ownSuite?.suite ?? named;
  const own = namesOf(given, "kernels", kernelNames, "kernel");
  const kernels = [...own, ...foreign];
  const peers = namesOf(given, "peers", peerNames, "peer", []);
  const workloads = workloadsOf(given, suite, ownSuite?.workloads ?? suites[named]);
  const against = textOf(given, "against") ?? null;
  const out = textOf(given, "out");
  const save = textOf(given, "save");
  const failOnRegression = given.given.has("fail-on-regression");
  if (failOnRegression && against === null) {
    throw new UsageError("--fail-on-regression needs --against, which says what to compare with");
  }
  const precision = shareOf(given, "precision", { low: 0.1, high: 50, otherwise: null });
  const launches = launchesOf(given, { failOnRegression, against, precision });
  return {
    plan: {
      suite,
      workloads,
      kernels,
      named: given.given.has("kernels"),
      peers,
      threads: threadsOf(given, own),
      rounds: wholeNumberOf(given, "rounds", {
        low: 1,
        high: 1000,
        otherwise: launches === 1 ? roundsOfOne : usualRounds,
      }),
      launches,
      precision,
      seed: wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: 1 }),
      baseline: baselineOf(given, own, [...foreign.map(({ name }) => name), ...peers]),
      version: null,
      ...(out !== undefined && { runs: out }),
    },
    engine: oneOf(given, "engine", engineChoices) ?? null,
    against,
    save: save === undefined ? null : baselineName(save),
    failOnRegression,
    ceilings: !given.given.has("no-ceilings"),
    strict: given.given.has("strict"),
    verbose: given.given.has("verbose"),
    out: out ?? "runs",
  };
}

function launchesOf(
  given: Options,
  { failOnRegression, against, precision }: {
    readonly failOnRegression: boolean;
    readonly against: string | null;
    readonly precision: number | null;
  },
): number {
  const ofFile = against?.endsWith(".json") ?? true;
  const launches = wholeNumberOf(given, "launches", {
    low: 1,
    high: 100,
    otherwise: precision !== null
      ? launchesForPrecision
      : ofFile
      ? usualLaunches
      : launchesForVersions,
  });
  if (failOnRegression && !ofFile && launches < launchesForVersions) {
    throw new UsageError(
      `with --fail-on-regression, two versions need ${launchesForVersions} launches or more to be told apart; got ${launches}`,
    );
  }
  return launches;
}

function oneOf<Name extends string>(
  given: Options,
  option: string,
  allowed: readonly Name[],
): Name | undefined {
  const text = textOf(given, option);
  const found = allowed.find((name) => name === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(
      `unknown ${option} ${quote(text)}; there are ${allowed.join(", ")}`,
    );
  }
  return found;
}

function workloadsOf(
  given: Options,
  suite: SuiteName | OwnSuite,
  all: readonly Workload[],
): readonly Workload[] {
  let workloads = all;
  if (textOf(given, "pass") !== undefined) {
    const wanted: readonly Pass[] = namesOf(given, "pass", passes, "pass");
    const plain = new Map(workloads.map((workload) => {
      const { pass: _, ...rest } = workload;
      return [workload.name, rest];
    }));
    workloads = inPasses([...plain.values()], wanted);
    const refused = all.find((one) => !wanted.some((pass) => allows(one, pass)));
    // Of a suite there are others; what was named is not left out without a word.
    if (suite === "shapes" && refused !== undefined) {
      throw new UsageError(
        `${refused.name} cannot be timed in ${
          formatList(wanted, { word: "or" })
        }: gradients need relu or linear, and sums that stay exact`,
      );
    }
    if (workloads.length === 0) {
      throw new UsageError(
        `no workload of ${suite} can be timed in ${formatList(wanted, { word: "or" })}`,
      );
    }
  }
  const filter = partsOf(given, "filter");
  const found = filter ? selectWorkloads(workloads, filter, `no workload of ${suite}`) : workloads;
  return given.given.has("cold") ? withColdNames(found) : found;
}

/**
 * The numbers of threads of an option, each once; undefined where it was not given.
 *
 * @throws {UsageError}
 */
export function threadCountsOf(given: Options): readonly number[] | undefined {
  const text = textOf(given, "threads");
  if (text === undefined) return undefined;
  const numbers = text.split(",").map((part) => /^\s*\d+\s*$/.test(part) ? Number(part) : NaN);
  if (!numbers.every((number) => number >= 1 && number <= mostThreads)) {
    throw new UsageError(
      `--threads must be whole numbers from 1 to ${mostThreads}, separated by commas; got ${
        quote(text)
      }`,
    );
  }
  return [...new Set(numbers)];
}

function threadsOf(given: Options, kernels: readonly KernelName[]): readonly number[] | null {
  const counts = threadCountsOf(given);
  if (counts !== undefined && !kernels.some(takesThreads)) {
    const names = formatList(threadedKernels);
    throw new UsageError(`--threads is for ${names}, which --kernels leaves out`);
  }
  return counts ?? null;
}

function baselineOf(
  given: Options,
  kernels: readonly KernelName[],
  others: readonly string[],
): string {
  const names = [...kernels, ...others];
  const found = oneOf(given, "baseline", names);
  if (found !== undefined) return found;
  // Fixed before the run: the fastest one of the run would be chosen by its noise.
  const usual: KernelName = "wasm-simd";
  return kernels.includes(usual) ? usual : kernels.at(-1) ?? names[0]!;
}
