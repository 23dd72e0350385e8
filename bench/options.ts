/**
 * The options of `deno task bench`, each with what it does and its default.
 *
 * @module
 */
import type { Option } from "../common/command.ts";
import { formatList } from "../common/text.ts";
import { kernelNames, threadedKernels } from "../kernels/registry.ts";
import { passes } from "../results/schema.ts";
import { ownOptions } from "./own_workloads.ts";
import { peerNames } from "./peers/peers.ts";
import { suiteNames } from "./workloads.ts";

/** Few, since what differs between launches is more than what rounds could still average. */
export const usualRounds = 2;
/** Of a single launch, whose rounds are all there is: the interval of 8 covers with 99 %, of differences with 96 %. */
export const roundsOfOne = 8;
/** Launches unless others are asked for. */
export const usualLaunches = 3;
/** Versions are told apart by launches alone, of which six have a distribution-free interval. */
export const launchesForVersions = 6;
/** More than the precision that was asked for can need on a machine that allows it. */
export const launchesForPrecision = 30;

/** The options of the command. */
export const options: Readonly<Record<string, Option>> = {
  suite: {
    value: "NAME",
    help: `Time the workloads of this suite: ${suiteNames.join(", ")}. Default: ${
      suiteNames[0]
    }, which takes about a minute.`,
  },
  ...ownOptions,
  kernels: {
    value: "A,B",
    help: `Time only these kernels: ${kernelNames.join(", ")}. Default: all of them.`,
  },
  kernel: {
    value: "PATH",
    help:
      "Time the kernel that this module exports too, such as ./mine.ts, verified first like any other; several are separated by commas. What it may export: see deno task verify --help. It runs with the permissions of this command, which may load native code (--allow-ffi). Default: none.",
  },
  filter: {
    value: "A,B",
    help:
      "Time only the workloads whose name contains one of these texts, separated by commas. Default: all of the suite.",
  },
  pass: {
    value: "A,B",
    help: `Time the suite's layers in these passes: ${
      passes.join(", ")
    }. Default: the suite's own.`,
  },
  cold: {
    value: null,
    help:
      "Empty the caches before each timed call, as for a layer that runs now and then; the workloads are then called NAME-cold, and compared with none that are warm. GPUs are left out.",
  },
  rounds: {
    value: "N",
    help:
      `Measure N interleaved rounds in each launch, from 1 to 1000. Default: ${usualRounds}; ${roundsOfOne} of a single launch.`,
  },
  launches: {
    value: "N",
    help:
      `Measure in N fresh processes, from 1 to 100; more of them show smaller differences. Default: ${usualLaunches}; ${launchesForVersions} with --against.`,
  },
  precision: {
    value: "P",
    help:
      `Go on with further launches until every interval is within P percent of its time, such as 1%; up to ${launchesForPrecision} of them unless --launches says otherwise.`,
  },
  threads: {
    value: "1,2",
    help: `Time ${
      formatList(threadedKernels)
    } once for each of these numbers of threads. Default: one thread for each processor.`,
  },
  engine: {
    value: "NAME",
    help:
      "Run under plain (no V8 flags), revec (the flags of the task) or both, interleaved. Default: the engine of this process.",
  },
  peers: {
    value: "A,B",
    help: `Time these libraries beside the kernels; each is loaded when it is asked for: ${
      peerNames.join(", ")
    }. Default: none.`,
  },
  baseline: {
    value: "NAME",
    help:
      "Compare all others with this kernel or peer; it is timed a second time, as the A/A control. Default: wasm-simd.",
  },
  against: {
    value: "OLD",
    help:
      "Compare with an older results.json or the folder of its run, a baseline that --save NAME saved, or the kernels of a git ref or a URL, timed in the same run; of a name that is both, the baseline. Default: nothing.",
  },
  save: {
    value: "NAME",
    help:
      "Save the results as the baseline NAME, in FOLDER/baselines, for a later --against NAME; an older one of that name is replaced. Default: not saved.",
  },
  "fail-on-regression": {
    value: null,
    help:
      "With --against, exit with code 3 if a kernel is slower than the old one, and again when measured a second time.",
  },
  "no-ceilings": {
    value: null,
    help: "Skip the measurement of what the machine can do at best, which takes about 5 s.",
  },
  verbose: {
    value: null,
    help: "Print every slow tail of single calls too, which the report has as well.",
  },
  strict: { value: null, help: "Exit with code 4 if the run was too noisy to decide." },
  seed: {
    value: "N",
    help: "Seed the random data and the random order with N. Default: 1.",
  },
  out: {
    value: "FOLDER",
    help:
      "Make the dated folder of results in FOLDER, and keep the verifier's findings there. Default: runs.",
  },
};
