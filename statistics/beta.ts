/**
 * The incomplete beta function, and the binomial distribution by it (Abramowitz &
 * Stegun 26.5.8 and 26.5.24), by its continued fraction, evaluated after Lentz
 * (Press et al., Numerical Recipes, §6.4). Pure functions.
 *
 * @module
 */
/** ln Γ(x) for x > 0 (Lanczos 1964, with g = 7; relative error below 1e-13). */
function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const sum = coefficients.reduce((total, c, i) => total + c / (x + i), 0.99999999999980993);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

// More terms than any argument of a test needs, since it converges in O(√max(a, b)).
const mostTerms = 10_000;

function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => Math.abs(value) < 1e-300 ? 1e-300 : value;
  let c = 1;
  let d = 1 / away(1 - (a + b) * x / (a + 1));
  let product = d;
  for (let m = 1; m <= mostTerms; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      product *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return product;
}

/**
 * The regularized incomplete beta function Iₓ(a, b), 0 ≤ x ≤ 1, a and b > 0.
 *
 * @example
 * ```ts
 * import { incompleteBeta } from "./beta.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(incompleteBeta(0.3, 1, 1), 0.3);
 * ```
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const factor = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  // The fraction converges fast on one side of the mean only; the other is its complement.
  return x < (a + 1) / (a + b + 2)
    ? factor * continuedFraction(x, a, b) / a
    : 1 - factor * continuedFraction(1 - x, b, a) / b;
}

/**
 * P(X <= most) for X binomial of n tries that each succeed with chance p.
 *
 * @example No success in ten tries
 * ```ts
 * import { binomialTail } from "./beta.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(binomialTail(0, 10, 0.2), 0.8 ** 10);
 * ```
 */
export function binomialTail(most: number, n: number, p: number): number {
  return most < 0 ? 0 : most >= n ? 1 : 1 - incompleteBeta(p, most + 1, n - most);
}
