/**
 * The result file, results.json: what a bench run found, in SI units, complete
 * enough that every report is made from it alone. Reports know this file and
 * nothing else of the bench.
 *
 * @module
 */

/** The version of the format; it changes whenever a reader of the old one would misread the new. */
export const schema = "densemark-results/1";

/** A whole run of the bench. */
export interface Results {
  readonly schema: typeof schema;
  /** When the run began, ISO 8601 in UTC. */
  readonly date: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** The suite's name: `quick`, `dense`, `gemm`. */
  readonly suite: string;
  /** The seed of data and order. */
  readonly seed: number;
  /** How many interleaved rounds were asked for. */
  readonly rounds: number;
  /** Seconds that the whole run took. */
  readonly elapsed: number;
  /** Whether the run was stopped before its end; what was measured until then is kept. */
  readonly partial: boolean;
  readonly environment: Environment;
  /** The V8 flags that the process ran under: `plain` for none, else the flags. */
  readonly engine: string;
  readonly kernels: readonly KernelRecord[];
  readonly results: readonly Result[];
  /** What the machine could do at best, measured in the same run; absent where that was not asked for. */
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
}

/** A kernel or peer that took part, or the reason why it did not. */
export interface KernelRecord {
  readonly name: string;
  /** Somebody else's library, measured beside ours. */
  readonly peer: boolean;
  /** Where it computes: `JavaScript`, an adapter's name. */
  readonly device: string;
  readonly threads: number;
  /** One line on how it computes, from its traits. */
  readonly method: string;
  /** Why it could not take part; null where it did. */
  readonly unavailable: string | null;
}

/** What is timed. */
export type Pass = "forward";

/** One kernel on one workload. */
export interface Result {
  readonly kernel: string;
  readonly peer: boolean;
  readonly workload: string;
  /** Why this workload is here, in a few words. */
  readonly description: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly pass: Pass;
  readonly activation: string;
  /** Whether a bias is added. */
  readonly bias: boolean;
  /** Of one call; null where nothing was timed (not verified, failed). */
  readonly seconds: Seconds | null;
  /** 2·m·n·k / seconds.median / 1e9; null where nothing was timed. */
  readonly gflops: number | null;
  readonly verification: Verification;
  /** Seconds of one call in each round, in the order measured. */
  readonly samples: readonly number[];
  readonly warmup: Warmup | null;
}

/** The time of one call. */
export interface Seconds {
  /** The median over the rounds. */
  readonly median: number;
  /** Ends of the exact order-statistic interval for the median. */
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
  /** Whether the last blocks showed no trend any more when warm-up ended. */
  readonly settled: boolean;
  /** Seconds of the very first call. */
  readonly first: number;
}

/**
 * A limit of the machine, measured: the speed of arithmetic alone or of
 * reading alone, on so many threads. Over the rounds, in `unit`.
 */
export interface Ceiling {
  /**
   * One for each way and number of threads. Those of arithmetic begin with
   * where it was done: `js-`, `wasm-` and the width in bits for vectors, `gpu-`.
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
}
