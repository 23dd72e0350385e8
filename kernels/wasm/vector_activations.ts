/**
 * The activations and their derivatives as vector code: Keras's formulas, written
 * so that no finite input gives NaN and no digits cancel. The arithmetic is that
 * of `scalar_activations.ts`, for four elements at a time.
 *
 * @module
 */
import { geluTanh, type Pointwise, selu } from "../activation.ts";
import type { Local } from "./assembler.ts";
import type { V128 } from "./encoding.ts";
import { f32x4, f64x2, v128 } from "./instructions.ts";
import {
  clamp,
  exp,
  expm1,
  log1p,
  normalDistribution,
  sigmoid,
  type VectorCode,
} from "./vector_math.ts";

const { scale, cubic } = geluTanh;

const one = f64x2.const(1);
const zero = f64x2.const(0);

/** A function of a float64 vector, which it may read more than once. */
export type Double = (code: VectorCode, x: Local<"v128">) => V128;

/** Twice the argument of gelu's tanh: 2·scale·(z + cubic·z³). */
function geluArgument(code: VectorCode, z: Local<"v128">): V128 {
  const square = f64x2.mul(z, z);
  const inner = code.madd(
    square,
    f64x2.const(2 * scale * cubic),
    f64x2.const(2 * scale),
  );
  return f64x2.mul(z, inner);
}

/** tanh(softplus(z)) = w/(w + 2) with w = e^z(e^z + 2). */
function mishParts(
  code: VectorCode,
  z: V128,
): { e: Local<"v128">; w: Local<"v128">; w2: Local<"v128"> } {
  // Beyond 300 w/(w + 2) is 1, where w would become infinite.
  const e = code.let(exp(code, code.wide ? f64x2.min(z, f64x2.const(300)) : z));
  const w = code.let(f64x2.mul(e, f64x2.add(e, f64x2.const(2))));
  return { e, w, w2: code.let(f64x2.add(w, f64x2.const(2))) };
}

// Beyond −150 every activation with a left tail is 0 in float32, beyond −750 in float64; -Infinity times 0 would be NaN.
const tailStart = ({ wide }: VectorCode) => wide ? -750 : -150;
const tailed = (code: VectorCode, z: V128) => f64x2.max(z, f64x2.const(tailStart(code)));

export const values: Record<Exclude<Pointwise, "linear" | "relu">, Double> = {
  sigmoid,
  tanh: (code, z) => {
    // −expm1(−2|z|)/(2 + expm1(−2|z|)), with the sign of z.
    const e = code.let(expm1(code, f64x2.mul(f64x2.abs(z), f64x2.const(-2))));
    const size = f64x2.neg(f64x2.div(e, f64x2.add(e, f64x2.const(2))));
    const sign = f64x2.const(-0);
    return v128.or(v128.andNot(size, sign), v128.and(z, sign));
  },
  gelu: (code, z) => {
    const phi = normalDistribution(code, z);
    return f64x2.mul(f64x2.max(z, f64x2.const(-40)), phi);
  },
  gelu_tanh: (code, z) => {
    const from = code.let(f64x2.max(z, f64x2.const(-40)));
    const e = exp(code, f64x2.neg(geluArgument(code, from)));
    return f64x2.div(from, f64x2.add(one, e));
  },
  exponential: exp,
  elu: (code, z) => v128.select(f64x2.less(z, zero), expm1(code, z), z),
  selu: (code, z) => {
    const negative = f64x2.mul(expm1(code, z), f64x2.const(selu.scale * selu.alpha));
    const positive = f64x2.mul(z, f64x2.const(selu.scale));
    return v128.select(f64x2.less(z, zero), negative, positive);
  },
  softplus: (code, z) => {
    const e = code.let(exp(code, f64x2.neg(f64x2.abs(z))));
    return f64x2.add(f64x2.max(z, zero), log1p(code, e));
  },
  silu: (code, z) => {
    const from = code.let(tailed(code, z));
    return f64x2.div(from, f64x2.add(one, exp(code, f64x2.neg(from))));
  },
  mish: (code, z) => {
    const from = code.let(tailed(code, z));
    const { w, w2 } = mishParts(code, from);
    return f64x2.mul(from, f64x2.div(w, w2));
  },
};

/** The derivatives as functions of y, or of z for those of `gradientNeedsZ`. */
export const derivatives: Record<Exclude<Pointwise, "linear">, Double> = {
  relu: (_code, y) => v128.and(f64x2.greater(y, zero), one),
  sigmoid: (_code, y) => f64x2.mul(y, f64x2.sub(one, y)),
  tanh: (_code, y) => f64x2.mul(f64x2.sub(one, y), f64x2.add(one, y)),
  exponential: (_code, y) => y,
  elu: (_code, y) => v128.select(f64x2.greater(y, zero), one, f64x2.add(y, one)),
  selu: (_code, y) =>
    v128.select(
      f64x2.greater(y, zero),
      f64x2.const(selu.scale),
      f64x2.add(y, f64x2.const(selu.scale * selu.alpha)),
    ),
  softplus: (code, y) => f64x2.neg(expm1(code, f64x2.neg(y))),
  gelu: (code, x) => {
    const z = code.let(clamp(x, -40, 40));
    const density = exp(code, f64x2.mul(f64x2.mul(z, z), f64x2.const(-0.5)));
    const slope = f64x2.mul(density, f64x2.mul(z, f64x2.const(0.3989422804014327)));
    return f64x2.add(normalDistribution(code, z), slope);
  },
  gelu_tanh: (code, x) => {
    const z = code.let(clamp(x, -40, 40));
    const u = code.let(geluArgument(code, z));
    const below = code.let(sigmoid(code, u));
    const above = sigmoid(code, f64x2.neg(u));
    const slope = code.madd(
      f64x2.mul(z, z),
      f64x2.const(2 * scale * 3 * cubic),
      f64x2.const(2 * scale),
    );
    return code.madd(f64x2.mul(z, slope), f64x2.mul(below, above), below);
  },
  silu: (code, x) => {
    const z = code.let(clamp(x, tailStart(code), -tailStart(code)));
    const below = code.let(sigmoid(code, z));
    const above = sigmoid(code, f64x2.neg(z));
    return f64x2.mul(below, code.madd(z, above, one));
  },
  mish: (code, x) => {
    const z = code.let(clamp(x, tailStart(code), 40));
    const { e, w, w2 } = mishParts(code, z);
    const slope = f64x2.div(
      f64x2.mul(f64x2.mul(e, f64x2.const(4)), f64x2.add(e, one)),
      f64x2.mul(w2, w2),
    );
    return code.madd(z, slope, f64x2.div(w, w2));
  },
};

/**
 * relu of four elements: NaN stays NaN, and -0 becomes 0. `max` gives the same, and takes V8 eight
 * instructions on x64, whose own maximum knows neither.
 */
export const relu = (z: V128): V128 => v128.andNot(z, f32x4.lessOrEqual(z, f32x4.const(0)));

/** activation(z) of four elements. */
export function activationValue(activation: Pointwise): (code: VectorCode, z: V128) => V128 {
  if (activation === "linear") return (_code, z) => z;
  if (activation === "relu") return (_code, z) => relu(z);
  const f = values[activation];
  return (code, z) => code.inDouble((x) => f(code, x), [z]);
}

/** dy · activation'(x) of four elements, where x is y or, for those of `gradientNeedsZ`, z. */
export function activationGradient(
  activation: Pointwise,
): (code: VectorCode, x: V128, dy: V128) => V128 {
  if (activation === "linear") return (_code, _x, dy) => dy;
  const f = derivatives[activation];
  return (code, x, dy) => code.inDouble((x, dy) => f64x2.mul(dy, f(code, x)), [x, dy]);
}
