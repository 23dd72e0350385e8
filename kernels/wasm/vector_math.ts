/**
 * Elementary functions on two float64 lanes, as code without branches. Float32
 * inputs are computed in float64 and rounded once, like those of the scalar
 * kernels: that halves the lanes, but every result is within 0.51 ULP, in all
 * tails. Methods: reduction by multiples of ln 2 (Tang, ACM TOMS 1989), log1p by
 * the series of atanh.
 *
 * @module
 */
import { erfcCoefficients, lowestT } from "../erfc.ts";
import type { Local, Scope } from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { f32x4, f64x2, i32x4, v128 } from "./instructions.ts";

/** The last two of four float32 as float64. */
export function upperAsDouble(x: V128): V128 {
  return f64x2.promoteLow(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

/** Two halves in float64 as four float32. */
export function joined(low: V128, high: V128): V128 {
  return i32x4.shuffle(f32x4.demoteZero(low), f32x4.demoteZero(high), 0, 1, 4, 5);
}

/** Code that computes a vector: the statements so far, and functions that add to them. */
export class VectorCode {
  readonly statements: Statement[] = [];

  /**
   * @param wide Whether functions are right in all of float64's range and to nearly all of its digits, and not only as far as float32 shows.
   */
  constructor(readonly scope: Scope, readonly fused: boolean, readonly wide = false) {}

  /** Stores a value in a variable, so that it can be used more than once. */
  let(value: V128): Local<"v128"> {
    const local = this.scope.local("v128");
    this.statements.push(local.set(value));
    return local;
  }

  /** a·b + c in float64. */
  madd(a: V128, b: V128, c: V128): V128 {
    return this.fused ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
  }

  /**
   * The polynomial with these coefficients, the constant first, by Estrin's
   * scheme: it has more multiplications than Horner's rule, but a chain a third
   * as long, and the time depends on the length of the chain.
   */
  polynomial(x: Local<"v128">, coefficients: readonly number[]): V128 {
    let terms: V128[] = coefficients.map((coefficient) => f64x2.const(coefficient));
    for (let power = x; terms.length > 1; power = this.let(f64x2.mul(power, power))) {
      const pairs: V128[] = [];
      for (let i = 0; i < terms.length; i += 2) {
        const [low, high] = [terms[i]!, terms[i + 1]];
        pairs.push(high ? this.let(this.madd(high, power, low)) : low);
      }
      terms = pairs;
    }
    return terms[0] ?? f64x2.const(0);
  }

  /** f of vectors of four float32, computed in float64 and rounded once. */
  inDouble(f: (...inputs: Local<"v128">[]) => V128, inputs: readonly V128[]): V128 {
    const vectors = inputs.map((input) => this.let(input));
    const low = this.let(f(...vectors.map((x) => this.let(f64x2.promoteLow(x)))));
    return joined(low, f(...vectors.map((x) => this.let(upperAsDouble(x)))));
  }
}

/** x within [low, high]; NaN stays NaN. */
export function clamp(x: V128, low: number, high: number): V128 {
  return f64x2.min(f64x2.max(x, f64x2.const(low)), f64x2.const(high));
}

// 1/n! from 1/1! on. For |x| <= ln(2)/2 the relative error of Σ xⁿ/n! is below 4e-11 of e^x − 1 up to degree 9, and below 2e-17 up to 13.
const inverseFactorials = Array.from({ length: 13 }, (_, i) => {
  let factorial = 1;
  for (let j = 2; j <= i + 1; j++) factorial *= j;
  return 1 / factorial;
});

// After adding this to a small whole number, the lowest bits are that number plus the exponent's bias of 1023.
const shifter = 1.5 * 2 ** 52 + 1023;

// ln 2 in two parts, the first short enough for exact multiples.
export const ln2High = 0.693147180369123816490;
export const ln2Low = 1.90821492927058770002e-10;

/** n and p of e^x = 2ⁿ(1 + p), where n + `shifter` is given too. */
function exponentialParts(
  code: VectorCode,
  x: V128,
): { shifted: Local<"v128">; n: Local<"v128">; p: Local<"v128"> } {
  const z = code.let(x);
  const shifted = code.let(code.madd(z, f64x2.const(Math.LOG2E), f64x2.const(shifter)));
  const n = code.let(f64x2.sub(shifted, f64x2.const(shifter)));
  const r = code.let(
    code.madd(n, f64x2.const(-ln2Low), code.madd(n, f64x2.const(-ln2High), z)),
  );
  const series = code.polynomial(r, inverseFactorials.slice(0, code.wide ? 13 : 9));
  return { shifted, n, p: code.let(f64x2.mul(r, series)) };
}

/** 2ⁿ for n + `shifter`. */
const powerOfTwo = (shifted: V128): V128 => f64x2.shiftLeft(shifted, 52);

/** 2ⁿ as the product of two powers of two, neither of which leaves float64's range. */
function halfPowers(
  code: VectorCode,
  n: Local<"v128">,
): { s: Local<"v128">; rest: Local<"v128">; t: Local<"v128"> } {
  const half = code.let(f64x2.floor(f64x2.mul(n, f64x2.const(0.5))));
  const rest = code.let(f64x2.sub(n, half));
  const raised = (exponent: V128) =>
    code.let(powerOfTwo(f64x2.add(exponent, f64x2.const(shifter))));
  return { s: raised(half), rest, t: raised(rest) };
}

/** e^x. It is limited to e^±300, where float32 is 0 or Infinity, unless the code is wide. */
export function exp(code: VectorCode, x: V128): V128 {
  if (code.wide) {
    const { n, p } = exponentialParts(code, clamp(x, -746, 710));
    const { s, t } = halfPowers(code, n);
    return f64x2.mul(code.madd(s, p, s), t);
  }
  const { shifted, p } = exponentialParts(code, clamp(x, -300, 300));
  const s = code.let(powerOfTwo(shifted));
  return code.madd(s, p, s);
}

/** e^x − 1, to full relative accuracy near 0; limited as {@linkcode exp} is. */
export function expm1(code: VectorCode, x: V128): V128 {
  if (code.wide) {
    const { n, p } = exponentialParts(code, clamp(x, -746, 710));
    const { s, rest, t } = halfPowers(code, n);
    const one = powerOfTwo(f64x2.sub(f64x2.const(shifter), rest));
    return f64x2.mul(code.madd(s, p, f64x2.sub(s, one)), t);
  }
  const { shifted, p } = exponentialParts(code, clamp(x, -300, 300));
  const s = code.let(powerOfTwo(shifted));
  return code.madd(s, p, f64x2.sub(s, f64x2.const(1)));
}

// Of the series of 2·atanh.
const oddReciprocals = Array.from({ length: 17 }, (_, i) => 2 / (2 * i + 1));

/** log(1 + x) for x from −0.3 to 1: 2·atanh(s) with s = x/(2 + x), |s| <= 1/3, to a relative error of 1e-11, or 1e-16 where the code is wide. */
export function log1p(code: VectorCode, x: Local<"v128">): V128 {
  const s = code.let(f64x2.div(x, f64x2.add(x, f64x2.const(2))));
  const square = code.let(f64x2.mul(s, s));
  const series = code.polynomial(square, oddReciprocals.slice(0, code.wide ? 17 : 11));
  return f64x2.mul(s, series);
}

/** 1/(1 + e^−x). */
export function sigmoid(code: VectorCode, x: V128): V128 {
  return f64x2.div(
    f64x2.const(1),
    f64x2.add(f64x2.const(1), exp(code, f64x2.neg(x))),
  );
}

/** Φ(x), the normal distribution, to full relative accuracy in the left tail too; see `erfc.ts`. */
export function normalDistribution(code: VectorCode, x: Local<"v128">): V128 {
  const one = f64x2.const(1);
  const z = code.let(
    f64x2.min(f64x2.mul(f64x2.abs(x), f64x2.const(Math.SQRT1_2)), f64x2.const(11.5)),
  );
  const t = code.let(f64x2.div(one, code.madd(z, f64x2.const(0.5), one)));
  const scale = 1 / (1 - lowestT);
  const s = code.let(code.madd(t, f64x2.const(2 * scale), f64x2.const(-(1 + lowestT) * scale)));
  const q = code.let(f64x2.mul(t, code.polynomial(s, erfcCoefficients)));
  const density = exp(code, f64x2.neg(f64x2.mul(z, z)));
  const half = f64x2.mul(f64x2.mul(q, density), f64x2.const(0.5));
  // Where z was limited the tail is 0 in float32 whatever it is multiplied by, and not a constant.
  const tail = code.let(code.wide ? v128.andNot(half, f64x2.equal(z, f64x2.const(11.5))) : half);
  return v128.select(f64x2.greater(x, f64x2.const(0)), f64x2.sub(one, tail), tail);
}
