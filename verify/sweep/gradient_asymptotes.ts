/**
 * Where the float64 reference of a gradient is a straight line of y or z, to
 * the last bit of float64: near 0 and in the tails, as `asymptotes.ts` has it for
 * the activations. The test compares it with the reference in every bin.
 *
 * @module
 */
import type { Pointwise } from "../../kernels/activation.ts";
import { type Ends, type Line, lineOf } from "./asymptotes.ts";

const constant = (offset: number): Line => ({ offset, slope: 0 });
const times = (slope: number): Line => ({ offset: 0, slope });

const everywhere = -Infinity;
const nowhere = Infinity;
/** e^−64 vanishes when added to 1 in float64, and e^−1024 is 0. */
const [small, vanished] = [6, 10];

/** A function that is the same line left and right. */
const line = (each: Line): Ends => ({
  near: null,
  right: { ...each, from: everywhere },
  left: { ...each, from: everywhere },
});

/** A derivative from 0 on the left to 1 on the right. */
const step = (atZero: number, left: number): Ends => ({
  near: constant(atZero),
  right: { ...constant(1), from: small },
  left: { ...constant(0), from: left },
});

/** A function of y >= 0, or of y up to 1 in magnitude, without tails. */
const without = (near: Line): Ends => ({
  near,
  right: { ...near, from: nowhere },
  left: { ...near, from: nowhere },
});

const ends: Readonly<Record<Pointwise, Ends>> = {
  linear: line(times(1)),
  relu: {
    near: null,
    // The bin of 0 is not on the line.
    right: { ...constant(1), from: -126 },
    left: { ...constant(0), from: everywhere },
  },
  sigmoid: without(times(1)),
  tanh: without(constant(1)),
  gelu: step(0.5, small),
  gelu_tanh: step(0.5, small),
  exponential: line(times(1)),
  elu: {
    near: constant(1),
    right: { ...constant(1), from: everywhere },
    left: { ...constant(1), from: nowhere },
  },
  selu: {
    near: null,
    right: { ...constant(1.0507009873554805), from: -126 },
    left: { ...constant(0), from: nowhere },
  },
  softplus: {
    near: times(1),
    right: { ...constant(1), from: small },
    left: { ...times(1), from: nowhere },
  },
  silu: step(0.5, vanished),
  mish: step(0.6, vanished),
};

/** The line that the gradient's reference is on a bin, bits >>> 23; null where it is none. */
export function gradientAsymptote(activation: Pointwise, bin: number): Line | null {
  return lineOf(ends[activation], bin);
}
