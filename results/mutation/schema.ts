/**
 * The file mutation.json: mutants of the kernels made by machine, and what the
 * verifier made of each. `mutants.jsonl` beside it has the same, a line each,
 * so that an interrupted run can go on.
 *
 * @module
 */
import type { Environment } from "../schema.ts";

/** The version of the format. */
export const mutationSchema = "densemark-mutation/1";

/** What is mutated: TypeScript source, or the WebAssembly or WGSL that it generates. */
export type MutantKind = "source" | "wasm" | "wgsl";

/** All kinds. */
export const mutantKinds: readonly MutantKind[] = ["source", "wasm", "wgsl"];

/**
 * What became of a mutant. `timeout` and `crashed` are killed too: a kernel that hangs or
 * ends the process is not taken for right. An `invalid` one is no
 * program, or is never reached, and does not count.
 */
export type MutantOutcome = "killed" | "timeout" | "crashed" | "survived" | "invalid";

/** All outcomes. */
export const mutantOutcomes: readonly MutantOutcome[] = [
  "killed",
  "timeout",
  "crashed",
  "survived",
  "invalid",
];

/** How far a verification went. */
export type MutationEffort = "smoke" | "quick" | "full";

/** All efforts, the smallest first. */
export const mutationEfforts: readonly MutationEffort[] = ["smoke", "quick", "full"];

/** A whole run. */
export interface Mutation {
  readonly schema: typeof mutationSchema;
  /** When it was started, ISO 8601 in UTC. */
  readonly date: string;
  readonly command: string;
  readonly environment: Environment;
  /** The V8 flags of the processes, as in results.json. */
  readonly engine: string;
  readonly settings: MutationSettings;
  readonly mutants: readonly MutantRecord[];
  readonly rates: readonly KillRate[];
}

/** What all mutants of a run have in common. */
export interface MutationSettings {
  /** The seed of the sample and of the checks' data. */
  readonly seed: number;
  /** The hash of the code that was mutated and of the verifier. */
  readonly code: string;
}

/** A mutant and what became of it. */
export interface MutantRecord {
  /** The hash of the kernel's name, the file's and the mutated code. */
  readonly id: string;
  /** The kernel that was verified; the same mutation of shared code is one mutant for each kernel. */
  readonly kernel: string;
  readonly kind: MutantKind;
  /** The path of the source; for generated code the name of the module, or of a program that has the line. */
  readonly file: string;
  /** The line of the source, from 1; the number of the instruction, from 0. */
  readonly line: number;
  readonly operator: string;
  /** The text of the line that was changed. */
  readonly place: string;
  readonly from: string;
  readonly to: string;
  /** What that line became, which says where in the line the change is. */
  readonly becomes: string;
  /** What tells the place from others that read the same: of a source the lines before and after that are not empty, of an instruction its place in its function and that one's hash; files of older versions lack it. */
  readonly context?: readonly string[];
  readonly outcome: MutantOutcome;
  /** The check that killed it, or in which it hung or crashed; null where there is none. */
  readonly check: string | null;
  /** The effort of that check; of a survivor, the whole effort that it survived. */
  readonly effort: MutationEffort;
  /** What the check found, or why it is invalid. */
  readonly detail: string;
  /** Seconds until it was killed, or until the last check had passed. */
  readonly seconds: number;
  /** The checks that it survived or was killed by, in their order. */
  readonly runs: readonly CheckRun[];
  /** Of a survivor, how many cases of the effort were not tried, since they do not reach its code; absent where none were left out. */
  readonly untried?: number;
  /** What a search for a call whose result differs found; null where none was made. */
  readonly witness: WitnessSearch | null;
  /** Why it is equivalent to the original; null where it is not known. */
  readonly equivalent: string | null;
}

/** A check on a mutant. */
export interface CheckRun {
  readonly check: string;
  readonly effort: MutationEffort;
  readonly seconds: number;
}

/** A search for a call that gives other bits than the original kernel's. */
export interface WitnessSearch {
  /** The call that does, and how; null where none was found. */
  readonly found: string | null;
  /** How many calls were compared, and in how many seconds. */
  readonly calls: number;
  readonly seconds: number;
}

/** What a rate is of. */
export type RateGroup = "all" | "kernel" | "operator" | "kind" | "check";

/** All of them. */
export const rateGroups: readonly RateGroup[] = ["all", "kernel", "operator", "kind", "check"];

/** A share of mutants with the ends of its exact interval of 95 %. */
export interface KillRate {
  readonly group: RateGroup;
  /** The kernel, operator or kind; of `check`, the check that met the mutants. */
  readonly name: string;
  readonly killed: number;
  /** The mutants that count: neither invalid nor equivalent. */
  readonly of: number;
  readonly low: number;
  readonly high: number;
  /** Of the killed, those by a hang or a crash. */
  readonly lost: number;
  readonly equivalent: number;
  readonly invalid: number;
  /** Seconds spent, for kills a second. */
  readonly seconds: number;
}
