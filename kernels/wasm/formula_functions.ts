/**
 * The functions of formulas as vector code. What is exact or correctly rounded is
 * one instruction, or a few, in either precision; all others are float64, those
 * of `vector_activations.ts` and the logarithms, which are musl's reduction and
 * the series of atanh.
 *
 * @module
 */
import type { FormulaTraits } from "../kernel.ts";
import type { BinaryFunction, Comparison, UnaryFunction } from "../formula/expression.ts";
import type { Local } from "./assembler.ts";
import type { V128 } from "./encoding.ts";
import { f32x4, f64x2, i64x2, v128 } from "./instructions.ts";
import { derivatives, type Double, values } from "./vector_activations.ts";
import { expm1, ln2High, ln2Low, log1p as log1pNearZero, type VectorCode } from "./vector_math.ts";

/** In which precision code computes. */
export type Precision = FormulaTraits["arithmetic"];

const instructions = { float32: f32x4, float64: f64x2 } as const;

/** A constant in all lanes. */
export function constantIn(precision: Precision, constant: number): V128 {
  return instructions[precision].const(constant);
}

/** The functions that both precisions have. */
const cheap = ["neg", "abs", "sign", "floor", "round", "sqrt", "relu"] as const;
type Cheap = typeof cheap[number];
type Costly = Exclude<UnaryFunction, Cheap>;

/** Whether a function is computed in float64 only. */
export function needsDouble(name: UnaryFunction): name is Costly {
  return !(cheap as readonly string[]).includes(name);
}

function cheapFunction(precision: Precision, name: Cheap, a: Local<"v128">): V128 {
  const ops = instructions[precision];
  switch (name) {
    case "neg":
    case "abs":
    case "floor":
    case "sqrt":
      return ops[name](a);
    case "round":
      return ops.nearest(a);
    case "relu":
      // NaN stays NaN, where a comparison would choose 0.
      return ops.max(a, ops.const(0));
    case "sign": {
      const size = v128.and(ops.notEqual(a, ops.const(0)), ops.const(1));
      const signed = v128.or(size, v128.and(a, ops.const(-0)));
      return v128.select(ops.equal(a, a), signed, a);
    }
  }
}

/** f(a, b). */
export function binaryFunction(
  precision: Precision,
  name: BinaryFunction,
  a: V128,
  b: V128,
): V128 {
  return instructions[precision][name](a, b);
}

/** Ones in all bits of a lane where the comparison is true. */
export function comparison(precision: Precision, test: Comparison, a: V128, b: V128): V128 {
  return instructions[precision][test](a, b);
}

// The bits of 1 less those of √½: after adding them the exponent's field is that of the nearest power of two.
const bitsOfHalfRoot = 0x3fe6a09e667f3bcdn;
const bitsOfOne = 0x3ff0000000000000n;

/** The logarithm of a number > 0 and < Infinity; elsewhere the limit, or NaN. */
function log(code: VectorCode, x: Local<"v128">): V128 {
  // Subnormal numbers have no exponent of their own.
  const tiny = code.let(f64x2.less(x, f64x2.const(2 ** -1022)));
  const normal = v128.select(tiny, f64x2.mul(x, f64x2.const(2 ** 54)), x);
  const bits = code.let(i64x2.add(normal, i64x2.const(bitsOfOne - bitsOfHalfRoot)));
  const fraction = v128.and(bits, i64x2.const(0x000fffffffffffffn));
  const m = i64x2.add(fraction, i64x2.const(bitsOfHalfRoot));
  const f = code.let(f64x2.sub(m, f64x2.const(1)));
  // The biased exponent as the lowest bits of 2^52.
  const exponent = v128.or(i64x2.shiftRight(bits, 52), f64x2.const(2 ** 52));
  const bias = v128.select(tiny, f64x2.const(2 ** 52 + 1023 + 54), f64x2.const(2 ** 52 + 1023));
  const k = code.let(f64x2.sub(exponent, bias));
  const low = code.madd(k, f64x2.const(ln2Low), log1pNearZero(code, f));
  const result = code.madd(k, f64x2.const(ln2High), low);
  const atZero = v128.select(
    f64x2.equal(x, f64x2.const(0)),
    f64x2.const(-Infinity),
    f64x2.const(NaN),
  );
  const finite = v128.select(f64x2.greater(x, f64x2.const(0)), result, atZero);
  return v128.select(f64x2.equal(x, f64x2.const(Infinity)), x, finite);
}

/** log(1 + a) for a > −1: the logarithm of the rounded sum, and what its rounding makes of it (Goldberg, 1991, theorem 4). */
function log1p(code: VectorCode, a: Local<"v128">): V128 {
  const one = f64x2.const(1);
  const sum = code.let(f64x2.add(a, one));
  const ofSum = code.let(log(code, sum));
  // What the sum lost, of its smaller part.
  const small = f64x2.sub(a, f64x2.sub(sum, one));
  const large = f64x2.sub(one, f64x2.sub(sum, a));
  const lost = v128.select(f64x2.less(a, one), small, large);
  const corrected = f64x2.add(ofSum, f64x2.div(lost, sum));
  const inside = v128.and(
    f64x2.greater(a, f64x2.const(-1)),
    f64x2.less(a, f64x2.const(Infinity)),
  );
  return v128.select(inside, corrected, ofSum);
}

const { sigmoid, tanh, gelu, gelu_tanh, exponential, elu, selu, softplus, silu, mish } = values;

const costly: Readonly<Record<Costly, Double>> = {
  expm1,
  log,
  log1p,
  sigmoid,
  tanh,
  gelu,
  gelu_tanh,
  exponential,
  elu,
  selu,
  softplus,
  silu,
  mish,
  gelu_derivative: derivatives.gelu,
  gelu_tanh_derivative: derivatives.gelu_tanh,
  silu_derivative: derivatives.silu,
  mish_derivative: derivatives.mish,
};

/** f(a); the code is wide, and in float64 where {@linkcode needsDouble} says so. */
export function unaryFunction(
  code: VectorCode,
  precision: Precision,
  name: UnaryFunction,
  a: Local<"v128">,
): V128 {
  return needsDouble(name) ? costly[name](code, a) : cheapFunction(precision, name, a);
}
