/**
 * Which look a kernel or peer has: the same colour and shape for the same name
 * on every page and in every run, whatever else was measured. Engines, numbers
 * of threads and versions of a kernel share its look; of engines in one run the
 * one without V8 flags is hollow.
 *
 * @module
 */
import type { KernelRecord, Results } from "../results/schema.ts";
import { light } from "./palette.ts";

/** The numbers of the looks of known names: those that are seen together differ in colour and shape. */
const known: ReadonlyMap<string, number> = new Map([
  ["wasm-simd", 0],
  ["wasm-threads", 1],
  ["onnxruntime-web", 2],
  ["openblas", 3],
  ["blocked", 4],
  ["tfjs-wasm", 5],
  ["naive", 6],
  ["webgpu", 7],
  // Of a colour with their relatives, or with what they are seldom seen beside.
  ["jax-js", 10],
  ["openblas-mt", 11],
  ["jax-webgpu", 12],
  ["tfjs-cpu", 13],
  ["tfjs-webgpu", 14],
  ["ml-matrix", 15],
  // Of the colour of tfjs-wasm, which has an older version of its product.
  ["litert", 21],
  // Of OpenBLAS's colour, since it calls a library such as that.
  ["native", 19],
]);

/** So many looks differ; the last ones, of each colour one, are for what a browser finds. */
export const numberOfLooks = 40;
const forNames = numberOfLooks - light.series.length;

/** Those that no known name has are for all others. */
const free: readonly number[] = Array.from({ length: forNames }, (_, i) => i)
  .filter((look) => ![...known.values()].includes(look));

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
  for (const name of [...new Set(names)].toSorted()) {
    const own = known.get(name);
    if (own !== undefined) {
      found.set(name, own);
      continue;
    }
    let at = hashOf(name) % free.length;
    // Where there are more names than looks, they share.
    for (let tries = 0; taken.has(at) && tries < free.length; tries++) at = (at + 1) % free.length;
    taken.add(at);
    found.set(name, free[at] ?? 0);
  }
  return found;
}

/** The name that a kernel's look follows from. */
export function baseOf({ name, base }: Pick<KernelRecord, "name" | "base">): string {
  return base ?? name;
}

/** Whether a kernel ran without V8 flags; where its record says nothing, as its file says. */
export function isPlain(
  { engine }: Pick<KernelRecord, "engine">,
  run: Pick<Results, "engine">,
): boolean {
  return (engine ?? run.engine) === "plain";
}

/** The kernels whose markers are hollow: those without V8 flags whose kernel also ran with some. */
export function hollowOf(run: Pick<Results, "kernels" | "engine">): ReadonlySet<string> {
  const flagged = new Set(
    run.kernels.filter((one) => !isPlain(one, run) && one.unavailable === null).map(baseOf),
  );
  return new Set(
    run.kernels.filter((one) => isPlain(one, run) && flagged.has(baseOf(one)))
      .map(({ name }) => name),
  );
}
