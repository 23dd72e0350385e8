/**
 * Where the seeds of layers come from that were given none: fresh ones at each
 * start of the program, as in Keras, unless `setRandomSeed` fixes them.
 *
 * @module
 */
import { seedNumber } from "../common/options.ts";
import { createRandom, type Random } from "../common/random.ts";
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";

/** What `setRandomSeed` has fixed; null where every seed is fresh. */
let fixed: Random | null = null;

/** A seed in [0, 2^32) that nothing determines. */
function freshSeed(): number {
  const { crypto } = globalThis as { readonly crypto?: Crypto };
  if (typeof crypto?.getRandomValues !== "function") return Math.floor(Math.random() * 2 ** 32);
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** The seed of a layer that was given none. */
export function nextSeed(): number {
  return fixed ? fixed.integer() : freshSeed();
}

/**
 * Makes the first weights of all layers that are made from now on, and were
 * given no seed of their own, the same at each run: the nth of them gets the nth
 * seed of a sequence. Keras's `set_random_seed` is its model. Without it each
 * run, and each layer, has a fresh start.
 *
 * @param seed A whole number in [0, 2^32); null for fresh seeds again.
 * @throws {ArgumentError} where it is neither.
 *
 * @example The same first weights twice
 * ```ts
 * import { createKernel, Dense, setRandomSeed } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * const firstWeight = async () => {
 *   using layer = new Dense(kernel, { units: 2 });
 *   layer.build([null, 3]);
 *   return `${(await layer.getWeights())[0]}`;
 * };
 * const fresh = await firstWeight();
 * setRandomSeed(1);
 * const one = await firstWeight();
 * setRandomSeed(1);
 * const same = await firstWeight();
 * setRandomSeed(null);
 * if (one !== same || one === fresh) throw new Error(`${one}, ${same}, ${fresh}`);
 * ```
 */
export function setRandomSeed(seed: number | null): void {
  const wanted = seed === null ? null : seedNumber(seed);
  if (wanted !== null) {
    throw new ArgumentError(`a seed must be ${wanted}, or null; got ${describe(seed)}`);
  }
  fixed = seed === null ? null : createRandom(seed);
}
