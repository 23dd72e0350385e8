/**
 * The functions of one float32 number that are swept: every activation but
 * softmax, and the gradient of each for dy = 1, as a function of y or of z. What
 * a sweep asks of them is the same: the right result, what errors are measured
 * by, which inputs there are, and where the right result is a straight line.
 *
 * @module
 */
import { bitsOf } from "../../common/float_bits.ts";
import type { Pointwise } from "../../kernels/activation.ts";
import { references } from "../reference_activations.ts";
import { referenceGradients } from "../reference_gradients.ts";
import { asymptote, type Line } from "./asymptotes.ts";
import { gradientAsymptote } from "./gradient_asymptotes.ts";
import { pointwise, type SweptName } from "./findings.ts";

/** Bits from `start` up to before `end`. */
export interface BitRange {
  readonly start: number;
  readonly end: number;
}

/** A function that is swept. */
export interface SweptFunction {
  readonly activation: Pointwise;
  /** Whether it is the activation's gradient. */
  readonly gradient: boolean;
  readonly value: (x: number) => number;
  /** The finite inputs of either sign by their bits, the positive ones first. */
  readonly inputs: readonly BitRange[];
  /** Whether it never decreases. */
  readonly monotone: boolean;
  /** Whether f(−x) is −f(x). */
  readonly odd: boolean;
  /** The line that it is on the numbers of a bin, bits >>> 23; null where it is none. */
  readonly line: (bin: number) => Line | null;
}

/** Activations that never decrease. The others have a minimum left of 0. */
const monotone: ReadonlySet<Pointwise> = new Set([
  "linear",
  "relu",
  "sigmoid",
  "tanh",
  "exponential",
  "elu",
  "selu",
  "softplus",
]);

/** Activations with f(−z) = −f(z). */
const odd: ReadonlySet<Pointwise> = new Set(["linear", "tanh"]);

const [infinity, sign] = [0x7f800000, 0x80000000];

/** The finite numbers of [from, to], a zero of either sign among them. */
function finiteInputs(from: number, to: number): BitRange[] {
  const end = (magnitude: number) => Math.min(infinity, bitsOf(magnitude) + 1);
  return [{ start: 0, end: end(to) }, { start: sign, end: sign + end(Math.abs(from)) }];
}

function swept(activation: Pointwise): [SweptName, SweptFunction][] {
  const gradient = referenceGradients[activation];
  const ofZ = gradient.from === -Infinity;
  return [
    [activation, {
      activation,
      gradient: false,
      value: references[activation].value,
      inputs: finiteInputs(-Infinity, Infinity),
      monotone: monotone.has(activation),
      odd: odd.has(activation),
      line: (bin) => asymptote(activation, bin),
    }],
    [`${activation}-gradient`, {
      activation,
      gradient: true,
      value: gradient.slope,
      inputs: finiteInputs(ofZ ? -Infinity : Math.min(0, gradient.from), gradient.to),
      monotone: false,
      odd: false,
      line: (bin) => gradientAsymptote(activation, bin),
    }],
  ];
}

/** Every function that is swept, by its name. */
export const sweptFunctions = Object.fromEntries(pointwise.flatMap(swept)) as Readonly<
  Record<SweptName, SweptFunction>
>;
