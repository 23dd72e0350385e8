/**
 * The elementwise activations of Keras 3 beyond those that every kernel has, each
 * as a formula of z. They are written so that no finite z gives NaN in float32
 * either, the limits at ±Infinity are right, NaN stays NaN, and no digits cancel:
 * where Keras's form would, an equal one stands here. Numbers that z is compared
 * with are rounded to float32 first, as z is: some kernels compare in float64.
 *
 * @module
 */
import {
  abs,
  add,
  choose,
  div,
  exp,
  expm1,
  type Expression,
  expressionOf,
  max,
  min,
  mul,
  neg,
  sqrt,
  sub,
  unary,
} from "../kernels/formula/expression.ts";
import type { Elementwise } from "./activation_function.ts";

/** The largest float32. */
const largest = 3.4028234663852886e38;

const { fround } = Math;

/** z within [low, high]. */
const clip = (z: Expression, low: number, high: number) => max(min(z, high), low);
/** z, with ±Infinity as the largest float32, where Infinity/Infinity would be NaN. */
const finite = (z: Expression) => clip(z, -largest, largest);
/** 1 where |z| is below a limit, else 0. */
const within = (z: Expression, limit: number, value = 1) => choose("less", abs(z), limit, value, 0);

/** z above 0, slope·z below. */
export function leakyRelu(slope: number): Elementwise {
  // 0 · -Infinity is NaN.
  if (slope === 0) return rampUpTo(null);
  const derivative = (at: Expression) => choose("less", 0, at, 1, slope);
  return {
    value: (z) => choose("less", 0, z, z, mul(slope, z)),
    // y has z's sign, unless the slope is negative.
    ...(slope > 0 ? { slopeFromY: derivative } : { slope: derivative }),
  };
}

/** z between 0 and the highest value. */
function rampUpTo(highest: number | null): Elementwise {
  if (highest === null) {
    return { value: (z) => max(z, 0), slopeFromY: (y) => choose("less", 0, y, 1, 0) };
  }
  const most = fround(highest);
  return {
    value: (z) => clip(z, 0, most),
    slopeFromY: (y) => choose("less", 0, y, choose("less", y, most, 1, 0), 0),
  };
}

/** Keras's relu with all parameters: z above the threshold, at most the highest; slope·(z − threshold) below. */
export function relu(slope: number, highest: number | null, threshold: number): Elementwise {
  const from = fround(threshold);
  if (from === 0 && slope === 0) return rampUpTo(highest);
  if (from === 0 && highest === null) return leakyRelu(slope);
  const most = highest === null ? null : fround(highest);
  const above = (z: Expression) => most === null ? z : clip(z, 0, most);
  // The inner choice keeps NaN.
  const below = (z: Expression) =>
    slope === 0 ? choose("lessOrEqual", z, from, 0, z) : mul(slope, sub(z, from));
  const slopeAbove = (z: Expression) =>
    most === null ? 1 : choose("less", 0, z, choose("less", z, most, 1, 0), 0);
  return {
    value: (z) => choose("less", from, z, above(z), below(z)),
    slope: (z) => choose("less", from, z, slopeAbove(z), slope),
  };
}

/** alpha(e^z − 1) below 0. */
export function elu(alpha: number): Elementwise {
  return { value: (z) => choose("less", 0, z, z, mul(alpha, expm1(z))) };
}

/** alpha(e^(z/alpha) − 1) below 0. */
export function celu(alpha: number): Elementwise {
  return {
    value: (z) => choose("less", 0, z, z, mul(alpha, expm1(div(z, alpha)))),
    // By rule it would be alpha · e^(z/alpha) · 1/alpha.
    slope: (z) => choose("less", 0, z, 1, exp(div(z, alpha))),
  };
}

/** z/(1 + |z|). */
export const softsign: Elementwise = {
  value: (z) => div(finite(z), add(1, abs(finite(z)))),
  // The square of the quotient, since that of 1 + |z| would overflow.
  slope: (z) => {
    const share = div(1, add(1, abs(z)));
    return mul(share, share);
  },
};

/** (z + √(z² + b))/2. */
export function squareplus(b: number): Elementwise {
  if (b === 0) return rampUpTo(null);
  // Beyond it √(z² + b) is |z| to 2^-60, and z² could overflow.
  const far = 2 ** 30 * Math.max(1, Math.sqrt(b));
  const root = (z: Expression) =>
    choose("less", far, abs(z), abs(z), sqrt(add(mul(min(abs(z), far), min(abs(z), far)), b)));
  // Below 0 the sum cancels: it is b/(√(z² + b) − z), halved here so that it cannot overflow.
  const value = (z: Expression) => {
    const [half, halfRoot] = [mul(0.5, z), mul(0.5, root(z))];
    const near = choose("less", z, 0, div(b / 4, sub(halfRoot, half)), add(half, halfRoot));
    // A GPU may add before it halves.
    return choose("less", far, z, z, near);
  };
  return { value, slope: (z) => div(value(finite(z)), root(finite(z))) };
}

/** z brought nearer to 0 by the threshold. */
export function softShrink(threshold: number): Elementwise {
  const limit = fround(threshold);
  return {
    value: (z) => sub(z, clip(z, -limit, limit)),
    slopeFromY: (y) => choose("equal", y, 0, 0, 1),
  };
}

/** z where |z| is above the threshold, else 0. */
export function hardShrink(threshold: number): Elementwise {
  return { value: (z) => choose("lessOrEqual", abs(z), fround(threshold), 0, z) };
}

/** z above the threshold, else the default value. */
export function thresholded(threshold: number, defaultValue: number): Elementwise {
  return { value: (z) => choose("lessOrEqual", z, fround(threshold), defaultValue, z) };
}

// The series of tanh beyond z (Abramowitz & Stegun 4.5.64), its signs changed.
const tanhSeries = [
  1 / 3,
  -2 / 15,
  17 / 315,
  -62 / 2835,
  1382 / 155925,
  -21844 / 6081075,
  929569 / 638512875,
  -6404582 / 10854718875,
  443861162 / 1856156927625,
  -18888466084 / 194896477400625,
] as const;

/** z − tanh z, by the series near 0, where the difference cancels. */
export const tanhShrink: Elementwise = {
  value: (z) => {
    const near = clip(z, -0.5, 0.5);
    const square = mul(near, near);
    const series = tanhSeries.slice(0, -1).reduceRight<Expression>(
      (sum, coefficient) => add(mul(sum, square), coefficient),
      expressionOf(tanhSeries.at(-1)!),
    );
    return choose(
      "less",
      abs(z),
      0.5,
      mul(mul(near, square), series),
      sub(z, unary("tanh", z)),
    );
  },
  slope: (z) => mul(unary("tanh", z), unary("tanh", z)),
};

/** 0 up to −1, z from 1, and (z + 1)²/4 between. */
export const sparsePlus: Elementwise = {
  value: (z) =>
    choose(
      "lessOrEqual",
      z,
      -1,
      0,
      choose("less", z, 1, mul(0.25, mul(add(z, 1), add(z, 1))), z),
    ),
  slope: (z) => clip(mul(0.5, add(z, 1)), 0, 1),
};

/** slope·z + offset within [0, 1]. Keras 3 has 1/6, Keras 2 and ONNX 0.2. */
export function hardSigmoid(slope: number, offset: number): Elementwise {
  const [from, to] = [fround(-offset / slope), fround((1 - offset) / slope)];
  return {
    value: (z) => clip(add(mul(slope, z), offset), 0, 1),
    slope: (z) => choose("less", from, z, choose("less", z, to, slope, 0), 0),
  };
}

/** z · hardSigmoid(z). */
export const hardSilu: Elementwise = {
  // Not -Infinity · 0.
  value: (z) => mul(max(z, -3), clip(add(div(z, 6), 0.5), 0, 1)),
  slope: (z) => choose("less", z, 3, choose("less", -3, z, div(add(mul(2, z), 3), 6), 0), 1),
};

/** z within [−1, 1]. */
export const hardTanh: Elementwise = {
  value: (z) => clip(z, -1, 1),
  slopeFromY: (y) => within(y, 1),
};

/** (z + 1)/2 within [0, 1]. */
export const sparseSigmoid: Elementwise = {
  value: (z) => clip(mul(0.5, add(z, 1)), 0, 1),
  // Not of the sum, which rounds.
  slope: (z) => within(z, 1, 0.5),
};

/** log(sigmoid z). */
export const logSigmoid: Elementwise = {
  value: (z) => neg(unary("softplus", neg(z))),
  slope: (z) => unary("sigmoid", neg(z)),
};
