/**
 * Which look a kernel or peer has: the same colour and shape for the same name
 * on every page and in every run, whatever else was measured. Engines, numbers
 * of threads and versions of a kernel share its look; of engines in one run the
 * one without V8 flags is hollow.
 *
 * @module
 */
import type { KernelRecord } from "../results/schema.ts";

/** The names with a look of their own, by its number: those that are seen together are far apart. */
const known: readonly string[] = [
  "wasm-simd",
  "wasm-threads",
  "onnxruntime-web",
  "openblas",
  "blocked",
  "tfjs-wasm",
  "naive",
  "webgpu",
  "ml-matrix",
  "openblas-mt",
  "jax-js",
  "tfjs-cpu",
  "jax-webgpu",
  "tfjs-webgpu",
];

/** Looks are of 40 kinds; those behind the known ones are for all other names. */
const looks = 40;

/** A number from 0 on that follows from the text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}

/**
 * The numbers of the looks of some kernels by name. What is not known gets a free
 * look that its name chooses, so that it keeps it from run to run, unless another
 * one of the same run has it too.
 *
 * @example
 * ```ts
 * import { looksOf } from "./looks.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(looksOf(["naive", "wasm-simd"]), looksOf(["wasm-simd", "naive"]));
 * ```
 */
export function looksOf(names: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const taken = new Set<number>();
  const free = looks - known.length;
  for (const name of [...new Set(names)].toSorted()) {
    const own = known.indexOf(name);
    let look = own >= 0 ? own : known.length + hashOf(name) % free;
    // Where there are more names than looks, they share.
    for (let tries = 0; own < 0 && taken.has(look) && tries < free; tries++) {
      look = known.length + (look - known.length + 1) % free;
    }
    if (own < 0) taken.add(look);
    found.set(name, look);
  }
  return found;
}

/** The name that a kernel's look follows from. */
export function baseOf({ name, base }: Pick<KernelRecord, "name" | "base">): string {
  return base ?? name;
}

/** The kernels whose markers are hollow: those without V8 flags whose kernel also ran with some. */
export function hollowOf(kernels: readonly KernelRecord[]): ReadonlySet<string> {
  const flagged = new Set(
    kernels.filter(({ engine = "plain", unavailable }) =>
      engine !== "plain" && unavailable === null
    )
      .map(baseOf),
  );
  return new Set(
    kernels.filter((one) => one.engine === "plain" && flagged.has(baseOf(one)))
      .map(({ name }) => name),
  );
}
