/**
 * How far a kernel's activation may be from the exact one, where what goes into
 * it is known to some bound: below and above separately, since the image of an
 * interval under an activation does not lie evenly around the exact value.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { activationInterval, smallestOf, softmaxBounds } from "./bounds.ts";
import { referenceActivation } from "./reference_activations.ts";

// Infinity is where float32 ends: 2^128 for the comparison, so that an overflow has a distance.
const end = 2 ** 128;

/** A value as comparisons take it: infinities as ±2^128; NaN stays. */
export function withinRange(value: number): number {
  return Math.max(-end, Math.min(value, end));
}

/** The exact results, and how far each may be missed. */
export interface ActivationBounds {
  readonly want: Float64Array;
  /** How far result i may lie below and above `want`, both >= 0. */
  readonly edges: (i: number) => { readonly below: number; readonly above: number };
}

/**
 * activation(z) for rows of `columns`, and what a kernel of these traits may
 * make of it, z being known to deltaZ.
 */
export function activationBounds(
  activation: Activation,
  z: Float64Array,
  deltaZ: Float64Array,
  columns: number,
  traits: KernelTraits,
): ActivationBounds {
  const ulp = traits.activationUlp[activation];
  const smallest = smallestOf(traits) + (traits.activationAbsolute?.[activation] ?? 0);
  const want = referenceActivation(activation, z, columns);
  if (activation === "softmax") {
    const bounds = new Float64Array(z.length);
    for (let row = 0; row < z.length; row += columns) {
      bounds.set(softmaxBounds(want, z, deltaZ, row, columns, ulp, smallest), row);
    }
    return { want, edges: (i) => ({ below: bounds[i] ?? NaN, above: bounds[i] ?? NaN }) };
  }
  return {
    want: want.map(withinRange),
    edges: (i) => {
      const delta = deltaZ[i] ?? NaN;
      const { low, high } = activationInterval(activation, z[i] ?? NaN, delta, ulp, smallest);
      const value = withinRange(want[i] ?? NaN);
      return { below: value - withinRange(low), above: withinRange(high) - value };
    },
  };
}
