/**
 * The file calibration.json: how often what the bench says is true, counted over
 * real runs of it on code whose difference is known. `runs.jsonl` beside it has
 * the same runs, a line each, so that an interrupted calibration can go on.
 *
 * @module
 */
import type { Environment, Pass } from "../schema.ts";

/** The version of the format. */
export const calibrationSchema = "densemark-calibration/1";

/** What was done to the code of a run before it was compared with the older one. */
export type EffectKind = "same" | "percent" | "tail" | "leak" | "start";

/** All kinds. */
export const effectKinds: readonly EffectKind[] = ["same", "percent", "tail", "leak", "start"];

/** What runs beside the bench: nothing, or a process that computes half or all of the time. */
export type Load = "none" | "half" | "full";

/** All loads. */
export const loads: readonly Load[] = ["none", "half", "full"];

/** A whole calibration. */
export interface Calibration {
  readonly schema: typeof calibrationSchema;
  /** When it was started, ISO 8601 in UTC. */
  readonly date: string;
  readonly command: string;
  readonly environment: Environment;
  readonly settings: CalibrationSettings;
  readonly runs: readonly CalibrationRun[];
  readonly counts: readonly Count[];
  readonly times: readonly RunTimes[];
}

/** What all runs have in common; those of others cannot be counted together. */
export interface CalibrationSettings {
  /** The options that each run of the bench gets. */
  readonly bench: readonly string[];
  /** The workloads that are timed. */
  readonly workloads: readonly string[];
  /** The hash of the code that was calibrated. */
  readonly code: string;
}

/** One run of the bench. */
export interface CalibrationRun {
  /** Unique: the effect, the load, the changed workload and a number. */
  readonly id: string;
  /** `aa`, a percentage, `tail`, `leak`, `start`. */
  readonly effect: string;
  readonly kind: EffectKind;
  readonly load: Load;
  /** The workload whose code was changed; null where none was. */
  readonly changed: string | null;
  readonly date: string;
  readonly seconds: number;
  /** The exit code of the bench. */
  readonly code: number;
  /** Where the bench confirmed a regression, in its words: "wasm-simd on jet"; absent where none, and in older files. */
  readonly confirmed?: string;
  /** Why the run does not count; null where it does. */
  readonly failure: string | null;
  /** A kernel against its A/A control. */
  readonly controls: readonly Compared[];
  /** The new code against the older one. */
  readonly versions: readonly Compared[];
  /** Results with more FLOP/s than the ceiling measured in the run; null where none was measured. */
  readonly exceeded: readonly string[] | null;
  /** Whether the run names the tail, the leak or the slow start that there is, or, of identical code, any; null where it need not. */
  readonly named: boolean | null;
}

/** A comparison in a run. */
export interface Compared {
  readonly kernel: string;
  readonly workload: string;
  readonly pass: Pass;
  /** The new time as a multiple of the old one, or the control's of its kernel's. */
  readonly ratio: number;
  /** The ends of the interval of 95 %; null where the run has none. */
  readonly low: number | null;
  readonly high: number | null;
  /** What the bench called it; null where it calls it nothing. */
  readonly verdict: string | null;
}

/** What is counted: a name for programs, and whether it should be rare or frequent. */
export interface Count {
  /** `miss`, `miss-controls`, `miss-versions`, `false`, `false-named`, `exit3`, `bystander`, `verdict`, `confirmed`, `ended`, `named`, `ceiling`, `failed`. */
  readonly what: string;
  /** What is counted, in words. */
  readonly title: string;
  /** The effect of the runs; null where it is of several. */
  readonly effect: string | null;
  readonly load: "all" | "quiet" | "loaded";
  /** The workload alone that it is about; null for all. */
  readonly workload: string | null;
  readonly unit: "comparison" | "run";
  /** Whether few are good, or many. */
  readonly good: "few" | "many";
  readonly found: number;
  readonly of: number;
  /** The ends of the exact interval of 95 % for the share. */
  readonly low: number;
  readonly high: number;
  /** The median of the ratios, where it is about a change of time. */
  readonly ratio?: number;
}

/** How long runs took, in seconds. */
export interface RunTimes {
  readonly effect: string;
  readonly load: "all" | "quiet" | "loaded";
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}
