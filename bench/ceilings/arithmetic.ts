/**
 * The ceilings of arithmetic, each the best of several independent tries. A try
 * has workers of its own, so that V8 compiles all code anew: what it once made
 * of a loop of JavaScript may be several times slower than what it makes of it
 * the next time, for as long as the process lives. Of a try that was disturbed,
 * or whose code is slow, nothing is kept.
 *
 * @module
 */
import type { Ceiling } from "../../results/schema.ts";
import type { VectorOptions } from "./chains.ts";
import { toCeiling } from "./probe.ts";

/** What a try measures. */
export interface TryOptions extends VectorOptions {
  readonly counts: readonly number[];
  /** Whether native code is measured too. */
  readonly native: boolean;
  readonly samples: number;
}

/** The speeds of a loop on so many threads, in GFLOP/s. */
export interface Speeds {
  readonly id: string;
  readonly what: string;
  readonly threads: number;
  readonly rates: readonly number[];
}

/** What the worker of a try answers. */
export type TryReply = { readonly speeds: readonly Speeds[] } | { readonly error: string };

/** Milliseconds that a try may take. */
const timeout = 30_000;

/**
 * Makes a try, in a worker of its own.
 *
 * @throws where its threads do not start, or do other work than they should.
 */
export async function tryArithmetic(options: TryOptions): Promise<readonly Speeds[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Speeds[]>();
  const timer = setTimeout(
    () => reject(new Error(`arithmetic did not end within ${timeout / 1e3} s`)),
    timeout,
  );
  const worker = new Worker(new URL("./try_worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<TryReply>) =>
    "error" in data ? reject(new Error(data.error)) : resolve(data.speeds);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(options);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/**
 * The ceilings that several tries show: each the fastest try's, whose samples
 * are kept.
 *
 * @example
 * ```ts
 * import { bestOf } from "./arithmetic.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tried = (rates: number[]) => [{ id: "js-f64", what: "", threads: 1, rates }];
 * const [best] = bestOf([tried([0.01, 0.02]), tried([6, 7]), tried([6.5, 6.6])]);
 * assertEquals([best?.best, best?.samples], [7, [6, 7]]);
 * ```
 */
export function bestOf(tries: readonly (readonly Speeds[])[]): Ceiling[] {
  const all = tries.flat().filter(({ rates }) => rates.length > 0);
  return [...Map.groupBy(all, ({ id, threads }) => `${id} ${threads}`).values()].map((same) => {
    const { id, what, threads, rates } = same.reduce((best, one) =>
      Math.max(...one.rates) > Math.max(...best.rates) ? one : best
    );
    return toCeiling({
      ceiling: { id, kind: "compute", what, threads, bytes: null, unit: "GFLOP/s" },
      rates: [...rates],
    });
  });
}
