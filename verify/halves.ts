/**
 * Two kernels that share most of their code, in one quick run: of the checks that
 * have many cases alike each kernel has one half and its neighbour the other, so
 * that the run has all, drawn anew in each run. What is wrong with code that both
 * share is found as surely as by all cases on both; what is wrong with one alone
 * may wait for the next run, or for one of that kernel alone, which has all.
 *
 * @module
 */
import { createRandom, seedOf } from "../common/random.ts";
import type { KernelName } from "../kernels/registry.ts";
import type { Case } from "./check.ts";
import type { KnownKernel } from "./repeat_command.ts";

/** Which half of the cases: 0 or 1. */
export type Half = 0 | 1;

/** Kernels of which each second one is the first with other loops around, or more threads. */
const pairs: readonly (readonly [KernelName, KernelName])[] = [
  ["naive", "blocked"],
  ["wasm-simd", "wasm-threads"],
];

/** Checks whose cases are halved; of the others each kernel has all, as of what threads may change. */
const halved: readonly string[] = [
  "exceptional",
  "rigorous-backward",
  "exact-backward",
  "rigorous-forward",
  "exact-forward",
  "formulas",
  "int8",
  "layers",
  "combinations",
  "sequences",
  "product-sizes",
  "array-sizes",
];

/** Fewer cases than so many are not many alike: a kernel without formulas has one of them. */
const fewest = 32;

/** Which half a kernel has of a run; null for all, where its neighbour is not in the run. */
export function halfOf(kernel: KnownKernel, all: readonly KnownKernel[]): Half | null {
  const pair = pairs.find((names) => (names as readonly KnownKernel[]).includes(kernel));
  if (!pair?.every((name) => all.includes(name))) return null;
  return kernel === pair[0] ? 0 : 1;
}

/** The cases of a check that belong to a half, drawn by the seed of the sweep. */
export function casesOfHalf(
  check: string,
  cases: readonly Case[],
  half: Half | null,
  sweepSeed: number,
): readonly Case[] {
  if (half === null || !halved.includes(check) || cases.length < fewest) return cases;
  return cases.filter(({ id }) => createRandom(seedOf(id, sweepSeed)).integer() % 2 === half);
}
