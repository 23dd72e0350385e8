/**
 * Elementary functions to hundreds of bits, in fixed point on BigInt, by their
 * defining series: nothing here is shared with what it checks. A number x is
 * the integer x·2^bits; each operation is off by a few units of the last bit.
 *
 * @module
 */
import { scaled } from "./exact.ts";

/** Bits kept besides those of a result, against the roundings on the way. */
const guard = 40n;

/** n·2^bits, rounded down. */
export function fixed(n: number, bits: bigint): bigint {
  if (!Number.isFinite(n)) throw new RangeError(`${n} has no fixed point`);
  const shift = bits - 1074n;
  return shift >= 0n ? scaled(n) << shift : scaled(n) >> -shift;
}

/** x·y. */
export function times(x: bigint, y: bigint, bits: bigint): bigint {
  return (x * y) >> bits;
}

/** x/y. */
export function over(x: bigint, y: bigint, bits: bigint): bigint {
  return (x << bits) / y;
}

/** Σ sign^k / ((2k + 1)·n^(2k + 1)): the arcus tangent (sign −1) or area tangent (sign 1) of 1/n. */
function inverseTangent(n: bigint, sign: bigint, bits: bigint): bigint {
  let power = (1n << bits) / n;
  let sum = 0n;
  for (let k = 0n; power !== 0n; k++) {
    sum += (k % 2n === 0n ? 1n : sign) * (power / (2n * k + 1n));
    power /= n * n;
  }
  return sum;
}

/** Values that depend on the bits alone, kept. */
function kept(compute: (bits: bigint) => bigint): (bits: bigint) => bigint {
  const values = new Map<bigint, bigint>();
  return (bits) => {
    let value = values.get(bits);
    if (value === undefined) values.set(bits, value = compute(bits + guard) >> guard);
    return value;
  };
}

/** log 2 = 18 artanh(1/26) − 2 artanh(1/4801) + 8 artanh(1/8749). */
export const logTwo = kept((bits) =>
  18n * inverseTangent(26n, 1n, bits) - 2n * inverseTangent(4801n, 1n, bits) +
  8n * inverseTangent(8749n, 1n, bits)
);

/** π = 16 arctan(1/5) − 4 arctan(1/239) (Machin). */
export const pi = kept((bits) =>
  16n * inverseTangent(5n, -1n, bits) - 4n * inverseTangent(239n, -1n, bits)
);

/** The square root of x >= 0 (Newton). */
export function squareRoot(x: bigint, bits: bigint): bigint {
  const square = x << bits;
  if (square === 0n) return 0n;
  let root = 1n << (BigInt(square.toString(2).length) / 2n + 1n);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** e^x: Taylor's series of what is left after whole multiples of log 2 and 16 halvings. */
export function exponential(x: bigint, bits: bigint): bigint {
  const inner = bits + guard;
  const whole = (x << guard) / logTwo(inner);
  const rest = ((x << guard) - whole * logTwo(inner)) >> 16n;
  let term = 1n << inner;
  let sum = term;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = times(term, rest, inner) / n;
    sum += term;
  }
  for (let i = 0; i < 16; i++) sum = times(sum, sum, inner);
  const shift = whole - guard;
  return shift >= 0n ? sum << shift : sum >> -shift;
}

/** log(1 + x) for x > −1, by Halley's iteration on e^y = 1 + x from a float64 guess: the digits triple. */
export function logOnePlus(x: bigint, guess: number, bits: bigint): bigint {
  const target = (1n << bits) + x;
  let y = fixed(guess, bits);
  for (let i = 0; i < 8; i++) {
    const e = exponential(y, bits);
    const step = over(2n * (target - e), target + e, bits);
    y += step;
    if (step * step < 1n << (bits / 2n)) break;
  }
  return y;
}

/** erf(x) = 2/√π Σ (−1)^n x^(2n+1)/(n!(2n+1)). Its terms grow to e^(x²) before they fall, so bits must outnumber them. */
export function errorFunction(x: bigint, bits: bigint): bigint {
  const square = times(x, x, bits);
  let term = x;
  let sum = x;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = times(-term, square, bits) / n;
    sum += term / (2n * n + 1n);
  }
  return over(2n * sum, squareRoot(pi(bits), bits), bits);
}

/** (got − want)/size for a float64 `got`; infinite where `size` is 0 and they differ, or `got` is no number. */
export function relativeError(got: number, want: bigint, size: bigint, bits: bigint): number {
  if (!Number.isFinite(got)) return Infinity;
  const error = fixed(got, bits) - want;
  if (size === 0n) return error === 0n ? 0 : Infinity;
  // Number(…) of 100 bits after the point keeps all that matters.
  return Number(over(error, size, 100n)) / 2 ** 100;
}
