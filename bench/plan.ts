/**
 * What a bench run is asked for, read from the command line. A plan is plain
 * data, so that it can be handed to another process.
 *
 * @module
 */
import {
  namesOf,
  type Option,
  type Options,
  readOptions,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../common/command.ts";
import { type KernelName, kernelNames } from "../kernels/registry.ts";
import { type Pass, passes } from "../results/schema.ts";
import { roundsForFamily } from "../statistics/verdicts.ts";
import { type EngineChoice, engineChoices } from "./engines.ts";
import { type PeerName, peerNames } from "./peers/peers.ts";
import {
  inPasses,
  labelOf,
  type SuiteName,
  suiteNames,
  suites,
  type Workload,
} from "./workloads.ts";

// The least with room for a disturbed one: the interval of 8 covers with 99 %, of differences with 96 %.
const usualRounds = 8;

/** The options of the command. */
export const options: Readonly<Record<string, Option>> = {
  suite: {
    value: "NAME",
    help: `${suiteNames.join(", ")}; default ${suiteNames[0]}, which takes about a minute`,
  },
  kernels: { value: "A,B", help: `of ${kernelNames.join(", ")}; default all` },
  filter: { value: "A,B", help: "only workloads whose name contains A or B" },
  pass: {
    value: "A,B",
    help: `time these passes of the suite's layers: ${passes.join(", ")}; default the suite's own`,
  },
  rounds: { value: "N", help: `interleaved rounds, 1 to 1000; default ${usualRounds}` },
  threads: {
    value: "1,2",
    help: "time wasm-threads with each of these numbers of threads; default one for each processor",
  },
  engine: {
    value: "NAME",
    help: "plain (no V8 flags), revec (those of the task), both; default the task's",
  },
  peers: { value: "A,B", help: `other libraries, loaded when asked for: ${peerNames.join(", ")}` },
  baseline: {
    value: "NAME",
    help:
      "the kernel or peer that others are compared with, itself measured twice; default wasm-simd",
  },
  against: {
    value: "OLD",
    help: "compare with a results.json, or measure beside this the kernels of a git ref or a URL",
  },
  "fail-on-regression": {
    value: null,
    help: "with --against: end with 3 where a kernel is slower, and again in a fresh process",
  },
  "no-ceilings": { value: null, help: "do not measure what the machine can do at best, some 5 s" },
  strict: { value: null, help: "end with 4 where the run was too noisy to decide" },
  seed: { value: "N", help: "of data and order; default 1" },
  out: { value: "FOLDER", help: "where the dated folder is made; default runs" },
};

/** What one process measures. */
export interface Plan {
  readonly suite: SuiteName;
  readonly workloads: readonly Workload[];
  readonly kernels: readonly KernelName[];
  /** Whether the kernels were named, rather than being all there are. */
  readonly named: boolean;
  readonly peers: readonly PeerName[];
  /** The numbers of threads of wasm-threads; null for its default. */
  readonly threads: readonly number[] | null;
  readonly rounds: number;
  readonly seed: number;
  /** The kernel or peer that others are compared with. */
  readonly baseline: string;
  /** Another version whose kernels take part too. */
  readonly version: Version | null;
}

/** Another version of the kernels. */
export interface Version {
  /** What it is called in names: `wasm-simd@main`. */
  readonly label: string;
  /** The URL of its kernels/registry.ts. */
  readonly registry: string;
}

/** A whole command. */
export interface Command {
  readonly plan: Plan;
  /** Null for the engine of this process. */
  readonly engine: EngineChoice | null;
  readonly against: string | null;
  readonly failOnRegression: boolean;
  /** Whether it is measured what the machine can do at best. */
  readonly ceilings: boolean;
  readonly strict: boolean;
  readonly out: string;
}

/**
 * Reads the command line; null where help was asked for.
 *
 * @throws {UsageError}
 */
export function readCommand(args: readonly string[]): Command | null {
  const given = readOptions(args, options);
  if (given.given.has("help")) return null;
  const suite = oneOf(given, "suite", suiteNames) ?? suiteNames[0]!;
  const kernels = namesOf(given, "kernels", kernelNames, "kernel");
  const peers = textOf(given, "peers") === undefined
    ? []
    : namesOf(given, "peers", peerNames, "peer");
  const workloads = workloadsOf(given, suite);
  const against = textOf(given, "against") ?? null;
  const failOnRegression = given.given.has("fail-on-regression");
  if (failOnRegression && against === null) {
    throw new UsageError("--fail-on-regression needs --against, to know what was before");
  }
  return {
    plan: {
      suite,
      workloads,
      kernels,
      named: given.given.has("kernels"),
      peers,
      threads: threadsOf(given, kernels),
      rounds: roundsOf(given, failOnRegression ? workloads.length * kernels.length : null),
      seed: wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: 1 }),
      baseline: baselineOf(given, kernels, peers),
      version: null,
    },
    engine: oneOf(given, "engine", engineChoices) ?? null,
    against,
    failOnRegression,
    ceilings: !given.given.has("no-ceilings"),
    strict: given.given.has("strict"),
    out: textOf(given, "out") ?? "runs",
  };
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
      `unknown ${option} ${JSON.stringify(text)}; there are ${allowed.join(", ")}`,
    );
  }
  return found;
}

function workloadsOf(given: Options, suite: SuiteName): readonly Workload[] {
  let workloads: readonly Workload[] = suites[suite];
  if (textOf(given, "pass") !== undefined) {
    const wanted: readonly Pass[] = namesOf(given, "pass", passes, "pass");
    const plain = new Map(workloads.map((workload) => {
      const { pass: _, ...rest } = workload;
      return [workload.name, rest];
    }));
    workloads = inPasses([...plain.values()], wanted);
    if (workloads.length === 0) {
      throw new UsageError(`no workload of ${suite} can be timed in ${wanted.join(" or ")}`);
    }
  }
  const filter = textOf(given, "filter") ?? "";
  const found = workloads.filter(({ name }) =>
    filter.split(",").some((part) => name.includes(part))
  );
  if (found.length === 0) {
    const names = [...new Set(workloads.map(labelOf))].join(", ");
    throw new UsageError(
      `no workload of ${suite} contains ${JSON.stringify(filter)}; there are ${names}`,
    );
  }
  return found;
}

const mostThreads = 64;

function threadsOf(given: Options, kernels: readonly KernelName[]): readonly number[] | null {
  const text = textOf(given, "threads");
  if (text === undefined) return null;
  if (!kernels.includes("wasm-threads")) {
    throw new UsageError("--threads is for wasm-threads, which --kernels leaves out");
  }
  const numbers = text.split(",").map((part) => /^\s*\d+\s*$/.test(part) ? Number(part) : NaN);
  if (!numbers.every((number) => number >= 1 && number <= mostThreads)) {
    throw new UsageError(
      `--threads must be whole numbers from 1 to ${mostThreads}, separated by commas; got ${
        JSON.stringify(text)
      }`,
    );
  }
  return [...new Set(numbers)];
}

/** @param cells How many comparisons are to rule the exit code; null for none. */
function roundsOf(given: Options, cells: number | null): number {
  const least = cells === null ? 1 : roundsForFamily(cells);
  const rounds = wholeNumberOf(given, "rounds", {
    low: 1,
    high: 1000,
    otherwise: Math.max(usualRounds, least),
  });
  if (rounds < least) {
    throw new UsageError(
      `with --fail-on-regression, ${cells} comparisons need ${least} rounds or more to show anything; got ${rounds}`,
    );
  }
  return rounds;
}

function baselineOf(
  given: Options,
  kernels: readonly KernelName[],
  peers: readonly PeerName[],
): string {
  const names = [...kernels, ...peers];
  const found = oneOf(given, "baseline", names);
  if (found !== undefined) return found;
  // Known before the run: the fastest of it would be chosen by its noise.
  const usual: KernelName = "wasm-simd";
  return kernels.includes(usual) ? usual : kernels.at(-1) ?? names[0]!;
}
