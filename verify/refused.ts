/**
 * The verification of a kernel whose claims are refused: one failed case, and
 * no other. No cases can be made of what is no claim, a tile that is missing or
 * a tree without an end, and no result can be judged by it.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../kernels/kernel.ts";
import { type KernelVerification, ulpBins } from "../results/verification/schema.ts";
import type { Check } from "./check.ts";
import { refusedClaims } from "./claims.ts";

/** Why claims may not be made, in a line; null where they may. */
export function faultOfTraits(traits: KernelTraits): string | null {
  const [first, ...others] = refusedClaims(traits);
  if (first === undefined) return null;
  return `the claims: ${first}${others.length > 0 ? `, and ${others.length} more` : ""}`;
}

/** One of the claims; undefined where it cannot be read. */
function claimed(traits: KernelTraits | undefined, name: "device" | "threads"): unknown {
  try {
    return traits?.[name];
  } catch {
    return undefined;
  }
}

/**
 * The report of a kernel that was not run, since its claims are refused.
 *
 * @param check The check whose case `id` judges claims.
 * @param repeat How to repeat that case.
 */
export function refusedVerification(
  { name, traits }: Kernel,
  { name: check, description }: Check,
  { id, problem, repeat }: {
    readonly id: string;
    readonly problem: string;
    readonly repeat: string;
  },
): KernelVerification {
  const [device, threads] = [claimed(traits, "device"), claimed(traits, "threads")];
  return {
    kernel: name,
    device: typeof device === "string" ? device : "unknown",
    threads: Number.isSafeInteger(threads) ? Math.max(1, threads as number) : 1,
    passed: false,
    elapsed: 0,
    summation: null,
    checks: [{
      check,
      description,
      cases: 1,
      indeterminate: 0,
      worst: 0,
      worstCase: null,
      failures: [{ id, problem, repeat, minimal: null }],
      warnings: [],
      coverage: [{ family: "claims", shapes: "none", cases: 1, failed: 1 }],
    }],
    activations: [],
    gradients: [],
    growth: [],
    ulpHistogram: ulpBins.map(() => 0),
  };
}
