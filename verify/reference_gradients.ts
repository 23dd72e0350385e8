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

/**
 * @param cancels Whether the gate is usually computed as (1 + h)/2, of which left of 0 roundings of
 *   1 are left, and then nothing.
 */
function ofZ(activation: Pointwise, cancels: boolean): ReferenceGradient {
  const size = sizeOfTerms(activation);
  const { value } = references[activation];
  /** The roundings of 1 that a usual formula leaves, times z, in eighths. */
  const roundingsOfOne = (z: number, terms: number): number => {
    // Infinity times 0 would be NaN.
    const far = Math.min(Math.abs(z), 1e3);
    // Right of 0, 1 − h is multiplied by z.
    if (z > 0 && 1 - value(far) / far > lostInOne) return (1 + far) / 4;
    // What is lost may be all there is, and some of its roundings.
    return cancels && z < 0 ? Math.min((1 + far) / 4, 2 ** 23 * terms) : 0;
  };
  return {
    slope: references[activation].derivative,
    size,
    looseSize: (z, slope) => {
      const terms = size(z, slope);
      const far = Math.min(Math.abs(z), 1e3);
      // 1 − h(|z|), as some compute it, leaves a rounding of 1 where the tail is not yet far. A gate that is subnormal has lost digits before z multiplies it.
      const near = Math.min(1, (1 + far) * Math.exp(-far));
      return terms + Math.max(near, roundingsOfOne(z, terms)) + far * 2 ** -127;
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
  // Eight units of these are eight roundings of the slope, and one or two of the terms that cancel in it.
  sigmoid: ofY("sigmoid", 0, 1, (y, slope) => slope + y * y / 8),
  tanh: ofY("tanh", -1, 1, (y, slope) => slope + (1 + y * y) / 8),
  gelu: ofZ("gelu", true),
  gelu_tanh: ofZ("gelu_tanh", true),
  exponential: ofY("exponential", 0, Infinity, (y) => y),
  elu: ofY("elu", -1, Infinity, (_, slope) => Math.abs(slope) + 1 / 4),
  selu: ofY("selu", Math.fround(-selu.least), Infinity, (_, slope) => Math.abs(slope) + 1 / 4),
  softplus: ofY("softplus", 0, Infinity, (_, slope) => slope + 1 / 4),
  silu: ofZ("silu", false),
  mish: ofZ("mish", false),
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
