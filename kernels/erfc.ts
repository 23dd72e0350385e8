/**
 * The normal distribution function Φ for the exact gelu, by the complementary
 * error function erfc(z) = e^(−z²)·t·Q(t) with t = 1/(1 + z/2). Q is a polynomial
 * of degree 12 through Chebyshev nodes, whose relative error stays below 4e-10
 * far into the tail, where 1 + erf would cancel to 0.
 *
 * @module
 */

/** The coefficients of Q by powers of s, which maps t from [1/6.5, 1], that is z from [0, 11], to [-1, 1]. */
export const erfcCoefficients = [
  0.5670172947646855,
  0.3280580411789014,
  0.10490060266072693,
  0.006636759201048443,
  -0.006488965241426055,
  -0.0007257387731786677,
  0.0006530269501243069,
  0.000008455450130213647,
  -0.0000768027499577073,
  0.000012884311900762668,
  0.000007030898951825293,
  -0.000002334431868007414,
  -2.5430865434827866e-7,
] as const;
/** The smallest t. */
export const lowestT = 1 / 6.5;

/**
 * erfc(z) for z > 11, where it is 0 in float32 and not yet in float64: the first
 * terms of the asymptotic series (Abramowitz & Stegun, 7.1.23).
 */
function erfcFar(z: number): number {
  const r = 0.5 / (z * z);
  const series = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r))));
  return Math.exp(-z * z) / (z * 1.7724538509055159) * series;
}

/** erfc(z) for z >= 0, to a relative error below 4e-10. */
function erfcPositive(z: number): number {
  if (z > 11) return z > 28 ? 0 : erfcFar(z);
  const t = 1 / (1 + z / 2);
  const s = (2 * t - lowestT - 1) / (1 - lowestT);
  let sum: number = erfcCoefficients[12];
  for (let i = 11; i >= 0; i--) sum = sum * s + erfcCoefficients[i]!;
  return Math.exp(-z * z) * t * sum;
}

/**
 * Φ(x), the probability that a standard normal variable is below x, to a
 * relative error below 4e-10 as far as float64 has normal numbers; NaN for NaN.
 */
export function normalDistribution(x: number): number {
  const tail = 0.5 * erfcPositive(Math.abs(x) * Math.SQRT1_2);
  return x > 0 ? 1 - tail : tail;
}

/** φ(x) = e^(−x²/2)/√(2π), the density of Φ. */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) * 0.3989422804014327;
}
