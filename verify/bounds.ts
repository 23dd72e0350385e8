/**
 * Rigorous error bounds. A result outside them is a proven bug, whatever the
 * data: |ẑ − z| <= γ_D(u)·G plus underflow, where G is the sum of the terms'
 * absolute values and D how many roundings a term passes through (Higham,
 * Accuracy and Stability of Numerical Algorithms, §3.1 and §4.2). One condition
 * is left to the data: where subnormals are flushed, see {@linkcode productBound}.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { smallestNormal } from "./float32.ts";
import { combinedAccumulators, type ExactSummation, isExact } from "./summation/plan.ts";
import { depthOfTree } from "./summation/tree.ts";
import { type ReferenceFunction, references } from "./reference_activations.ts";

/** The unit roundoff of float32 to the nearest. */
export const u32 = 2 ** -24;
const u64 = 2 ** -53;
/** The smallest positive float32, which every rounding near zero may lose. */
const tiny = 2 ** -149;

/** γ_n(u) = nu/(1 − nu): n factors of 1 + δ, |δ| <= u, differ from 1 by no more. */
export function gamma(n: number, u: number): number {
  const product = n * u;
  return product < 1 ? product / (1 - product) : Infinity;
}

/** The relative error of one operation: half the distance of adjacent numbers, or all of it. */
export function roundoffOf({ rounding }: Pick<KernelTraits, "rounding">): number {
  return rounding === "either" ? 2 * u32 : u32;
}

/** How many products the longest chain of an order adds (see plan.ts), and how many additions its sum passes through at most. */
interface LongestChain {
  readonly products: number;
  readonly combined: number;
}

function longestChain(summation: ExactSummation, k: number): LongestChain {
  if (k === 0) return { products: 0, combined: 0 };
  switch (summation.order) {
    case "sequential":
      return { products: k, combined: 0 };
    case "blocked": {
      const block = Math.max(1, summation.block(k));
      return { products: Math.min(k, block), combined: Math.ceil(k / block) - 1 };
    }
    case "interleaved": {
      const count = Math.max(1, Math.min(summation.accumulators, k));
      return {
        products: Math.ceil(k / count),
        combined: depthOfTree(combinedAccumulators(summation, k)),
      };
    }
    case "tree":
      return { products: 1, combined: depthOfTree(summation.tree(k)) };
  }
}

/** The most additions that a product passes through; one more than there are is allowed for what a sum begins with. */
function additionsOf(summation: KernelTraits["summation"], k: number): number {
  switch (summation.order) {
    case "blocked":
    case "interleaved": {
      const { products, combined } = longestChain(summation, k);
      return products + combined + 1;
    }
    case "tree":
      return k === 0 ? 0 : depthOfTree(summation.tree(k)) + 1;
    case "pairwise": {
      const base = Math.min(k, Math.max(1, summation.base ?? 1));
      return k === 0 ? 0 : Math.min(k, base + Math.ceil(Math.log2(k / base)) + 1);
    }
    case "unspecified":
      return Math.min(k, (summation.depth?.(k) ?? k) + 1);
    default:
      return k;
  }
}

/** A function of a claim and of k that asks the claim once for each k. */
function oncePerLength<Claim extends object>(
  compute: (claim: Claim, k: number) => number,
): (claim: Claim, k: number) => number {
  const all = new WeakMap<Claim, Map<number, number>>();
  return (claim, k) => {
    const known = all.get(claim) ?? new Map<number, number>();
    if (known.size === 0) all.set(claim, known);
    const value = known.get(k) ?? compute(claim, k);
    known.set(k, value);
    return value;
  };
}

/** Through how many roundings a product of k terms passes at most, its own included. Claims are asked once for each k. */
export const depthOf: (summation: KernelTraits["summation"], k: number) => number = oncePerLength(
  (summation, k) => Math.min(k, additionsOf(summation, k)) + 1,
);

/**
 * How often a wide sum that a term is part of is rounded to float32 before its
 * end: where its chain is stored, once more for what it begins with, and at each
 * addition of chains. In an order that is not said it may be at every addition.
 */
const storesOf = oncePerLength(
  (traits: Pick<KernelTraits, "summation" | "storedEvery">, k) => {
    const { summation } = traits;
    // Functions of k are called as methods of what has them, which they may be.
    const every = traits.storedEvery?.(k);
    if (every === undefined) return 0;
    if (!isExact(summation)) return depthOf(summation, k);
    const { products, combined } = longestChain(summation, k);
    return Math.ceil(products / Math.max(1, every)) + 1 + combined;
  },
);

/** What a bound is made of: the exact result, and the sum of all its terms' absolute values. */
export interface Terms {
  readonly value: number;
  readonly gauge: number;
}

/**
 * The error of a compensated float32 sum without its last rounding, as a share
 * of the gauge: γ_k² for Sum2 and Dot2 (Ogita, Rump & Oishi, SISC 2005, with a
 * factor 2 for parts that are compensated one by one), 2u + 8ku² for Kahan's
 * (Higham, §4.3, with its O(ku²) bounded from above), and u for products that
 * are rounded. Never more than a plain sum's.
 */
function compensatedShare(
  summation: Extract<KernelTraits["summation"], { order: "compensated" }>,
  k: number,
  u: number,
): number {
  const corrected = 2 * gamma(k + 2, u) ** 2;
  const plain = gamma(Math.max(0, (summation.parts?.(k) ?? 1) - 1), u);
  const rounded = summation.products === "rounded" ? 3 * u + 8 * k * u * u : 0;
  return Math.min(corrected + rounded + plain, gamma(k + 1, u));
}

/** A sum's roundings in units of float32 and of float64. */
function roundingsOf(
  traits: KernelTraits,
  k: number,
  { value, gauge }: Terms,
  addend: number | null,
): number {
  const { summation, accumulator } = traits;
  const u = roundoffOf(traits);
  const depth = depthOf(summation, k);
  const magnitude = Math.abs(value);
  // Rounded once at the end, and once more where something is added to what was rounded.
  const last = u * (magnitude + (addend === null ? 0 : magnitude + Math.abs(addend)));
  if (accumulator === "float64") {
    return last + (2 * gamma(depth + 1, u64) + gamma(storesOf(traits, k), u)) * gauge;
  }
  // The last rounding is one of the sum with its error, as is that of the sum before an addend.
  return summation.order === "compensated"
    ? last + compensatedShare(summation, k, u) * (1 + 4 * u) * gauge
    : gamma(depth + (addend === null ? 0 : 1), u) * gauge;
}

/**
 * A bound of a kernel's error in a sum of k products. Where subnormals are
 * flushed, a subnormal operand takes its product with it: it is taken for
 * granted that no such product exceeds 2^-125, as it may where the other operand
 * exceeds 2. Data of which that is not true must not be judged by this bound.
 *
 * @param addend What is added to the sum, a bias for example; null for nothing.
 */
export function productBound(
  traits: KernelTraits,
  k: number,
  terms: Terms,
  addend: number | null = null,
): number {
  const { summation, denormals } = traits;
  const { gauge } = terms;
  const roundings = roundingsOf(traits, k, terms, addend);
  // The errors of compensated products are products themselves.
  const underflows = summation.order === "compensated" ? 6 * (k + 2) : k + 2;
  const underflow = underflows * (denormals === "flushed" ? 2 ** -125 : tiny);
  // 2^-20 of the bound covers products of roundings, 2^-50 of the gauge the reference's own error.
  return roundings * (1 + 2 ** -20) + underflow + 2 ** -50 * gauge;
}

/** A bound of the error in a sum of float32 numbers, in any order and in float32 or better. */
export function sumBound(
  traits: Pick<KernelTraits, "rounding" | "denormals">,
  terms: number,
  gauge: number,
): number {
  const underflow = traits.denormals === "flushed" ? (terms + 1) * 2 ** -125 : 0;
  return gamma(terms, roundoffOf(traits)) * gauge + 2 ** -50 * gauge + underflow;
}

/** The smallest result that is not taken for zero, or the error of one that is. */
export function smallestOf({ denormals }: Pick<KernelTraits, "denormals">): number {
  return denormals === "flushed" ? smallestNormal : tiny;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The unit in the last place by the exponent field of a float64: bounds are computed by the million, and to raise 2 to a power takes as long as all else. */
const units = Float64Array.from(
  { length: 2047 },
  (_, field) => 2 ** (Math.max(-126, field - 1023) - 23),
);

/** The distance between adjacent float32 numbers at y; of NaN it is NaN, so that no bound made of it holds. */
export function unitInLastPlace(y: number): number {
  if (Number.isNaN(y)) return NaN;
  if (Math.abs(y) === Infinity) return 2 ** 104;
  scratch.setFloat64(0, y);
  return units[(scratch.getUint16(0) >>> 4) & 0x7ff]!;
}

/**
 * The lowest and highest right value of activation(z) where z is known to
 * `deltaZ` and the activation's error is `ulp` units in the last place: the
 * image of the interval, widened. No linearisation, so kinks need no exception.
 */
export function activationInterval(
  activation: Exclude<Activation, "softmax">,
  z: number,
  deltaZ: number,
  ulp: number,
  smallest = tiny,
): { readonly low: number; readonly high: number } {
  const { value, minimum }: ReferenceFunction = references[activation];
  const ends = [value(z - deltaZ), value(z + deltaZ)];
  if (minimum !== null && Math.abs(z - minimum) <= deltaZ) ends.push(value(minimum));
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  return {
    low: low - ulp * unitInLastPlace(low) - smallest,
    high: high + ulp * unitInLastPlace(high) + smallest,
  };
}

/**
 * A bound of the error of the j-th output of a softmax row, for inputs known to
 * deltaZ: g_j(Δz_j + Σ g_i Δz_i) from the inputs, the exponentials' own errors
 * and one rounding for each addition (Blanchard, Higham & Higham, IMA JNA 2021,
 * for the shifted algorithm).
 */
export function softmaxBounds(
  y: ArrayLike<number>,
  z: ArrayLike<number>,
  deltaZ: ArrayLike<number>,
  start: number,
  columns: number,
  traits: Pick<
    KernelTraits,
    "activationUlp" | "activationAbsolute" | "denormals" | "rounding"
  >,
): Float64Array {
  const u = roundoffOf(traits);
  // A unit in the last place of an exponential, which is at most 1, is two of its roundoffs to the nearest.
  const exponentials = 4 * traits.activationUlp.softmax * u32;
  const absolute = traits.activationAbsolute?.softmax ?? 0;
  const smallest = smallestOf(traits);
  let largest = -Infinity;
  for (let j = 0; j < columns; j++) largest = Math.max(largest, z[start + j] as number);
  let upstream = 0;
  let shift = 0;
  for (let j = 0; j < columns; j++) {
    const at = start + j;
    upstream += (y[at] as number) * (deltaZ[at] as number);
    shift += (y[at] as number) * Math.abs((z[at] as number) - largest);
  }
  const bounds = new Float64Array(columns);
  const additions = gamma(columns + 2, u);
  for (let j = 0, at = start; j < columns; j++, at++) {
    const own = Math.abs((z[at] as number) - largest);
    // Δz is no infinitesimal: e^Δ − 1 in place of Δ.
    const fromZ = Math.expm1((deltaZ[at] as number) + upstream);
    const relative = fromZ + (own + shift) * u + exponentials + additions;
    bounds[j] = (y[at] as number) * relative + smallest * (2 + columns * (y[at] as number)) +
      absolute;
  }
  return bounds;
}
