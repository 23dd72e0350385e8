/**
 * Which claims a kernel may make. A claim so wide that it would pass a broken
 * kernel is none, and is refused with a line that says what is allowed: sums
 * coarser than float32, more additions than there are products, errors of
 * activations as large as those of half precision. Each claim by itself is judged
 * by claim_rules.ts, and here what they say together.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { faultOfClaim, rules } from "./claim_rules.ts";

export { mostAbsolute, mostUlp } from "./claim_rules.ts";

/**
 * What is wrong with a kernel's claims, a line each; none where all may be made.
 *
 * @example A sum in which terms pass through more additions than there are
 * ```ts
 * import { createKernel } from "../mod.ts";
 * import { refusedClaims } from "./claims.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using kernel = await createKernel("naive");
 * const summation = { order: "unspecified", depth: (k: number) => 2 * k } as const;
 * assertEquals(refusedClaims({ ...kernel.traits, summation }), [
 *   "summation.depth(1) must be a whole number from 0 to 0; it is 2",
 * ]);
 * ```
 */
export function refusedClaims(traits: KernelTraits): string[] {
  if (typeof traits !== "object" || traits === null) {
    return [`traits must be an object; it is ${quote(traits)}`];
  }
  const names = Object.keys(rules) as (keyof KernelTraits)[];
  const single = names.map((name) => faultOfClaim(name, traits)).filter((one) => one !== null);
  // What single claims say together means something where each of them does.
  if (single.length > 0) return single;
  const { accumulator, summation, storedEvery } = traits;
  const compensated = summation.order === "compensated" && accumulator === "float64"
    ? "compensated sums are claimed of float32 accumulators; in float64 claim another order"
    : null;
  const storing = storedEvery !== undefined && accumulator !== "float64"
    ? "storedEvery says when a sum wider than float32 is rounded; the accumulator is float32"
    : null;
  return [compensated, storing].filter((problem) => problem !== null);
}
