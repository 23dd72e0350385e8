/**
 * Elementary functions in WGSL, by vec4. WGSL permits its exp an error of 3 + 2|x|
 * ULP, and its tanh one of 1e-5, and any result beyond |x| = 88; these functions
 * use only +, −, ·, / and bits, so that they are within a few ULP on every driver.
 * Methods: reduction by multiples of ln 2 (Cody & Waite), arguments in two parts
 * where their rounding would be magnified.
 *
 * @module
 */
import { geluTanh } from "../activation.ts";
import { erfcCoefficients, lowestT } from "../erfc.ts";

/** A float32 constant in WGSL. */
export function f32(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Horner's rule in the variable x, the constant first. */
function horner(x: string, coefficients: readonly number[]): string {
  return coefficients.reduceRight(
    (inner, coefficient) => inner ? `(${inner} * ${x} + ${f32(coefficient)})` : f32(coefficient),
    "",
  );
}

// Up to degree 7 the relative error of Σ rⁿ/n! is below 1e-8 of e^r − 1 for |r| <= ln(2)/2.
const inverseFactorials = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040];
const scaleT = 1 / (1 - lowestT);
// 2·atanh(s)/s by powers of s²; s <= 1/3.
const atanhSeries = Array.from({ length: 8 }, (_, i) => 2 / (2 * i + 1));
// gelu's tanh form: 2u = αz + βz³.
const alpha = 2 * geluTanh.scale;
const beta = alpha * geluTanh.cubic;
// Compilers may change the order of sums, which is why fract() is used below rather than a difference.
// The parts of α and β whose products with 12 bits are exact; both are multiples of 2^-8, as the sum below requires.
const alphaHigh = Math.floor(alpha * 256) / 256;
const betaHigh = Math.floor(beta * 2 ** 15) / 2 ** 15;

/** All functions; compilers leave out those that are not called. */
export const mathFunctions = `
struct Reduced { n: vec4i, p: vec4f }

// e^(x + low) = 2^n (1 + p), for |x| <= 200; low is small.
fn reduced(x: vec4f, low: vec4f) -> Reduced {
  let n = round(x * ${f32(Math.LOG2E)});
  // ln 2 in two parts, the first of 16 bits, so that its multiples are exact.
  let r = ((x - n * 0.693145751953125) - n * 1.4286067653e-6) + low;
  return Reduced(vec4i(n), r + r * r * ${horner("r", inverseFactorials)});
}

fn power_of_two(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + vec4i(127)) << vec4u(23u));
}

// f e^(x + low), scaled in two steps, so that it is flushed to 0 only where the result itself is too small.
fn scaled_exp(f: vec4f, x: vec4f, low: vec4f) -> vec4f {
  let e = reduced(clamp(x, vec4f(-160.0), vec4f(100.0)), low);
  let half = e.n >> vec4u(1u);
  let s = f * power_of_two(half);
  return (s + s * e.p) * power_of_two(e.n - half);
}

fn exp_of(x: vec4f) -> vec4f {
  return scaled_exp(vec4f(1.0), x, vec4f());
}

// e^x - 1 for x <= 0, to full relative accuracy near 0.
fn exp_less_one(x: vec4f) -> vec4f {
  let e = reduced(max(x, vec4f(-40.0)), vec4f());
  let s = power_of_two(e.n);
  return s * e.p + (s - vec4f(1.0));
}

// log(1 + x) for x in [0, 1]: 2 atanh(x/(2 + x)).
fn log_one_plus(x: vec4f) -> vec4f {
  let s = x / (x + vec4f(2.0));
  let q = s * s;
  let series = s * ${horner("q", atanhSeries)};
  return select(series, x * (vec4f(1.0) - x * (vec4f(0.5) - x * 0.33333334)), x < vec4f(1e-3));
}

// The upper 12 bits of the mantissa: two such multiply exactly.
fn upper(x: vec4f) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(x) & vec4u(0xfffff000u));
}

// f e^(-a²/2) for a in [0, 20].
fn scaled_density(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  return scaled_exp(f, -0.5 * high * high, -0.5 * low * (a + high));
}

// f Φ(-a) for a in [0, 20]: e^(-w²) t Q(t)/2 with w = a/√2 and t = 1/(1 + w/2).
fn scaled_tail(f: vec4f, a: vec4f) -> vec4f {
  let t = vec4f(1.0) / (vec4f(1.0) + a * ${f32(Math.SQRT1_2 / 2)});
  let s = t * ${f32(2 * scaleT)} - vec4f(${f32((1 + lowestT) * scaleT)});
  let q = ${horner("s", erfcCoefficients)};
  return scaled_density(f * 0.5 * t * q, a);
}

// f e^(-(αa + βa³)) for a in [0, 12], the argument in two parts: it is as large as 88 where the result is not yet 0.
fn scaled_gate(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  let square = upper(a * a);
  let rest = (high * high - square) + low * (a + high);
  let cubic = square * ${f32(betaHigh * 256)};
  let slope_high = floor(cubic) * 0.00390625 + vec4f(${f32(alphaHigh)});
  let slope_low = fract(cubic) * 0.00390625 + (rest * ${f32(beta)} + (square * ${
  f32(beta - betaHigh)
} + vec4f(${f32(alpha - alphaHigh)})));
  return scaled_exp(f, -(slope_high * high), -(slope_high * low + slope_low * a));
}
`.trim();

/** 2·atanh(s)/s by powers of q = s², for s <= 1/3, in the variable of this name. */
export const atanhOverS = (q: string): string => horner(q, atanhSeries);

/** α and 3β of gelu's tanh form, for its derivative α + 3βa². */
export const gateSlope = { alpha: f32(alpha), threeBeta: f32(3 * beta) } as const;
