/**
 * Whether a gradient of any numbers is right: of finite ones within its bound,
 * of all others as IEEE 754 has it. What infinity is multiplied by must be known
 * to be neither 0 nor of the other sign, or else each of their limits is right.
 *
 * @module
 */
import { gradientNeedsZ, type Pointwise } from "../../kernels/activation.ts";
import { withinRange } from "../activation_bounds.ts";
import { mayFlushOperand, mayFlushResult } from "../flushing.ts";
import {
  boundedGradient,
  boundedSoftmaxGradient,
  type GradientInputs,
  type GradientTraits,
  slopeError,
} from "../gradient_bounds.ts";
import { slopeAt } from "../reference_gradients.ts";

/** The numbers of a gradient, and what a kernel makes of them. */
export interface FoundGradient extends GradientInputs {
  readonly dz: number;
}

/** Infinity times a number that is not 0 has its sign; times 0 it is NaN. */
function isInfiniteProduct(
  activation: Pointwise,
  { z, y, dy, dz }: FoundGradient,
  slope: number,
  traits: GradientTraits,
): boolean {
  const [less, more] = Math.abs(dy) < Math.abs(slope) ? [dy, slope] : [slope, dy];
  if (Number.isNaN(dz) && Math.abs(more) === Infinity && mayFlushResult(less, traits)) return true;
  const certain = Number.isNaN(dy) || Math.abs(slope) === Infinity ||
    // A function of y that is 0 is so by every formula.
    slope === 0 && !gradientNeedsZ(activation) ||
    Math.abs(slope) > slopeError(activation, { z, y }, traits);
  // What is 0 here, far down a tail or where a derivative crosses it, may be any small number to the kernel.
  return certain
    ? Object.is(dz, dy * slope)
    : Number.isNaN(dz) || dz === 0 || Math.abs(dz) === Infinity;
}

/** Whether dz is dy · activation'(z) by IEEE 754; where a slope is 0 or may be, the limits of that. */
export function isGradient(
  activation: Pointwise,
  found: FoundGradient,
  traits: GradientTraits,
): boolean {
  const { z, y, dy, dz } = found;
  // At NaN the comparison y > 0 is false, and some take dz = 0 for it, some dy.
  if (activation === "relu" && Number.isNaN(y)) return Number.isNaN(dz) || dz === 0 || dz === dy;
  const slope = slopeAt(activation, z, y);
  if (Number.isNaN(slope)) return Number.isNaN(dz);
  // The usual formula g(z) + z·g'(z) is infinity times 0 there; one of a declared relative error has the limit.
  const undeclared = traits.gradientUlp?.[activation] === undefined;
  const endless = Math.abs(z) === Infinity && gradientNeedsZ(activation);
  if (endless && undeclared && Number.isNaN(dz)) return true;
  const flushed = mayFlushOperand(y, traits);
  if (flushed && isGradient(activation, { ...found, y: 0 }, traits)) return true;
  // A flat relu is a choice rather than a product for some.
  if (activation === "relu" && slope === 0 && dz === 0) return true;
  if (!Number.isFinite(dy) || Math.abs(slope) === Infinity) {
    return isInfiniteProduct(activation, found, slope, traits);
  }
  const { value, bound } = boundedGradient(activation, found, traits);
  return Math.abs(withinRange(dz) - withinRange(value)) <= bound;
}

/** What softmax's gradients should be, and whether each may be what it is: finite ones within their bound, all else as IEEE 754 has it. */
export function softmaxGradientJudge(
  y: Float32Array,
  dy: Float32Array,
  dz: Float32Array,
  columns: number,
  traits: GradientTraits,
): readonly [want: (i: number) => number, allowed: (i: number) => boolean] {
  const { value, bound } = boundedSoftmaxGradient(y, dy, columns, traits);
  const open = new Uint8Array(y.length);
  const lost = new Uint8Array(y.length);
  for (let row = 0; row < y.length; row += columns) {
    const places = Array.from({ length: columns }, (_, j) => row + j);
    const withNaN = places.some((i) => Number.isNaN(y[i]) || Number.isNaN(dy[i]));
    // Infinity times a y that is flushed makes the sum of the row NaN.
    const sumLost = places.some((i) =>
      Math.abs(dy[i]!) === Infinity && mayFlushResult(y[i]!, traits)
    );
    for (const i of places) {
      // Infinity less infinity: of other orders another infinity is left.
      open[i] = Number.isNaN(value[i]) && !withNaN ? 1 : 0;
      lost[i] = sumLost || Math.abs(value[i]!) === Infinity && mayFlushResult(y[i]!, traits)
        ? 1
        : 0;
    }
  }
  const allowed = (i: number) => {
    const [got, want] = [dz[i]!, value[i]!];
    if (Number.isFinite(want)) return Math.abs(got - want) <= bound[i]!;
    return Object.is(got, want) || open[i] === 1 && !Number.isFinite(got) ||
      lost[i] === 1 && Number.isNaN(got);
  };
  return [(i) => value[i]!, allowed];
}
