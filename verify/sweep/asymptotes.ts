/**
 * Where the float64 reference is a straight line: near 0 and in the tails
 * every activation rounds to offset + slope·z, to the last bit of float64. Three
 * quarters of all float32 numbers are in such bins of sign and exponent, where
 * the line replaces exponentials that would give the same. The test compares it
 * with the reference at every bin's ends and inside.
 *
 * @module
 */
import { mantissaBits, type Pointwise } from "./findings.ts";

/** want = offset + slope·z. */
export interface Line {
  readonly offset: number;
  readonly slope: number;
}

/** A line, and the exponents e, 2^e <= |z| < 2^(e+1), from or to which it holds. */
export interface Ends {
  /** Near 0, below 2^nearZeroBelow, of either sign. */
  readonly near: Line | null;
  /** For z >= 2^from. */
  readonly right: Line & { readonly from: number };
  /** For z <= −2^from. */
  readonly left: Line & { readonly from: number };
}

/** Below 2^-56 a term added to 1 is less than a quarter of its last bit, and z² vanishes when added to z. */
const nearZeroBelow = -56;

/** From the smallest number on. */
const everywhere = -Infinity;

const constant = (offset: number): Line => ({ offset, slope: 0 });
const times = (slope: number): Line => ({ offset: 0, slope });

/** e^−64 vanishes when added to 1 in float64, and e^−1024 is 0. */
const [small, vanished] = [6, 10];

const ends: Readonly<Record<Pointwise, Ends>> = {
  linear: {
    near: times(1),
    right: { ...times(1), from: everywhere },
    left: { ...times(1), from: everywhere },
  },
  relu: {
    near: null,
    right: { ...times(1), from: everywhere },
    left: { ...constant(0), from: everywhere },
  },
  sigmoid: {
    near: constant(0.5),
    right: { ...constant(1), from: small },
    left: { ...constant(0), from: vanished },
  },
  tanh: {
    near: times(1),
    right: { ...constant(1), from: small },
    left: { ...constant(-1), from: small },
  },
  gelu: {
    near: times(0.5),
    right: { ...times(1), from: small },
    left: { ...constant(0), from: small },
  },
  gelu_tanh: {
    near: times(0.5),
    right: { ...times(1), from: small },
    left: { ...constant(0), from: small },
  },
  exponential: {
    near: constant(1),
    right: { ...constant(Infinity), from: vanished },
    left: { ...constant(0), from: vanished },
  },
  elu: {
    near: times(1),
    right: { ...times(1), from: everywhere },
    left: { ...constant(-1), from: small },
  },
  selu: {
    near: null,
    right: { ...times(1.0507009873554805), from: everywhere },
    left: { ...constant(1.0507009873554805 * -1.6732632423543772), from: small },
  },
  softplus: {
    near: constant(Math.LN2),
    right: { ...times(1), from: small },
    left: { ...constant(0), from: vanished },
  },
  silu: {
    near: times(0.5),
    right: { ...times(1), from: small },
    left: { ...constant(0), from: vanished },
  },
  mish: {
    near: times(0.6),
    right: { ...times(1), from: small },
    left: { ...constant(0), from: vanished },
  },
};

/** The line that the reference is on the finite numbers of a bin, bits >>> 23; null where it is none. */
export function asymptote(activation: Pointwise, bin: number): Line | null {
  return lineOf(ends[activation], bin);
}

/** The line that a function with these ends is on a bin; null where it is none. */
export function lineOf({ near, right, left }: Ends, bin: number): Line | null {
  const biased = bin & 0xff;
  // Subnormal numbers are below the smallest normal exponent.
  const exponent = biased - 127;
  const side = bin >>> (31 - mantissaBits) ? left : right;
  if (exponent >= side.from) return side;
  return exponent < nearZeroBelow ? near : null;
}
