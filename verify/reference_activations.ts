/**
 * The activations and their derivatives in float64, from other formulas than
 * the kernels use, so that a wrong formula cannot agree with itself: Φ comes
 * from Kummer's series and Laplace's continued fraction for erfc (DLMF 7.6.2,
 * 7.9.1) rather than from a fitted polynomial.
 *
 * @module
 */
import type { Activation, Pointwise } from "../kernels/activation.ts";

/** erfc(x) to about 1e-15 of its value. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  const density = 2 / Math.sqrt(Math.PI) * Math.exp(-x * x);
  if (x < 2) {
    // erf(x) = 2/√π e^(−x²) Σ 2ⁿx^(2n+1)/(2n+1)!!; every term is positive, nothing cancels.
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 1 - density * sum;
  }
  // erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from the far end.
  // It converges the faster the larger x is; more terms change no bit.
  let fraction = x;
  for (let n = Math.ceil(30 + 400 / (x * x)); n >= 1; n--) fraction = x + n / 2 / fraction;
  return density / 2 / fraction;
}

/** Φ(z), the standard normal distribution function. */
function distribution(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

function density(z: number): number {
  return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}

const c = Math.sqrt(2 / Math.PI);

/** (1 + tanh u)/2 without cancellation: the logistic function of 2u, in its stable branch. */
function logistic(u: number): number {
  if (u >= 0) return 1 / (1 + Math.exp(-u));
  const e = Math.exp(u);
  return e / (1 + e);
}

/** e^z − 1 as 2·e^(z/2)·sinh(z/2), which keeps the digits near 0. */
export function lessOne(z: number): number {
  return z < -40 ? -1 : 2 * Math.exp(z / 2) * Math.sinh(z / 2);
}

/** tanh(log(1 + e^z)): (1 − q)/(1 + q) with q = (1 − p)², p = logistic(z), and so (2p − p²)/(1 + q). */
function mishGate(z: number): number {
  const p = logistic(z);
  return p * (2 - p) / (1 + logistic(-z) ** 2);
}

/** One activation: its value, its derivative as a function of z, and where between its ends it has a minimum. */
export interface ReferenceFunction {
  readonly value: (z: number) => number;
  readonly derivative: (z: number) => number;
  /** A bound of |f''|. */
  readonly curvature: number;
  /** Where f is smallest, for functions that are not monotone. */
  readonly minimum: number | null;
}

/** Every activation but softmax. */
export const references: Readonly<Record<Pointwise, ReferenceFunction>> = {
  linear: { value: (z) => z, derivative: () => 1, curvature: 0, minimum: null },
  relu: {
    value: (z) => z > 0 ? z : z <= 0 ? 0 : NaN,
    derivative: (z) => z > 0 ? 1 : 0,
    curvature: 0,
    minimum: null,
  },
  sigmoid: {
    value: logistic,
    derivative: (z) => logistic(z) * logistic(-z),
    curvature: 0.0963,
    minimum: null,
  },
  tanh: {
    // expm1 keeps the digits near 0; the sign is put back, tanh being odd.
    value: (z) => {
      const e = Math.expm1(-2 * Math.abs(z));
      return Math.sign(z) * (-e / (2 + e));
    },
    derivative: (z) => 4 * logistic(2 * z) * logistic(-2 * z),
    curvature: 0.77,
    minimum: null,
  },
  gelu: {
    value: (z) => z < -40 ? 0 : z * distribution(z),
    derivative: (z) => Math.abs(z) > 40 ? Number(z > 0) : distribution(z) + z * density(z),
    curvature: 0.8,
    minimum: -0.7517915246935645,
  },
  gelu_tanh: {
    value: (z) => z < -40 ? 0 : z * logistic(2 * c * (z + 0.044715 * z ** 3)),
    derivative: (z) => {
      if (Math.abs(z) > 40) return Number(z > 0);
      const u = 2 * c * (z + 0.044715 * z ** 3);
      return logistic(u) + z * 2 * c * (1 + 0.134145 * z * z) * logistic(u) * logistic(-u);
    },
    curvature: 0.9,
    minimum: -0.7524614,
  },
  exponential: { value: Math.exp, derivative: Math.exp, curvature: Infinity, minimum: null },
  elu: {
    value: (z) => z > 0 ? z : lessOne(z),
    derivative: (z) => z > 0 ? 1 : Math.exp(z),
    curvature: 1,
    minimum: null,
  },
  selu: {
    value: (z) => 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * lessOne(z)),
    derivative: (z) => 1.0507009873554805 * (z > 0 ? 1 : 1.6732632423543772 * Math.exp(z)),
    curvature: 1.7581,
    minimum: null,
  },
  softplus: {
    // log(1 + e) with e below 1, and for small e by the series that log1p stands for.
    value: (z) => {
      const e = Math.exp(-Math.abs(z));
      return Math.max(z, 0) + (e < 1e-5 ? e - e * e / 2 + e ** 3 / 3 : Math.log1p(e));
    },
    derivative: logistic,
    curvature: 0.25,
    minimum: null,
  },
  silu: {
    value: (z) => z < -700 ? 0 : z * logistic(z),
    derivative: (z) => Math.abs(z) > 700 ? Number(z > 0) : logistic(z) * (1 + z * logistic(-z)),
    curvature: 0.5,
    minimum: -1.2784645427610738,
  },
  mish: {
    value: (z) => z < -700 ? 0 : z * mishGate(z),
    derivative: (z) => {
      if (Math.abs(z) > 350) return Number(z > 0);
      const q = logistic(-z) ** 2;
      return mishGate(z) + z * 4 * q * logistic(z) / (1 + q) ** 2;
    },
    curvature: 0.7,
    minimum: -1.1924337,
  },
};

/** activation(z) in float64 for z of rows of `columns`. */
export function referenceActivation(
  activation: Activation,
  z: ArrayLike<number>,
  columns: number,
): Float64Array {
  const y = new Float64Array(z.length);
  if (activation !== "softmax") {
    const { value } = references[activation];
    for (let i = 0; i < y.length; i++) y[i] = value(z[i] as number);
    return y;
  }
  for (let row = 0; row < y.length; row += columns) {
    let largest = -Infinity;
    for (let j = 0; j < columns; j++) largest = Math.max(largest, z[row + j] as number);
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      sum += y[row + j] = Math.exp((z[row + j] as number) - largest);
    }
    for (let j = 0; j < columns; j++) y[row + j]! /= sum;
  }
  return y;
}
