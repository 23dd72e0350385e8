/**
 * The functions of formulas in float64, by other ways than kernels compute them,
 * with what is known of their course, so that the image of an interval can be
 * found: log by the series of the area tangent on the mantissa, rounding by what
 * an addition of 1.5·2^52 leaves, all else from the references of activations.
 *
 * @module
 */
import type { Pointwise } from "../../kernels/activation.ts";
import type { UnaryFunction } from "../../kernels/formula/expression.ts";
import { lessOne, references } from "../reference_activations.ts";
import { type GradientSize, referenceGradients } from "../reference_gradients.ts";

/** Σ 2s^(2i+1)/(2i + 1) = log((1 + s)/(1 − s)) for |s| <= 0.1716, where it ends after 12 terms. */
function areaTangentTwice(s: number): number {
  const square = s * s;
  let sum = 0;
  for (let i = 12; i >= 0; i--) sum = sum * square + 2 / (2 * i + 1);
  return s * sum;
}

const view = new DataView(new ArrayBuffer(8));

/** log(x), the exponent apart from a mantissa in [√½, √2]. */
export function logarithm(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  if (x < 2 ** -1022) return logarithm(x * 2 ** 54) - 54 * Math.LN2;
  view.setFloat64(0, x);
  const high = view.getUint16(0);
  let exponent = (high >>> 4) - 1023;
  view.setUint16(0, (high & 0xf) | (1023 << 4));
  let mantissa = view.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  return exponent * Math.LN2 + areaTangentTwice((mantissa - 1) / (mantissa + 1));
}

/** log(1 + x), without the sum where its rounding would count. */
export function logarithmOnePlus(x: number): number {
  return Math.abs(x) < 0.25 ? areaTangentTwice(x / (2 + x)) : logarithm(1 + x);
}

/** To the nearest whole number, halves to the even one: what is left of a sum whose last bit is 1. */
export function nearestEven(x: number): number {
  const large = 1.5 * 2 ** 52;
  return Math.abs(x) < 2 ** 51 ? (x + large) - large : x;
}

/** The largest whole number that is not above x: the one that it is cut to, or that less 1. */
export function below(x: number): number {
  const cut = Math.trunc(x);
  return cut > x ? cut - 1 : cut;
}

/** One function of one argument. */
export interface ReferenceUnary {
  readonly value: (x: number) => number;
  /** Where it has no inner extremes, `monotone`; else how its image is found. */
  readonly course:
    | { readonly kind: "monotone" }
    | { readonly kind: "minimum"; readonly at: number }
    | { readonly kind: "curved"; readonly curvature: number };
  /** Below it the result is NaN; -Infinity where it is nowhere. */
  readonly domain: number;
  /** Whether its results need no rounding. */
  readonly exact: boolean;
  /** What its relative error is measured by; null for the value itself. */
  readonly size: GradientSize | null;
  /** The activation that it is, or whose derivative, for what flushing may take from it. */
  readonly activation: { readonly name: Pointwise; readonly of: "value" | "slope" } | null;
}

const monotone = { kind: "monotone" } as const;

function plain(
  value: (x: number) => number,
  { exact = false, domain = -Infinity } = {},
): ReferenceUnary {
  return { value, course: monotone, domain, exact, size: null, activation: null };
}

function ofActivation(name: Pointwise): ReferenceUnary {
  const { value, minimum } = references[name];
  return {
    value,
    course: minimum === null ? monotone : { kind: "minimum", at: minimum },
    domain: -Infinity,
    exact: name === "relu",
    size: null,
    activation: { name, of: "value" },
  };
}

function ofDerivative(name: Pointwise): ReferenceUnary {
  const { derivative, curvature } = references[name];
  return {
    value: derivative,
    course: { kind: "curved", curvature },
    domain: -Infinity,
    exact: false,
    size: referenceGradients[name].size,
    activation: { name, of: "slope" },
  };
}

/** Every function of one argument. */
export const referenceUnaries: Readonly<Record<UnaryFunction, ReferenceUnary>> = {
  neg: plain((x) => 0 - x, { exact: true }),
  abs: { ...plain((x) => x < 0 ? 0 - x : x, { exact: true }), course: { kind: "minimum", at: 0 } },
  sign: plain((x) => Number(x > 0) - Number(x < 0) + (x === x ? 0 : NaN), { exact: true }),
  floor: plain(below, { exact: true }),
  round: plain(nearestEven, { exact: true }),
  sqrt: plain(Math.sqrt, { domain: 0 }),
  expm1: plain((x) => x > 709 ? Math.exp(x) : lessOne(x)),
  log: plain(logarithm, { domain: 0 }),
  log1p: plain(logarithmOnePlus, { domain: -1 }),
  relu: ofActivation("relu"),
  sigmoid: ofActivation("sigmoid"),
  tanh: ofActivation("tanh"),
  gelu: ofActivation("gelu"),
  gelu_tanh: ofActivation("gelu_tanh"),
  exponential: ofActivation("exponential"),
  elu: ofActivation("elu"),
  selu: ofActivation("selu"),
  softplus: ofActivation("softplus"),
  silu: ofActivation("silu"),
  mish: ofActivation("mish"),
  gelu_derivative: ofDerivative("gelu"),
  gelu_tanh_derivative: ofDerivative("gelu_tanh"),
  silu_derivative: ofDerivative("silu"),
  mish_derivative: ofDerivative("mish"),
};

/** What a reference that is no single operation of float64 may be off by, relatively; tests hold it to that. */
export const referenceError = 2 ** -42;

/** Beyond it, on either side, the derivatives of activations have no extremes. */
export const lastExtreme = 5;
