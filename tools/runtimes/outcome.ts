/**
 * What came out in each runtime, and whether it is right: the kernels that must
 * run there did, and computed the bits of Deno's from the source, or of random
 * numbers those of the first runtime that rounds a multiply-add as it does.
 *
 * @module
 */

/** What a kernel did: hashes of what it computed of whole and of random numbers, or why it did not run. */
export type KernelOutcome =
  | {
    readonly ran: true;
    /** Whether it rounds a product and its addition once, which not every engine can. */
    readonly fused: string;
    readonly threads: number;
    readonly exact: string;
    readonly real: string;
    /** When its first result was there, in milliseconds since its process, page or worker began. */
    readonly first: number;
  }
  | { readonly ran: false; readonly reason: string };

/** What the program found in a runtime, and the version of that. */
export interface Outcome {
  readonly version: string;
  /** Whether the engine takes vectors of WebAssembly, asked without the library. */
  readonly simd: boolean;
  /** The kernel that `createKernel()` takes, or why there is none. */
  readonly byDefault: string;
  readonly kernels: Readonly<Record<string, KernelOutcome>>;
}

/** What a runtime must show. */
export interface Expectation {
  /** The kernels that must run. */
  readonly kernels: readonly string[];
  /** Of a kernel that must not, what the reason must contain. */
  readonly refused?: Readonly<Record<string, string>>;
}

/** A runtime that ran the program, with the bytes of its file where that has all in it; one that cannot be had, or one that failed. */
export type Run =
  | { readonly kind: "ran"; readonly outcome: Outcome; readonly bundle: number | null }
  | { readonly kind: "not available"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** A runtime by its name, what it must show, and what it did. */
export interface Row {
  readonly runtime: string;
  readonly expected: Expectation;
  readonly run: Run;
}

/** The kernels of the program, in the order of their speed. */
export const slowestFirst = ["naive", "blocked", "wasm-simd", "wasm-threads"] as const;

/** What an engine without vectors must show, whatever else it lacks. */
export const withoutSimd: Expectation = {
  kernels: slowestFirst.slice(0, 2),
  refused: {
    "wasm-simd": "no WebAssembly SIMD",
    "wasm-threads": "this browser or runtime has no",
  },
};

/**
 * What is wrong with an outcome; nothing where it is as it must be.
 *
 * @param references Other outcomes, the most trusted first: of each kernel the first that ran and rounds alike is what the bits must be.
 */
export function problemsOf(
  { kernels, byDefault }: Outcome,
  { kernels: needed, refused = {} }: Expectation,
  references: readonly Outcome[],
): string[] {
  const problems: string[] = [];
  for (const name of needed) {
    const found = kernels[name];
    if (!found?.ran) {
      problems.push(`${name} did not run: ${found?.reason ?? "there is none"}`);
      continue;
    }
    if (name === "wasm-threads" && found.threads < 2) problems.push(`${name} has one thread`);
    for (const numbers of ["exact", "real"] as const) {
      const other = references.map(({ kernels }) => kernels[name]).find((one) =>
        one?.ran && (numbers === "exact" || one.fused === found.fused)
      );
      if (other?.ran && other[numbers] !== found[numbers]) {
        problems.push(`${name} has other bits on ${numbers} numbers than the reference`);
      }
    }
  }
  // Those that the program does not run are faster.
  const fastest = ["webgpu", "native", slowestFirst.findLast((name) => kernels[name]?.ran) ?? ""];
  if (!fastest.includes(byDefault)) problems.push(`createKernel() takes ${byDefault}`);
  for (const [name, text] of Object.entries(refused)) {
    const found = kernels[name];
    if (!found || found.ran) problems.push(`${name} ran, but must be refused`);
    else if (!found.reason.includes(text)) {
      problems.push(`${name} was refused with another reason: ${found.reason}`);
    }
  }
  return problems;
}
