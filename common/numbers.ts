/**
 * How numbers are written for people: few digits, thousands set apart, a true
 * minus sign, no exponents in tables. The exact numbers are in the result files.
 *
 * @module
 */

/**
 * `value` with `digits` significant digits, thousands set apart, never in
 * exponent notation; whole numbers keep all their digits.
 *
 * @example
 * ```ts
 * import { formatNumber } from "./numbers.ts";
 *
 * const texts = [41.26, 0.00012, 1234567].map((value) => formatNumber(value)).join("; ");
 * if (texts !== "41.3; 0.000120; 1,234,567") throw new Error(texts);
 * if (formatNumber(-9.96, 2) !== "−10") throw new Error(formatNumber(-9.96, 2));
 * ```
 */
export function formatNumber(value: number, digits = 3): string {
  return fixed(value, decimalsOf(value, digits));
}

/** The decimals with which `value` has `digits` significant digits; rounding may add one before the point. */
function decimalsOf(value: number, digits: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  return Math.min(20, Math.max(0, digits - 1 - exponent));
}

function fixed(value: number, decimals: number): string {
  return minus(value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }));
}

function minus(text: string): string {
  return text.replace(/^-/, "−").replace("e-", "e−").replace("e+", "e");
}

/**
 * A short form for pictures and running text: at most three significant
 * digits, no trailing zeros, an exponent where the number is very large or small.
 *
 * @example
 * ```ts
 * import { formatShort } from "./numbers.ts";
 *
 * const texts = [0.25, 3.14159, 1e-7].map(formatShort).join("; ");
 * if (texts !== "0.25; 3.14; 1e−7") throw new Error(texts);
 * ```
 */
export function formatShort(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) {
    return minus(Number(value.toPrecision(2)).toExponential());
  }
  return minus(String(Number(value.toPrecision(3))));
}

/** A whole number with its thousands set apart: `65,536`. */
export function formatWhole(value: number): string {
  return fixed(value, 0);
}

/**
 * A number and what is counted.
 *
 * @example
 * ```ts
 * import { formatCount } from "./numbers.ts";
 *
 * const texts = [1, 2].map((number) => formatCount(number, "workload")).join("; ");
 * if (texts !== "1 workload; 2 workloads") throw new Error(texts);
 * const none = formatCount(0, "match", "matches");
 * if (none !== "0 matches") throw new Error(none);
 * ```
 */
export function formatCount(number: number, noun: string, plural: string = pluralOf(noun)): string {
  return `${formatWhole(number)} ${number === 1 ? noun : plural}`;
}

/** The regular plural: sample, samples; launch, launches. */
function pluralOf(noun: string): string {
  return /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/**
 * A share as a percentage without trailing zeros.
 *
 * @example
 * ```ts
 * import { formatPercent } from "./numbers.ts";
 *
 * const texts = [0.05, 0.0814, 1.234].map((share) => formatPercent(share)).join("; ");
 * if (texts !== "5 %; 8.1 %; 123 %") throw new Error(texts);
 * const precise = formatPercent(0.96094, 3);
 * if (precise !== "96.1 %") throw new Error(precise);
 * ```
 */
export function formatPercent(share: number, digits = 2): string {
  return `${withoutZeros(formatNumber(100 * share, digits))} %`;
}

/** A decimal number without zeros at its end: `5.0` is `5`, `0.50` is `0.5`. */
export function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * How many times one number is another: two decimals where they are close.
 *
 * @example
 * ```ts
 * import { formatRatio } from "./numbers.ts";
 *
 * const texts = [1.349, 0.0557, 31.2, 118.4].map(formatRatio).join("; ");
 * if (texts !== "1.35; 0.056; 31; 118") throw new Error(texts);
 * ```
 */
export function formatRatio(value: number): string {
  if (value >= 0.1 && value < 9.995) return fixed(value, 2);
  return formatNumber(value, value < 100 ? 2 : 3);
}

/** A value and the ends of its interval as texts with the same decimals. */
export interface IntervalText {
  readonly value: string;
  readonly low: string;
  readonly high: string;
}

/**
 * A value and the ends of its interval, all with the decimals that the width
 * of the interval supports: two, three or four significant digits of the value.
 *
 * @example
 * ```ts
 * import { formatInterval } from "./numbers.ts";
 *
 * const { value, low, high } = formatInterval(41.237, 40.91, 42.3);
 * const text = `${value} [${low}, ${high}]`;
 * if (text !== "41.2 [40.9, 42.3]") throw new Error(text);
 * ```
 */
export function formatInterval(value: number, low: number, high: number): IntervalText {
  // A single sample has an interval without width, and yet is not exact.
  const width = value === 0 || high === low ? 0.1 : (high - low) / Math.abs(value);
  const decimals = decimalsOf(value, width < 0.002 ? 4 : width < 0.2 ? 3 : 2);
  return { value: fixed(value, decimals), low: fixed(low, decimals), high: fixed(high, decimals) };
}
