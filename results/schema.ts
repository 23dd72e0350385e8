/**
 * The result file, results.json: what a bench run found, in SI units, complete
 * enough that every report is made from it alone. Reports know this file and
 * nothing else of the bench.
 *
 * @module
 */
import type { NoiseGrade, Verdict } from "../common/verdicts.ts";
import type { CallTimes, Leak } from "./calls_schema.ts";
import type { Pass } from "./pass.ts";
import type { StartVerdictReport, TailVerdictReport, VerdictReport } from "./verdict_schema.ts";

export type { CallTimes, LaunchCalls, Leak, Quantile } from "./calls_schema.ts";
export { type Pass, passes } from "./pass.ts";
export type {
  RatioReport,
  StartVerdictReport,
  TailVerdictReport,
  VerdictReport,
} from "./verdict_schema.ts";

/** The version of the format; it changes whenever a reader of the old one would misread the new. */
export const schema = "densemark-results/4";

/** Older versions. They mean the same where a newer field is absent, and had other names for some. */
export const olderSchemas = [
  "densemark-results/1",
  "densemark-results/2",
  "densemark-results/3",
] as const;

/** What versions 1 to 3 called verdicts that have other names now: both claims of a small difference were made by other rules. */
export const formerVerdicts = {
  same: "equivalent",
  "small but real": "inconclusive",
} as const satisfies Record<string, Verdict>;

const namesOf3 = { moreNeeded: "roundsNeeded" } as const;

const namesOf2 = {
  ...namesOf3,
  controlOf: "twinOf",
  controls: "twins",
  measurements: "visits",
  referenceLoop: "thermometer",
  roundMedians: "samples",
  samples: "blocks",
  slots: "turns",
} as const;

/** What older versions called fields that have other names now. */
export const formerNames = {
  "densemark-results/1": namesOf2,
  "densemark-results/2": namesOf2,
  "densemark-results/3": namesOf3,
} as const;

/** A whole run of the bench. */
export interface Results {
  readonly schema: typeof schema;
  /** When the run started, ISO 8601 in UTC. */
  readonly date: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** The suite's name: `quick`, `dense`, `gemm`… */
  readonly suite: string;
  /** The seed of data and order. */
  readonly seed: number;
  /** How many interleaved rounds were asked for, of each launch. */
  readonly rounds: number;
  /** How many fresh processes each engine was measured in; absent for one. */
  readonly launches?: number;
  /** Seconds that the whole run took. */
  readonly elapsed: number;
  /** Whether the run was stopped before its end; what was measured until then is kept. */
  readonly partial: boolean;
  readonly environment: Environment;
  /**
   * The V8 flags that the process ran under: `plain` for none, else the flags.
   * Where a run has several processes, those of the one that the command
   * belongs to; each kernel's record then names its own.
   */
  readonly engine: string;
  readonly kernels: readonly KernelRecord[];
  readonly results: readonly Result[];
  /** How noisy the machine was; absent where that was not measured. */
  readonly noise?: NoiseReport;
  /** The kernel that the others are compared with, by its name in `kernels`. */
  readonly baseline?: string;
  /** Comparisons with the baseline, paired by round. */
  readonly verdicts?: readonly VerdictReport[];
  /** The comparisons of the tails of single calls. */
  readonly tailVerdicts?: readonly TailVerdictReport[];
  /** The comparisons of first calls, and of the calls until times had settled. */
  readonly startVerdicts?: readonly StartVerdictReport[];
  /** Figures published for these workloads, of other machines: context, no comparison. */
  readonly published?: readonly Published[];
  /** The limits of the machine, measured in the same run; absent where that was not asked for. */
  readonly ceilings?: readonly Ceiling[];
}

/** The machine and the software of a run. */
export interface Environment {
  readonly densemark: string;
  /** The commit of the repository, with `-dirty` where files differ from it; null outside a repository. */
  readonly commit: string | null;
  readonly deno: string;
  readonly v8: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** How the processors' frequency is chosen, as `performance`; absent where that cannot be read. */
  readonly governor?: string;
  /** The hypervisor's name, `none` on bare metal; absent where that cannot be read. */
  readonly hypervisor?: string;
  /** Processes that ran or waited when the run started, the averages of 1, 5 and 15 minutes; absent where that cannot be read. */
  readonly load?: readonly number[];
  /** How many processors' time the control group may use; absent where it is not limited, or cannot be read. */
  readonly cpuQuota?: number;
  /** The processors that the process may use, as `0-3,8`; absent where that cannot be read. */
  readonly cpuset?: string;
  /** The caches of the first processor, from the nearest on; absent where they cannot be read. */
  readonly caches?: readonly Cache[];
}

/** A cache of a processor. */
export interface Cache {
  readonly level: number;
  /** What it holds. */
  readonly kind: "data" | "code" | "both";
  readonly bytes: number;
  /** How many logical processors use it. */
  readonly sharedBy: number;
}

/** A kernel or peer of the run, or the reason why it was skipped. */
export interface KernelRecord {
  /** Unique in the file. */
  readonly name: string;
  /** Whether it is another project's library, measured beside Densemark's kernels. */
  readonly peer: boolean;
  /** Where it computes: `JavaScript`, an adapter's name. */
  readonly device: string;
  readonly threads: number;
  /** One line on how it computes, from its traits. */
  readonly method: string;
  /** Why it was skipped; null where it was not. */
  readonly unavailable: string | null;
  /** Its name without the engine, the threads or the version that `name` may carry; absent where that is `name`. */
  readonly base?: string;
  /** The V8 flags of its process, or `plain`; absent where they are the file's `engine`. */
  readonly engine?: string;
  /** The version that it was loaded from, a git ref or a URL; absent for the working tree's. */
  readonly version?: string;
  /** The name of the kernel that this A/A control is made like, to show what no difference looks like. */
  readonly controlOf?: string;
}

/** One kernel on one workload. */
export interface Result {
  readonly kernel: string;
  readonly peer: boolean;
  readonly workload: string;
  /** Why this workload is here, in a few words. */
  readonly description: string;
  /** Rows of the batch, units and inputs; of a network the inputs of its first layer and the units of its last. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The layers of a network, in order; absent for a single layer. */
  readonly layers?: readonly Layer[];
  /** All that a network computes, in order and in words, where it is more than Dense layers with activations of kernels; absent else. */
  readonly steps?: readonly string[];
  readonly pass: Pass;
  /** Whether the caches were emptied before each call; absent where they were not. */
  readonly cold?: true;
  readonly activation: string;
  /** Whether a bias is added. */
  readonly bias: boolean;
  /** Of one call; null where nothing was timed (not verified, failed). */
  readonly seconds: Seconds | null;
  /** Floating-point operations of one call, multiplications and additions of the products alone; absent where they are 2·m·n·k. */
  readonly flops?: number;
  /** flops / seconds.median / 1e9; null where nothing was timed. */
  readonly gflops: number | null;
  readonly verification: Verification;
  /** Seconds of one call in each round, in the order measured. */
  readonly roundMedians: readonly number[];
  readonly warmup: Warmup | null;
  /** Every measurement behind the medians of the rounds, and those that were replaced. */
  readonly measurements?: readonly Measurement[];
  /** Bytes of the kernel's own memory that the workload takes once it has run: tensors, and what was derived from them; absent where the kernel does not report it. */
  readonly memory?: number;
  /** What single calls took, which the medians of samples hide; absent where they were not timed, as where a wait takes longer than a call. */
  readonly calls?: CallTimes;
  /** Memory that grew with the calls; absent where none did. */
  readonly leak?: Leak;
  /** Seconds of the first call in each launch. */
  readonly firstCalls?: readonly number[];
  /** Calls until the times had settled, in each launch where they did. */
  readonly settledCalls?: readonly number[];
}

/** One layer of a network. */
export interface Layer {
  readonly n: number;
  readonly k: number;
  readonly activation: string;
  /** Absent where a bias is added. */
  readonly bias?: false;
  /** How many rows of it a row of the batch makes, where an example has more axes than one; absent for one. */
  readonly rows?: number;
}

/** A contender's samples of one round on a workload, and the state of the machine meanwhile. */
export interface Measurement {
  /** Counts from 1 through all launches; a measurement and the one that replaces it have the same. */
  readonly round: number;
  /** The launch that it belongs to, counted from 1; absent where there was one. */
  readonly launch?: number;
  /** Seconds since the start of the run. */
  readonly at: number;
  /** Calls in a sample, which is one timed batch of them. */
  readonly calls: number;
  /** Seconds of one call, for each sample. */
  readonly samples: readonly number[];
  /** The slots into which the round was divided, interleaving the contenders: sample i of s was measured in slot ⌊(i + ½)·slots / s⌋, counted from 0; absent where there were none. */
  readonly slots?: number;
  /** CPU seconds of the process for each second of the samples and of the calls before them: near the number of threads where nothing else used the processor. */
  readonly cpu: number;
  /** How often the system took the processor away. */
  readonly switches: number;
  /** The share of the time in which some process of the machine waited for a processor; null where the system does not report it. */
  readonly pressure: number | null;
  /** Why this measurement does not count, told by the state of the machine alone; absent where it counts. */
  readonly replaced?: string;
}

/** How noisy the machine was, by the A/A controls and the reference loop of every round. */
export interface NoiseReport {
  /** The grade and what follows from it, one sentence. */
  readonly sentence: string;
  readonly grade: NoiseGrade;
  /** The relative difference that the run shows between a kernel and its control; null where unknown. */
  readonly floor: number | null;
  /** The relative difference in time that this run would call one with probability 0.8: 0.08 is 8 %; null where unknown. */
  readonly smallest: number | null;
  /** The same for each number of threads that has a control; absent in older files. */
  readonly byThreads?: readonly ThreadNoise[];
  /** What else is wrong with the run, a sentence each. */
  readonly warnings: readonly string[];
  /** A control's time as a multiple of its kernel's, by round, for each workload that both ran. */
  readonly controls: readonly ControlRatios[];
  /** Seconds that the reference loop, which is always the same work, took at the start, middle and end of each round, in order. */
  readonly referenceLoop: readonly LoopReading[];
  /** Measurements made, and how many of them were replaced. */
  readonly measurements: number;
  readonly replaced: number;
}

/** The noise of all kernels that compute on so many threads, as in {@linkcode NoiseReport}. */
export interface ThreadNoise {
  readonly threads: number;
  readonly grade: NoiseGrade;
  readonly floor: number | null;
  readonly smallest: number | null;
}

/** What looks like a difference where there is none. */
export interface ControlRatios {
  /** The control. */
  readonly kernel: string;
  readonly workload: string;
  readonly pass: Pass;
  /** Of each round. */
  readonly ratios: readonly number[];
  /** The estimate with the ends of its interval, made as those of {@linkcode VerdictReport}; absent in older files. */
  readonly ratio?: number;
  readonly low?: number;
  readonly high?: number;
  /** What would be said of it if it were no control. */
  readonly verdict?: Verdict;
}

/** One reading of the reference loop. */
export interface LoopReading {
  readonly round: number;
  /** Seconds since the start of the run. */
  readonly at: number;
  readonly seconds: number;
  /** How many processors other programs used since the reading before; absent where that is not known. */
  readonly others?: number;
}

/** A published figure for a workload. */
export interface Published {
  readonly workload: string;
  readonly device: string;
  readonly gflops: number;
  /** Where it was published. */
  readonly source: string;
}

/** The time of one call. */
export interface Seconds {
  /** The median over the rounds. */
  readonly median: number;
  /** Ends of the interval for the median: by order statistics of six launches or more, or of the rounds of one; by Student of two to five launches. */
  readonly low: number;
  readonly high: number;
  readonly min: number;
  /** The probability with which the interval covers the median: 0.95 or more, or 0 where the rounds are too few for one and low and high are the range. */
  readonly confidence: number;
}

/** Whether the timed output was right. */
export interface Verification {
  readonly status: "passed" | "failed" | "error";
  /** How it was checked, or what was wrong; one line. */
  readonly detail: string;
  /** The worst error as a share of what the check allows: above 1 is a failure; null where nothing could be compared. */
  readonly worst: number | null;
}

/** How a kernel was brought to its steady speed on a workload. */
export interface Warmup {
  readonly calls: number;
  readonly seconds: number;
  /** Whether the last samples showed no trend any more when warm-up ended. */
  readonly settled: boolean;
  /** Seconds of the very first call. */
  readonly first: number;
  /** Seconds of one call in each sample, from cold to the end of warm-up. */
  readonly trace?: readonly number[];
}

/**
 * A limit of the machine, measured: the speed of arithmetic alone or of
 * reading alone, on so many threads, in `unit`. Arithmetic is the best of
 * several tries in fresh code, and its samples are that try's.
 */
export interface Ceiling {
  /**
   * One for each way and number of threads. Those of arithmetic begin with
   * where it was done: `js-`, `wasm-` or `native-` and the width in bits for vectors, `gpu-`.
   */
  readonly id: string;
  readonly kind: "compute" | "bandwidth";
  /** How it was measured, in words. */
  readonly what: string;
  readonly threads: number;
  /** The bytes of the largest working set, of all threads together, that a bandwidth holds for; null for arithmetic. */
  readonly bytes: number | null;
  readonly unit: "GFLOP/s" | "GB/s";
  readonly median: number;
  /** Ends of the exact order-statistic interval for the median. */
  readonly low: number;
  readonly high: number;
  readonly best: number;
  /** As in {@linkcode Seconds}. */
  readonly confidence: number;
  /** The speed in each round, in the order measured. */
  readonly samples: readonly number[];
  /** Why the limit is not known: something was faster than what was measured, twice. Absent where nothing was. */
  readonly unknown?: string;
}
