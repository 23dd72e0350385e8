/**
 * What formulas need of WGSL besides the activations: logarithms by the series
 * of the area tangent, quotients whose divisor may be large, extremes and signs
 * that keep NaN, which WGSL leaves open. NaN is told by its bits, since a
 * compiler may take x == x for true.
 *
 * @module
 */
import { ownClaim } from "../formula/own_claims.ts";
import type { BinaryFunction, Comparison, UnaryFunction } from "../formula/expression.ts";
import type { FormulaTraits } from "../kernel.ts";
import {
  activationNamed,
  derivativeNamed,
  webGpuActivationUlp,
  webGpuGradientUlp,
} from "./activations_wgsl.ts";
import { atanhOverS, mathFunctions } from "./math_wgsl.ts";

const helpers = `
fn is_nan(a: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(a) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// y, or the argument where that is NaN.
fn or_nan(a: vec4f, y: vec4f) -> vec4f {
  return select(y, a, is_nan(a));
}

// Not a constant, which must be finite.
fn infinity(a: vec4f) -> vec4f {
  return bitcast<vec4f>((bitcast<vec4u>(a) & vec4u(0u)) | vec4u(0x7f800000u));
}

fn larger(a: vec4f, b: vec4f) -> vec4f {
  return or_nan(b, or_nan(a, select(a, b, a < b)));
}

fn smaller(a: vec4f, b: vec4f) -> vec4f {
  return or_nan(b, or_nan(a, select(a, b, b < a)));
}

fn sign_of(a: vec4f) -> vec4f {
  let positive = select(vec4f(), vec4f(1.0), a > vec4f());
  return or_nan(a, select(positive, vec4f(-1.0), a < vec4f()));
}

// WGSL says nothing of divisors beyond 2^126, whose reciprocal is subnormal.
fn quotient(a: vec4f, b: vec4f) -> vec4f {
  let s = select(vec4f(1.0), vec4f(0.0625), abs(b) > vec4f(1.0633824e37));
  return (a * s) / (b * s);
}
`.trim();

const logarithms = `
// 2 atanh(f/(2 + f)) = log(1 + f) for f in [-0.5, 1].
fn log_series(f: vec4f) -> vec4f {
  let s = f / (f + vec4f(2.0));
  let q = s * s;
  // Half of a small f may be flushed.
  return select(s * ${atanhOverS("q")}, f, abs(f) < vec4f(1e-8));
}

fn log_of(x: vec4f) -> vec4f {
  let small = x < vec4f(1.1754944e-38);
  let bits = bitcast<vec4i>(select(x, x * 16777216.0, small)) - vec4i(0x3f3504f3);
  let f = bitcast<vec4f>((bits & vec4i(0x7fffff)) + vec4i(0x3f3504f3)) - vec4f(1.0);
  let n = vec4f(bits >> vec4u(23u)) - select(vec4f(), vec4f(24.0), small);
  let value = n * 0.693145751953125 + (n * 1.4286067653e-6 + log_series(f));
  let inf = infinity(x);
  let positive = select(value, -inf, x == vec4f());
  return or_nan(x, select(select(positive, x, x == inf), inf - inf, x < vec4f()));
}

fn log1p_of(x: vec4f) -> vec4f {
  let near = (x >= vec4f(-0.5)) & (x <= vec4f(1.0));
  return or_nan(x, select(log_of(vec4f(1.0) + x), log_series(select(vec4f(), x, near)), near));
}
`.trim();

const expm1 = `
// What exp_less_one does for x <= 0 is right up to 40 too, where 1 is nothing beside e^x.
fn expm1_of(x: vec4f) -> vec4f {
  return or_nan(x, select(exp_less_one(min(x, vec4f(40.0))), exp_of(x), x > vec4f(40.0)));
}
`.trim();

/** The elementary functions besides the activations: what they are of an argument, and the code that they call. */
const elementary: Readonly<
  Partial<Record<UnaryFunction, readonly [call: string, ...code: string[]]>>
> = {
  neg: ["-"],
  abs: ["abs"],
  sign: ["sign_of"],
  floor: ["floor"],
  // Halves to the even number, as WGSL has it.
  round: ["round"],
  sqrt: ["sqrt"],
  expm1: ["expm1_of", mathFunctions, expm1],
  log: ["log_of", logarithms],
  log1p: ["log1p_of", logarithms],
};

/** A function of one argument in WGSL, and the code that it calls. */
export function unaryCode(
  name: UnaryFunction,
): { readonly call: (a: string) => string; readonly code: readonly string[] } {
  const own = elementary[name];
  if (own) {
    const [call, ...code] = own;
    return { call: (a) => `${call}(${a})`, code };
  }
  const derivative = name.endsWith("_derivative");
  const text = derivative
    ? derivativeNamed(name, name.slice(0, -"_derivative".length) as "gelu")
    : activationNamed(name, name as "gelu");
  return {
    call: (a) => `or_nan(${a}, ${name}_of(${a}))`,
    code: /(exp|scaled|log)_/.test(text) ? [mathFunctions, text] : [text],
  };
}

/** The code that all formulas have. */
export const formulaHelpers = helpers;

/** A function of two arguments in WGSL. */
export const binaryCode: Readonly<Record<BinaryFunction, (a: string, b: string) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `quotient(${a}, ${b})`,
  min: (a, b) => `smaller(${a}, ${b})`,
  max: (a, b) => `larger(${a}, ${b})`,
};

/** Comparisons in WGSL. */
export const comparisonCode: Readonly<Record<Comparison, string>> = {
  less: "<",
  lessOrEqual: "<=",
  equal: "==",
};

/** So many units in the last place, relatively. */
const ulp = (count: number) => count * 2 ** -23;
const { gelu, gelu_tanh, silu, mish } = webGpuGradientUlp;
const { linear: _, softmax: __, ...activations } = webGpuActivationUlp;

/** What is claimed: WGSL's 2.5 ULP for a quotient, 5 for a root, and what is measured of functions, with room for quotients within them. */
export const webGpuFormulas: FormulaTraits = ownClaim({
  arithmetic: "float32",
  errors: {
    ...Object.fromEntries(
      Object.entries(activations).map(([name, count]) => [name, ulp(count)]),
    ),
    gelu_derivative: ulp(gelu!),
    gelu_tanh_derivative: ulp(gelu_tanh!),
    silu_derivative: ulp(silu!),
    mish_derivative: ulp(mish!),
    div: ulp(2.5),
    sqrt: ulp(5),
    expm1: ulp(3),
    log: ulp(6),
    log1p: ulp(7),
  },
});
