/**
 * How far a kernel's activation may be from the exact one, where what goes into
 * it is known to some bound: below and above separately, since the image of an
 * interval under an activation does not lie evenly around the exact value.
 *
 * @module
 */
import type { Activation, Pointwise } from "../kernels/activation.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { activationInterval, smallestOf, softmaxBounds, unitInLastPlace } from "./bounds.ts";
import { mayFlushOperand } from "./flushing.ts";
import { referenceActivation, references } from "./reference_activations.ts";
import { lostByFlushing } from "./reference_gradients.ts";

// Infinity is where float32 ends: 2^128 for the comparison, so that an overflow has a distance.
const end = 2 ** 128;

/** A value as comparisons take it: infinities as ±2^128; NaN stays. */
export function withinRange(value: number): number {
  return Math.max(-end, Math.min(value, end));
}

/** Whether `got` is `want` to the error that an activation is declared to have, and `lost` besides; NaN is for NaN alone. */
export function isWithinDeclared(
  activation: Pointwise,
  want: number,
  got: number,
  { activationUlp, activationAbsolute }: Pick<KernelTraits, "activationUlp" | "activationAbsolute">,
  lost = 0,
): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  const error = activationUlp[activation] * unitInLastPlace(want) +
    (activationAbsolute?.[activation] ?? 0) + lost;
  const found = withinRange(got);
  return withinRange(want - error) <= found && found <= withinRange(want + error);
}

/**
 * Whether `got` is the limit `want` of an activation, or its saturated value: exactly where the
 * declared error is less than one unit. Just below a power of two the next number is half a unit
 * away, so that the error alone would allow 1 − 2^-24 for 1. A limit that is no float32 number is
 * held to the error.
 */
export function isLimit(
  activation: Pointwise,
  want: number,
  got: number,
  traits: Pick<KernelTraits, "activationUlp" | "activationAbsolute" | "rounding">,
): boolean {
  const exact = traits.activationUlp[activation] < 1 && traits.rounding === "nearest" &&
    (traits.activationAbsolute?.[activation] ?? 0) === 0 && Math.fround(want) === want;
  return exact ? got === want : isWithinDeclared(activation, want, got, traits);
}

/** Whether y is an activation of z: its limit or, for finite z, within the declared error and what flushing loses. */
export function isActivation(
  activation: Pointwise,
  z: number,
  y: number,
  traits: KernelTraits,
): boolean {
  const { value } = references[activation];
  const flushed = mayFlushOperand(z, traits);
  if (flushed && isWithinDeclared(activation, value(0), y, traits)) return true;
  // Twice the largest number is as good as infinite, and has no NaN in its formulas.
  const want = value(Math.max(-2 * end, Math.min(z, 2 * end)));
  if (Math.abs(z) === Infinity) return isLimit(activation, want < 2 * end ? want : z, y, traits);
  const lost = lostByFlushing(activation, "value", traits)(z, want);
  return isWithinDeclared(activation, want, y, traits, lost);
}

/** Far below the largest input of a row softmax is 0, whatever the input is. */
const vanishing = 1e3;

/** softmax by rows; a row with NaN or Infinity, or of -Infinity alone, is NaN. */
function softmaxActivationBounds(
  z: Float64Array,
  deltaZ: Float64Array,
  columns: number,
  traits: KernelTraits,
): ActivationBounds {
  const want = referenceActivation("softmax", z, columns);
  const bounds = new Float64Array(z.length);
  for (let row = 0; row < z.length; row += columns) {
    const own = z.subarray(row, row + columns);
    const most = own.reduce((most, value) => Math.max(most, value), -Infinity);
    if (!Number.isFinite(most)) {
      want.fill(NaN, row, row + columns);
      continue;
    }
    // Infinities would be NaN in the bound.
    const finite = own.map((value) => Math.max(value, most - vanishing));
    const [exact, delta] = [want, deltaZ].map((all) => all.subarray(row, row + columns));
    bounds.set(softmaxBounds(exact!, finite, delta!, 0, columns, traits), row);
  }
  return { want, edges: (i) => ({ below: bounds[i] ?? NaN, above: bounds[i] ?? NaN }) };
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
  if (activation === "softmax") return softmaxActivationBounds(z, deltaZ, columns, traits);
  const ulp = traits.activationUlp[activation];
  const absolute = traits.activationAbsolute?.[activation] ?? 0;
  const want = referenceActivation(activation, z, columns);
  const { value } = references[activation];
  const atZero = value(0);
  const lostAt = lostByFlushing(activation, "value", traits);
  return {
    want: want.map(withinRange),
    edges: (i) => {
      const delta = deltaZ[i] ?? NaN;
      const at = z[i] ?? NaN;
      // Gates are the smaller the farther left z is.
      const lost = Math.max(smallestOf(traits), lostAt(at - delta, value(at - delta)));
      const { low, high } = activationInterval(activation, at, delta, ulp, lost + absolute);
      // An input that is flushed gives what 0 does.
      const flushed = mayFlushOperand(Math.max(0, Math.abs(at) - delta), traits);
      const least = flushed ? Math.min(low, atZero) : low;
      const most = flushed ? Math.max(high, atZero) : high;
      const exact = withinRange(want[i] ?? NaN);
      return { below: exact - withinRange(least), above: withinRange(most) - exact };
    },
  };
}
