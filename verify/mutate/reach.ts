/**
 * Which cases of a kernel's checks reach which code, as recorded from the
 * unchanged kernel: a case that does not reach a mutant's code cannot kill it and
 * need not be run. Code that runs while the kernel is made, or its modules are
 * loaded, may matter to every case.
 * Method: selection of tests by coverage, as in PIT (Coles et al., ISSTA 2016).
 *
 * @module
 */
import { filesOfKernel, type Sources } from "./copy.ts";
import type { MutableKernel, Mutation } from "./mutation.ts";
import type { Reached, ReachedCase } from "./probe.ts";
import { isProbed, type Region, regionOf, regionsOf } from "./regions.ts";

/** What a run of the kernel as it is has shown. */
export interface Reach {
  readonly cases: readonly ReachedCase[];
  /** What making the kernel and its cases reached. */
  readonly creation: Reached;
  /** The regions that made each module. */
  readonly makers: ReadonlyMap<string, string>;
}

/** The regions of all files of kernels, by their numbers over all. */
export class Regions {
  readonly #files = new Map<string, { readonly first: number; readonly regions: Region[] }>();

  constructor(sources: Sources) {
    let first = 0;
    for (const [path, text] of sources) {
      if (!isProbed(path)) continue;
      const regions = regionsOf(text);
      this.#files.set(path, { first, regions });
      first += regions.length;
    }
  }

  /** The region of a mutation of a source; null where it is run as the module is loaded. */
  of(mutation: Mutation): number | null {
    const { change } = mutation;
    const file = "path" in change ? this.#files.get(change.path) : undefined;
    if (!file || !("path" in change)) return null;
    const own = regionOf(file.regions, change);
    return own === null ? null : file.first + own;
  }
}

const workerPath = "kernels/wasm/worker.ts";

/** A set of cases, by their ids with the check's name. */
export type CaseIds = ReadonlySet<string>;

const hasBit = (bits: Uint8Array, i: number) => ((bits[i >> 3] ?? 0) >> (i & 7) & 1) === 1;

/** The cases that matter to mutations of a kernel. */
export class Selection {
  readonly #bits: readonly Uint8Array[];
  readonly #creation: Uint8Array;
  readonly #makers: readonly (readonly [string, Uint8Array])[];

  /** Files whose code other threads run too, unseen. */
  readonly #threaded: ReadonlySet<string>;

  constructor(
    readonly kernel: MutableKernel,
    readonly reach: Reach,
    readonly regions: Regions,
  ) {
    this.#threaded = new Set(kernel === "wasm-threads" ? filesOfKernel(workerPath) : []);
    this.#bits = reach.cases.map(({ regions }) => Uint8Array.fromBase64(regions));
    this.#creation = Uint8Array.fromBase64(reach.creation.regions);
    this.#makers = [...reach.makers].map(([name, bits]) => [name, Uint8Array.fromBase64(bits)]);
  }

  /** The ids of the cases that reach a mutation; null for all. */
  casesOf(mutation: Mutation): CaseIds | null {
    const { change } = mutation;
    // On a GPU many cases are run at once, and what each reaches is not known.
    if (this.kernel === "webgpu" || "shader" in change) return null;
    if ("module" in change) {
      const isEarly = this.reach.creation.modules.includes(change.module);
      return isEarly ? null : this.#running(new Set([change.module]), null);
    }
    const region = this.regions.of(mutation);
    if (region === null || hasBit(this.#creation, region)) return null;
    const made = this.#makers.filter(([, bits]) => hasBit(bits, region)).map(([name]) => name);
    const found = this.#running(new Set(made), region);
    return found.size === 0 && this.#threaded.has(change.path) ? null : found;
  }

  #running(modules: ReadonlySet<string>, region: number | null): CaseIds {
    const { cases } = this.reach;
    return new Set(
      cases.filter((one, i) =>
        region !== null && hasBit(this.#bits[i]!, region) ||
        one.modules.some((name) => modules.has(name))
      ).map(({ id }) => id),
    );
  }
}
