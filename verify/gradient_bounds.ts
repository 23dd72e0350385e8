/**
 * How far a kernel's gradient may be from the exact one, given the float32
 * numbers that it is computed from: the error of the slope that it declares, or
 * that a usual formula makes, times dy, and the product's own rounding. Of
 * softmax, what the sums of a row leave (Higham, Accuracy and Stability, §3.1).
 *
 * @module
 */
import { gradientNeedsZ, type Pointwise } from "../kernels/activation.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { gamma, roundoffOf, smallestOf, unitInLastPlace } from "./bounds.ts";
import {
  type FlushLoss,
  type GradientAllowance,
  gradientAllowance,
  lostByFlushing,
  slopeAt,
} from "./reference_gradients.ts";

/** The traits on which the error of a gradient depends. */
export type GradientTraits = Pick<
  KernelTraits,
  "rounding" | "denormals" | "gradientUlp" | "gradientAbsolute"
>;

/** The numbers that a gradient is computed from. */
export interface GradientInputs {
  readonly z: number;
  readonly y: number;
  readonly dy: number;
}

/** A result, and how far it may be missed. */
export interface BoundedValue {
  readonly value: number;
  readonly bound: number;
}

/** What the error of a slope is made of. */
interface SlopeClaims extends GradientAllowance {
  /** Whether the slope is 0 or 1 to the kernel, so that the gradient is dy itself or 0: no error of it is declared. */
  readonly isChoice: boolean;
  readonly absolute: number;
  readonly lost: FlushLoss;
}

const claimsOfTraits = new WeakMap<GradientTraits, Map<Pointwise, SlopeClaims>>();

/** The claims of one activation's slope, looked up once for a kernel's traits: bounds are computed by the million. */
function claimsOf(activation: Pointwise, traits: GradientTraits): SlopeClaims {
  let all = claimsOfTraits.get(traits);
  if (!all) claimsOfTraits.set(traits, all = new Map());
  let claims = all.get(activation);
  if (!claims) {
    const { ulp, size } = gradientAllowance(activation, traits);
    const absolute = traits.gradientAbsolute?.[activation] ?? 0;
    const flat = activation === "linear" || activation === "relu";
    const lost = lostByFlushing(activation, "slope", traits);
    claims = { ulp, size, absolute, isChoice: flat && ulp === 0 && absolute === 0, lost };
    all.set(activation, claims);
  }
  return claims;
}

/** How far the slope of an activation may be from the exact one; intermediate results may have a factor up to `scale`. */
export function slopeError(
  activation: Pointwise,
  { z, y }: Omit<GradientInputs, "dy">,
  traits: GradientTraits,
  scale = 1,
): number {
  const { isChoice, ulp, size, absolute, lost } = claimsOf(activation, traits);
  if (isChoice) return 0;
  const slope = slopeAt(activation, z, y);
  const x = gradientNeedsZ(activation) ? z : y;
  // What is declared holds for dy = 1: with another dy the first product has a rounding of its own.
  return ulp * unitInLastPlace(size === null ? slope : size(x, slope)) +
    roundoffOf(traits) * Math.abs(slope) + absolute + lost(x, slope, scale);
}

/** dy · activation', with a bound of the error that a kernel makes of finite numbers. */
export function boundedGradient(
  activation: Pointwise,
  { z, y, dy }: GradientInputs,
  traits: GradientTraits,
): BoundedValue {
  const slope = slopeAt(activation, z, y);
  const value = dy * slope;
  const flushes = traits.denormals === "flushed";
  const smallest = smallestOf(traits);
  if (claimsOf(activation, traits).isChoice) {
    return { value, bound: flushes ? smallest : 0 };
  }
  const fromSlope = Math.abs(dy) *
    slopeError(activation, { z, y }, traits, Math.min(1, Math.abs(dy)));
  const rounding = (traits.rounding === "either" ? 1 : 0.5) *
    unitInLastPlace(Math.abs(value) + fromSlope);
  // In dy·g + (dy·g')·z what underflows is multiplied by z; beyond a thousand g' is 0.
  const factor = gradientNeedsZ(activation) ? Math.min(Math.abs(z), 1e3) : 0;
  // A dy that is flushed takes its product with it, as does its product with a factor of the slope, 1 − y of (1 − y)(1 + y).
  const underflow = smallest * ((flushes ? 2 + Math.abs(slope) : 1) + 2 * factor);
  return { value, bound: fromSlope + rounding + underflow };
}

/** The gradient of softmax, y·(dy − Σ dy·y) by rows, with a bound of the error that a kernel makes of finite numbers. */
export function boundedSoftmaxGradient(
  y: ArrayLike<number>,
  dy: ArrayLike<number>,
  columns: number,
  traits: Pick<KernelTraits, "rounding" | "denormals" | "gradientAbsolute">,
): { readonly value: Float64Array; readonly bound: Float64Array } {
  const smallest = smallestOf(traits);
  const absolute = traits.gradientAbsolute?.softmax ?? 0;
  const share = gamma(columns + 4, roundoffOf(traits));
  const value = new Float64Array(dy.length);
  const bound = new Float64Array(dy.length);
  for (let row = 0; row < dy.length; row += columns) {
    let [sum, gauge, upstream, largest] = [0, 0, 0, 0];
    for (let i = row; i < row + columns; i++) {
      const product = dy[i]! * y[i]!;
      sum += product;
      gauge += Math.abs(product);
      upstream += Math.abs(dy[i]!);
      largest = Math.max(largest, Math.abs(dy[i]!));
    }
    for (let i = row; i < row + columns; i++) {
      const [own, magnitude] = [y[i]!, Math.abs(dy[i]!)];
      value[i] = own * (dy[i]! - sum);
      // What is flushed takes its product with it: y itself, each dy and y of the sum, each product, the result. What is kept is rounded to the smallest number, in each product of the sum too.
      const underflow = traits.denormals === "flushed"
        ? magnitude + gauge + own * (upstream + columns) + 2
        : 4 + own * columns;
      bound[i] = own * (magnitude + gauge) * share + smallest * underflow + absolute * largest;
    }
  }
  return { value, bound };
}
