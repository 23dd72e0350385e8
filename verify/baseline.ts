/**
 * The errors of random sums as they were last recorded, for each order of
 * summation that kernels claim. Bounds allow a hundred times as much: a kernel
 * whose sums became half as precise stays within them, and shows only here.
 *
 * @module
 */
import type { KernelTraits } from "../kernels/kernel.ts";
import type { KernelVerification } from "../results/verification/schema.ts";
import { isExact } from "./summation/plan.ts";
import { describeSummation } from "./summation/tree.ts";
import stored from "./baseline.json" with { type: "json" };

/** Largest errors in units of u·gauge, by claims and then by `family k`. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** An error that grew by more than this factor is worth a warning. */
export const drift = 1.5;

/** What kernels have in common whose sums should have the same errors. */
export function baselineKey(
  { summation, accumulator, fused }: Pick<KernelTraits, "summation" | "accumulator" | "fused">,
): string {
  return `${describeSummation(summation)}, ${accumulator}${fused === true ? ", fused" : ""}`;
}

/** The stored error, or null where there is none for these claims. */
export function baselineOf(
  traits: Pick<KernelTraits, "summation" | "accumulator" | "fused">,
  family: string,
  k: number,
  baseline: Baseline = stored,
): number | null {
  // Kernels that claim no order may all add in different ones.
  if (!isExact(traits.summation)) return null;
  return baseline[baselineKey(traits)]?.[`${family} ${k}`] ?? null;
}

/** The baseline with the errors that these kernels showed for their claims. */
export function withKernels(
  kernels: readonly Pick<KernelVerification, "growth" | "summation">[],
  baseline: Baseline = stored,
): Baseline {
  const next: Record<string, Readonly<Record<string, number>>> = { ...baseline };
  for (const { growth, summation } of kernels) {
    if (!summation || summation.claim === "unspecified") continue;
    const { claim, accumulator, fused } = summation;
    // Products are exact in float64, so that the probe sees them as fused there.
    const key = `${claim}, ${accumulator}${fused && accumulator === "float32" ? ", fused" : ""}`;
    next[key] = Object.fromEntries(growth.map(({ family, k, units }) => [`${family} ${k}`, units]));
  }
  return Object.fromEntries(
    Object.entries(next).toSorted(([one], [other]) => one < other ? -1 : 1),
  );
}
