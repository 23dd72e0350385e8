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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatNumber(41.26), "41.3");
 * assertEquals(formatNumber(0.00012), "0.000120");
 * assertEquals(formatNumber(1234567), "1,234,567");
 * assertEquals(formatNumber(-9.96, 2), "−10");
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0.25, 3.14159, 1e-7].map(formatShort), ["0.25", "3.14", "1e−7"]);
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([1, 2].map((number) => formatCount(number, "workload")), ["1 workload", "2 workloads"]);
 * assertEquals(formatCount(0, "match", "matches"), "0 matches");
 * ```
 */
export function formatCount(number: number, noun: string, plural: string = `${noun}s`): string {
  return `${formatWhole(number)} ${number === 1 ? noun : plural}`;
}

/**
 * A share as a percentage without trailing zeros.
 *
 * @example
 * ```ts
 * import { formatPercent } from "./numbers.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0.05, 0.0814, 1.234].map((share) => formatPercent(share)), ["5 %", "8.1 %", "123 %"]);
 * assertEquals(formatPercent(0.96094, 3), "96.1 %");
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(`${formatRatio(1.349)}x as fast`, "1.35x as fast");
 * assertEquals([0.0557, 31.2, 118.4].map(formatRatio), ["0.056", "31", "118"]);
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatInterval(41.237, 40.91, 42.3), { value: "41.2", low: "40.9", high: "42.3" });
 * ```
 */
export function formatInterval(value: number, low: number, high: number): IntervalText {
  // A single sample has an interval without width, and yet is not exact.
  const width = value === 0 || high === low ? 0.1 : (high - low) / Math.abs(value);
  const decimals = decimalsOf(value, width < 0.002 ? 4 : width < 0.2 ? 3 : 2);
  return { value: fixed(value, decimals), low: fixed(low, decimals), high: fixed(high, decimals) };
}
