/**
 * The verification file, verify.json: what a run of the verifier found, complete
 * enough that the page and the JUnit file are made from it alone, and that the
 * bench knows which kernels were verified in this very build.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import type { Environment } from "../schema.ts";

/** The version of the format; it changes whenever a reader of the old one would misread the new. */
export const verificationSchema = "densemark-verification/2";

/** The version before, whose names of some fields were others. */
export const olderVerificationSchema = "densemark-verification/1";

/** What version 1 called fields that have other names now. */
export const formerNames = {
  conforming: "legal",
  outcomes: "verdicts",
  summation: "signature",
} as const;

/** How much was done. */
export type Mode = "quick" | "full" | "soak" | "self";

/** A whole run of the verifier. */
export interface VerificationReport {
  readonly schema: typeof verificationSchema;
  /** When the run started, ISO 8601 in UTC. */
  readonly date: string;
  /** The command that repeats the run. */
  readonly command: string;
  readonly mode: Mode;
  /** The seed of all data. */
  readonly seed: number;
  /** The seed of the numbers that the sweep began with, which differs from run to run; absent in older files. */
  readonly sweepSeed?: number;
  /** Seconds that the whole run took. */
  readonly elapsed: number;
  /** Whether not all kernels or checks were run: asked for so, or stopped early. */
  readonly partial: boolean;
  /** A hash of the code that was verified and of what checked it; null where the code could not be read. */
  readonly build: string | null;
  readonly environment: Environment;
  /** The V8 flags that the process ran under: `plain` for none, else the flags. */
  readonly engine: string;
  readonly exitCode: number;
  /** How many warnings the checks of all kernels have; absent in older files. */
  readonly warnings?: number;
  /** Whether warnings count as failures (`--strict`); absent where they do not. */
  readonly strict?: boolean;
  readonly kernels: readonly KernelVerification[];
  /** Kernels that this machine cannot run, and why. */
  readonly skipped: readonly Skipped[];
  /** Kernels whose orders of summation are the same, which must agree bit for bit. */
  readonly groups: readonly Group[];
  /** How the verifier did on kernels that are broken on purpose; null where that was not tested. */
  readonly self: SelfTest | null;
}

/** A kernel that was not verified. */
export interface Skipped {
  readonly kernel: string;
  readonly reason: string;
  /** Whether it was asked for by `--require`, so that its absence is a failure. */
  readonly required: boolean;
}

/** What was found on one kernel. */
export interface KernelVerification {
  /** Its name. */
  readonly kernel: string;
  /** The hash of its module's code, for a kernel from elsewhere (`--kernel`): what was found holds for that alone; absent for Densemark's own, which `build` covers. */
  readonly code?: string;
  /** Which half of the cases it had of checks that have many alike, 0 or 1, where another kernel of the run that shares most of its code had the other half; absent where it had all. */
  readonly half?: number;
  /** Where it computes: `JavaScript`, an adapter's name. */
  readonly device: string;
  /** How many threads it computes on. */
  readonly threads: number;
  /** Whether no case of any check failed, and every case was run. */
  readonly passed: boolean;
  /** Seconds. */
  readonly elapsed: number;
  /** How it adds, as probed from outside; null where the probes were not run. */
  readonly summation: SummationReport | null;
  /** What each check found. */
  readonly checks: readonly CheckReport[];
  /** The errors of its activations. */
  readonly activations: readonly ActivationReport[];
  /** The errors of the activations' gradients, each as a function of y or z for dy = 1; absent in older files. */
  readonly gradients?: readonly ActivationReport[];
  /** Errors of sums of k products against k, for random data. */
  readonly growth: readonly Growth[];
  /** How many results of the random sums were so many units in the last place off, for each of `ulpBins`. */
  readonly ulpHistogram: readonly number[];
}

/** The lower ends of the bins of a ULP histogram: 0, 1, 2, 3 to 4, 5 to 8, … */
export const ulpBins: readonly number[] = [0, 1, 2, 3, 5, 9, 17, 33, 65, 129];

export type { SumTree };

/** How a kernel adds, seen from outside. */
export interface SummationReport {
  /** The claim in words: `sequential`, `blocks of 48`, `unspecified`. */
  readonly claim: string;
  /** Whether the probes agree with the claim. */
  readonly agrees: boolean;
  /** Whether a product and its addition are rounded once. */
  readonly fused: boolean;
  /** The format of the sums. */
  readonly accumulator: "float32" | "float64";
  /** What becomes of subnormal numbers. */
  readonly denormals: "kept" | "flushed";
  /** What becomes of a NaN among the inputs. */
  readonly nan: "propagates" | "lost";
  /** The claims that the probes found in place of those that the kernel makes, as text to paste; absent where they agree. */
  readonly proposal?: string;
  /** One for each way of calling that was probed. */
  readonly trees: readonly ProbedTree[];
}

/** The tree of one output of one way of calling. */
export interface ProbedTree {
  /** `dense 33x29`, `matmul-nt 1x29`, … */
  readonly path: string;
  /** How many products are added. */
  readonly k: number;
  /** The index of the output's column. */
  readonly column: number;
  /** The most additions that a product passes through. */
  readonly depth: number;
  /** In what order they are added. */
  readonly tree: SumTree;
}

/** What one check found on one kernel. */
export interface CheckReport {
  /** Its name. */
  readonly check: string;
  /** What it checks, in one line. */
  readonly description: string;
  /** How many cases were run. */
  readonly cases: number;
  /** Results for which the rules allow several values, so they were not counted. */
  readonly indeterminate: number;
  /** The worst error as a share of its bound, over the cases that passed. */
  readonly worst: number;
  /** The case with the worst share; null where all were exact. */
  readonly worstCase: string | null;
  /** The cases that failed. */
  readonly failures: readonly FailureReport[];
  /** The cases that were unusual, and yet within what is allowed. */
  readonly warnings: readonly FailureReport[];
  /** How many cases ran on what data. */
  readonly coverage: readonly Coverage[];
}

/** How many cases of one family ran on shapes of one class. */
export interface Coverage {
  /** `int`, `identity-x`, `uniform`, … */
  readonly family: string;
  /** The class of the shapes. */
  readonly shapes: ShapeClass;
  /** How many cases were run. */
  readonly cases: number;
  /** How many of them failed. */
  readonly failed: number;
  /** How many elements the results of these cases had together; absent where they were not counted. */
  readonly elements?: number;
  /** How many of those were compared with what they must be: all, or a sample. */
  readonly compared?: number;
}

/** empty: a dimension is 0; small: at most 6; edge: beside an edge of the kernel's tile or block; large: the rest; none: no matrix. */
export type ShapeClass = "empty" | "small" | "edge" | "large" | "none";

/** A case that failed, or that was unusual. */
export interface FailureReport {
  /** The case, without the kernel's name. */
  readonly id: string;
  /** What was wrong. */
  readonly problem: string;
  /** The command that repeats it. */
  readonly repeat: string;
  /** The smallest case that still fails; null where no smaller one was found. */
  readonly minimal: { readonly id: string; readonly steps: number } | null;
}

/** The error of one activation over many float32 inputs. */
export interface ActivationReport {
  /** Its name. */
  readonly activation: string;
  /** What the kernel declares, in ULP. */
  readonly declared: number;
  /** How many numbers were inputs. */
  readonly inputs: number;
  /** Whether every float32 number was an input, so that `ulp` is proven to be the maximum. */
  readonly exhaustive: boolean;
  /** The largest error in ULP. */
  readonly ulp: number;
  /** The input that has it. */
  readonly at: number;
  /** Whether results never fall where they must not; null where the function itself falls somewhere. */
  readonly monotone: boolean | null;
  /** Whether f(−x) is −f(x); null where it need not be. */
  readonly odd: boolean | null;
  /** The largest error in ULP among the inputs of each of 512 classes: sign and exponent, `bits >>> 23`; empty where not recorded. */
  readonly profile: readonly number[];
  /** Every so manieth of the float32 numbers was an input, besides those at which the function changes; absent in older files. */
  readonly stride?: number;
  /** The bits of the first of them, below `stride`. */
  readonly offset?: number;
  /** The share of all its float32 inputs that the runs of this build have seen together; absent where no record was kept. */
  readonly seen?: number;
}

/** Errors of sums of k products. */
export interface Growth {
  /** How the numbers were drawn: `uniform`, `positive` */
  readonly family: string;
  /** How many products each sum has. */
  readonly k: number;
  /** The largest error as a share of the proven bound. */
  readonly rho: number;
  /** The largest error in units of √depth·u·gauge. */
  readonly lambda: number;
  /** The largest error in units of u·gauge. */
  readonly units: number;
  /** How many additions a product passes through, by the kernel's claim. */
  readonly depth: number;
}

/** Kernels that add in the same order and round in the same places. */
export interface Group {
  readonly kernels: readonly string[];
  readonly cases: number;
  /** What differs between them; null where all bits are equal. */
  readonly problem: string | null;
}

/** The verifier's self-test: mutation tests, conforming variants, and its reference. */
export interface SelfTest {
  /** The reference against independent evaluations. */
  readonly references: readonly ReferenceTest[];
  /** The checks that the mutants met, in the matrix's order. */
  readonly checks: readonly string[];
  readonly mutants: readonly MutantReport[];
  readonly conforming: readonly ConformingReport[];
  /** How many conforming variants there are, of which those were drawn by the seed of the sweep; absent where none were left out. */
  readonly conformingOf?: number;
}

/** One part of the reference, checked. */
export interface ReferenceTest {
  readonly name: string;
  readonly points: number;
  readonly failures: readonly string[];
}

/** What a check made of a mutant. */
export type MutantOutcome = "killed" | "survived" | "not run";

/** A kernel that is broken on purpose. */
export interface MutantReport {
  readonly name: string;
  /** What it is a defect of. */
  readonly kind: "JavaScript" | "WebAssembly" | "threads" | "WGSL" | "comparison";
  /** The check that must find it. */
  readonly killer: string;
  /** By check; one that is not named was not run. */
  readonly outcomes: Readonly<Record<string, MutantOutcome>>;
  /** Whether `killer` found it; null where this machine cannot run it. */
  readonly killed: boolean | null;
  /** What the killer said, or why it could not be run. */
  readonly detail: string;
}

/** A kernel that is unusual but right. */
export interface ConformingReport {
  readonly name: string;
  readonly accepted: boolean;
  /** Why it was rejected; null where it was accepted. */
  readonly problem: string | null;
}
