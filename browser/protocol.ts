/**
 * What a page and the program that it runs in a worker say to each other, and
 * what kernels and workloads there are to run in a browser.
 *
 * @module
 */
import type { KernelName } from "../kernels/registry.ts";
import type { Workload } from "../bench/workload.ts";
import type { Results } from "../results/schema.ts";

/** The kernels that a browser may be able to run, from the simplest to the fastest. */
export const kernelsHere = [
  "naive",
  "blocked",
  "wasm-simd",
  "wasm-threads",
  "webgpu",
] as const satisfies readonly KernelName[];

/** One of {@linkcode kernelsHere}. */
export type KernelHere = typeof kernelsHere[number];

/** What the page orders. */
export interface Order {
  readonly kernels: readonly KernelHere[];
  readonly workloads: readonly Workload[];
  /** The suite that the workloads are of. */
  readonly suite: string;
  /** The version of Densemark that made the page. */
  readonly version: string;
  /** How much the verifier does before anything is timed. */
  readonly effort: "quick" | "smoke";
  readonly seed: number;
  readonly rounds: number;
}

/** What the program tells. */
export type News =
  | { readonly what: "doing"; readonly text: string; readonly share: number }
  /** A kernel is not timed, since it cannot run here or, where `wrong`, since its results are. */
  | {
    readonly what: "refused";
    readonly kernel: string;
    readonly reason: string;
    readonly wrong: boolean;
  }
  /** All that was found so far. */
  | { readonly what: "found"; readonly results: Results }
  | { readonly what: "ended" }
  | { readonly what: "failed"; readonly reason: string };

/** The name of the workers that are threads of a kernel, made of the same program. */
export const threadName = "densemark-thread";
