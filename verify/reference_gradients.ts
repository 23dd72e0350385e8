/**
 * The gradients in float64 as kernels compute them: functions of y or, where
 * `gradientNeedsZ` says so, of z; from which numbers, and what their errors are
 * measured by. A derivative g(z) + z·g'(z) is 0 somewhere, where no number of
 * units in its own last place bounds its error; the sum of the two terms'
 * magnitudes does (Higham, Accuracy and Stability, §1.4: conditioning).
 *
 * @module
 */
import { type Activation, gradientNeedsZ, type Pointwise } from "../kernels/activation.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import { smallestOf } from "./bounds.ts";
import { lessOne, references } from "./reference_activations.ts";

const selu = { scale: 1.0507009873554805, least: 1.7580993408473766 } as const;

/** The derivatives that are functions of y. */
export const slopeFromY: Partial<Record<Activation, (y: number) => number>> = {
  relu: (y) => Number(y > 0),
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => (1 - y) * (1 + y),
  exponential: (y) => y,
  elu: (y) => y > 0 ? 1 : y + 1,
  selu: (y) => y > 0 ? selu.scale : y + selu.least,
  softplus: (y) => -lessOne(-y),
};

/** What the error of a gradient at x, where it is `slope`, is measured by. */
export type GradientSize = (x: number, slope: number) => number;

/** A gradient for dy = 1 as a function of x, which is y or z. */
export interface ReferenceGradient {
  readonly slope: (x: number) => number;
  /** What its error is measured by; null where that is the slope itself. */
  readonly size: GradientSize | null;
  /** What the error of a usual formula in float32 is measured by, where nothing is claimed. */
  readonly looseSize: GradientSize;
  /** The smallest and largest x: no other y is a result of the activation. */
  readonly from: number;
  readonly to: number;
}

/** So many units of `looseSize` are allowed to a kernel that declares nothing. */
const undeclared = 8;

/** g(z) + |z·g'(z)| for the activation z·g(z), whose g increases. */
function sizeOfTerms(activation: Pointwise): GradientSize {
  const { value } = references[activation];
  // The two terms have one sign right of 0, and z·g' = f' − g is negative left of it.
  return (z, slope) => z < 0 ? 2 * value(z) / z - slope : slope;
}

/** Below it a gate, or what it lacks of 1, is lost in a rounding of 1. */
const lostInOne = 2 ** -27;

/** Two to four times a number, in eighths: where a function near 1 is off by a unit, so much more than is there may be left of 1 + h. */
const ofAllThereIs = 2 ** 22;

/** How the gate of z·g(z) falls left of 0, and what a usual formula of its gradient leaves there besides. */
interface Tail {
  /** Its order of magnitude at −|z|. */
  readonly falls: (far: number) => number;
  /** The roundings of 1, in eighths. */
  readonly cancels: (far: number, gate: number, terms: number) => number;
}

/** gelu's gate is computed as (1 + erf)/2: it alone loses digits, and z does not multiply it. */
const ofErf: Tail = {
  falls: (far) => Math.exp(-far * far / 2),
  cancels: (_, gate) => Math.min(1 / 4, ofAllThereIs * gate),
};

/** Of tanh the gate is (1 + t)/2, and the term that z multiplies has 1 − t². */
const ofTanh: Tail = {
  falls: (far) => Math.exp(-1.5957691216057308 * (far + 0.044715 * far ** 3)),
  cancels: (far, _, terms) => Math.min((1 + far) / 4, ofAllThereIs * terms),
};

/** Gates that are computed without 1 + h. */
const ofExponential: Tail = { falls: (far) => Math.exp(-far), cancels: () => 0 };

function ofZ(activation: Pointwise, { falls, cancels }: Tail): ReferenceGradient {
  const size = sizeOfTerms(activation);
  const { value } = references[activation];
  /** The roundings of 1 that a usual formula leaves, times z, in eighths. */
  const roundingsOfOne = (z: number, slope: number, terms: number): number => {
    // Infinity times 0 would be NaN.
    const far = Math.min(Math.abs(z), 1e3);
    // Right of 0, 1 − h is multiplied by z.
    if (z > 0 && 1 - value(far) / far > lostInOne) return (1 + far) / 4;
    // What is lost may be all there is. Left of 0 the gate is half of the slope and of its terms' magnitudes.
    return z < 0 ? cancels(far, Math.max(0, (terms + slope) / 2), terms) : 0;
  };
  return {
    slope: references[activation].derivative,
    size,
    looseSize: (z, slope) => {
      const terms = size(z, slope);
      const far = Math.min(Math.abs(z), 1e3);
      // 1 − h(|z|), as some compute it, leaves a rounding of 1 where the tail is not yet far. A gate that is subnormal has lost digits before z multiplies it.
      const near = Math.min(1, (1 + far) * falls(far));
      return terms + Math.max(near, roundingsOfOne(z, slope, terms)) + far * 2 ** -127;
    },
    from: -Infinity,
    to: Infinity,
  };
}

function ofY(
  activation: Pointwise,
  from: number,
  to: number,
  looseSize: GradientSize,
): ReferenceGradient {
  return { slope: slopeFromY[activation]!, size: null, looseSize, from, to };
}

/** The gradient of every activation but softmax. That of linear, which depends on dy alone, is a function of it. */
export const referenceGradients: Readonly<Record<Pointwise, ReferenceGradient>> = {
  linear: {
    slope: (dy) => dy,
    size: null,
    looseSize: Math.abs,
    from: -Infinity,
    to: Infinity,
  },
  relu: ofY("relu", 0, Infinity, () => 1),
  // Eight units are eight to sixteen roundings of the slope. Where it is small, those of a sixteenth are 2^-24, a whole unit of numbers below 1, which cancel in it.
  sigmoid: ofY("sigmoid", 0, 1, (y, slope) => slope + y * y / 16),
  tanh: ofY("tanh", -1, 1, (y, slope) => slope + (1 + y * y) / 32),
  gelu: ofZ("gelu", ofErf),
  gelu_tanh: ofZ("gelu_tanh", ofTanh),
  exponential: ofY("exponential", 0, Infinity, (y) => y),
  // y + 1 is exact below -1/2.
  elu: ofY("elu", -1, Infinity, (_, slope) => Math.abs(slope)),
  // The constant is rounded.
  selu: ofY("selu", Math.fround(-selu.least), Infinity, (_, slope) => Math.abs(slope) + 1 / 16),
  // e^-y is near 1 where the slope is small, and may be off by two units.
  softplus: ofY("softplus", 0, Infinity, (_, slope) => slope + 1 / 8),
  silu: ofZ("silu", ofExponential),
  mish: ofZ("mish", ofExponential),
};

/** How a gradient's error is judged: so many units in the last place of `size`. */
export interface GradientAllowance {
  readonly ulp: number;
  /** Null for the slope itself. */
  readonly size: GradientSize | null;
}

/** What a kernel of these traits may be off by. */
export function gradientAllowance(
  activation: Pointwise,
  { gradientUlp }: Pick<KernelTraits, "gradientUlp">,
): GradientAllowance {
  const { size, looseSize } = referenceGradients[activation];
  const declared = gradientUlp?.[activation];
  if (declared !== undefined) return { ulp: declared, size };
  const exact = activation === "linear" || activation === "relu";
  return { ulp: exact ? 0 : undeclared, size: looseSize };
}

/** What flushing may take from a function at x, where it is `want`; a factor up to `scale` may make intermediate results smaller still. */
export type FlushLoss = (x: number, want: number, scale?: number) => number;

/**
 * What a kernel that flushes may lose of an activation, or of its slope, by that: the result, where
 * it is no normal number, or where its own error may have made it none, and where the gate of z·g(z)
 * is near the smallest normal number, all that it was multiplied into, z·g or g + z·g'.
 */
export function lostByFlushing(
  activation: Pointwise,
  of: "value" | "slope",
  traits: Pick<KernelTraits, "denormals">,
): FlushLoss {
  if (traits.denormals === "kept") return () => 0;
  const smallest = smallestOf(traits);
  const ofResult = (want: number) => Math.abs(want) <= smallest * (1 + 2 ** -12) ? smallest : 0;
  if (activation === "selu" && of === "value") {
    // Left of 0 it is e^z − 1, which may be flushed, times its least value.
    return (z, want) =>
      Math.max(ofResult(want), z < 0 ? selu.least * ofResult(want / selu.least) : 0);
  }
  if (!gradientNeedsZ(activation)) return (_, want) => ofResult(want);
  const terms = sizeOfTerms(activation);
  const { value } = references[activation];
  return (z, want, scale = 1) => {
    // No gate that is flushed is multiplied by more than some hundred, and the gate takes time to compute.
    if (!(z < 0) || Math.abs(want) * scale > 2 ** -110) return ofResult(want);
    if (!(scale * value(z) / z <= 2 * smallest)) return ofResult(want);
    return Math.max(smallest, of === "value" ? Math.abs(want) : terms(z, want));
  };
}

/** The slope of an activation where its output is y and its input z. */
export function slopeAt(activation: Pointwise, z: number, y: number): number {
  if (activation === "linear") return 1;
  return referenceGradients[activation].slope(gradientNeedsZ(activation) ? z : y);
}
