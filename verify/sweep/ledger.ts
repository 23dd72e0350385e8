/**
 * What a sweep has done: for each kernel and activation which parts, and their
 * findings merged. Its file form is what a sweep is resumed from.
 *
 * @module
 */
import type { KernelName } from "../../kernels/registry.ts";
import { type Findings, mergeFindings, noFindings, type SweptName } from "./findings.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** The name and version of the resume file's form. */
export const schema = "densemark/sweep-1";

/** Numbers of parts from `start` up to before `end`. */
export interface PartRange {
  readonly start: number;
  readonly end: number;
}

/** What is done of one activation of one kernel. */
export interface SweptParts {
  readonly done: readonly PartRange[];
  readonly findings: Findings;
}

/** The kernels of a resume file. */
export interface LedgerKernels {
  readonly [kernel: string]: {
    /** The kernel's traits as JSON: its tile, lanes, order of summation, declared errors. */
    readonly traits: string;
    readonly activations: { readonly [activation: string]: SweptParts };
  };
}

/** The resume file. */
export interface LedgerFile {
  readonly schema: typeof schema;
  readonly fingerprint: Fingerprint;
  /** SHA-256 of `kernels` as JSON, against disks and editors. */
  readonly digest: string;
  readonly kernels: LedgerKernels;
}

interface Entry {
  readonly done: Set<number>;
  findings: Findings;
}

/** The ascending ranges that a set of numbers consists of. */
export function rangesOf(numbers: Iterable<number>): PartRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.end === number) last.end++;
    else ranges.push({ start: number, end: number + 1 });
  }
  return ranges;
}

/** What is done so far. */
export class Ledger {
  readonly #entries = new Map<KernelName, Map<SweptName, Entry>>();
  readonly #traits = new Map<KernelName, string>();

  /** A kernel whose parts may be recorded, with its traits as JSON. */
  addKernel(kernel: KernelName, traits: string): void {
    this.#traits.set(kernel, traits);
    this.#entries.set(kernel, new Map());
  }

  /** The traits that a kernel was added with; undefined where it was not. */
  traitsOf(kernel: KernelName): string | undefined {
    return this.#traits.get(kernel);
  }

  #entryOf(kernel: KernelName, activation: SweptName): Entry {
    const entries = this.#entries.get(kernel);
    if (!entries) throw new Error(`the ledger has no kernel ${kernel}`);
    let entry = entries.get(activation);
    if (!entry) entries.set(activation, entry = { done: new Set(), findings: noFindings });
    return entry;
  }

  /** Whether the part of this number is done. */
  has(kernel: KernelName, activation: SweptName, part: number): boolean {
    return this.#entryOf(kernel, activation).done.has(part);
  }

  /** Records the findings of parts; no part may be recorded twice. */
  record(
    kernel: KernelName,
    activation: SweptName,
    parts: Iterable<number>,
    findings: Findings,
  ): void {
    const entry = this.#entryOf(kernel, activation);
    for (const part of parts) {
      if (entry.done.has(part)) throw new Error(`part ${part} of ${activation} is done twice`);
      entry.done.add(part);
    }
    entry.findings = mergeFindings(entry.findings, findings);
  }

  /** The findings of all parts that are done. */
  findingsOf(kernel: KernelName, activation: SweptName): Findings {
    return this.#entryOf(kernel, activation).findings;
  }

  /** The kernels of the resume file. */
  toJSON(): LedgerKernels {
    const kernels = [...this.#entries].map(([kernel, entries]) => {
      const activations = [...entries].filter(([, { done }]) => done.size > 0).map((
        [activation, { done, findings }],
      ) => [activation, { done: rangesOf(done), findings }]);
      const traits = this.#traits.get(kernel);
      return [kernel, { traits, activations: Object.fromEntries(activations) }];
    });
    return Object.fromEntries(kernels);
  }
}
