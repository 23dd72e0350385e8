/**
 * Scales of the plots: where a value stands between two ends, on a logarithmic
 * axis, and which values are named there. Pure functions, drawn by plot.tsx.
 *
 * @module
 */
import { formatNumber, formatShort } from "../../common/numbers.ts";

/** A named place of an axis. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** An axis: where values stand, in units of the picture. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly Tick[];
  /** Where `value` stands; what is beyond an end stands at it. */
  at(value: number): number;
}

/** A logarithmic axis, which also knows where positive values beyond its ends would stand. */
export interface LogScale extends Scale {
  beyond(value: number): number;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten, as one where digits would be long: `0.01`, `1`, `10⁻⁶`, `1,000`, `10⁵`. */
export function powerText(exponent: number): string {
  if (exponent >= -2 && exponent <= 4) return formatNumber(10 ** exponent, 1);
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]);
  return `10${exponent < 0 ? "⁻" : ""}${digits.join("")}`;
}

/** The least and the greatest of the numbers that a logarithmic axis can show; null where there is none. */
export function extent(values: readonly number[]): readonly [number, number] | null {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!(value > 0 && value < Infinity)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high === 0 ? null : [low, high];
}

/** A logarithmic scale from `low` at `from` to `high` at `to`; 0 and less stand at `from`, infinity at `to`. */
export function logScale(low: number, high: number, from: number, to: number): LogScale {
  const [bottom, top] = [Math.log(low), Math.log(high)];
  const beyond = (value: number) =>
    from + (to - from) * (Math.log(value) - bottom) / (top - bottom);
  const at = (value: number) =>
    value > 0 ? clamp(beyond(value), Math.min(from, to), Math.max(from, to)) : from;
  const ticks = logTicks(low, high).map(({ at: value, label }) => ({ at: at(value), label }));
  return { from, to, ticks, at, beyond };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** More names than this do not fit an axis. */
const mostTicks = 7;

/** Powers of ten, as many as fit; where they are fewer than three, 2 and 5 times them too, or all digits. */
export function logTicks(low: number, high: number): Tick[] {
  // What rounding takes from a power of ten must not take its name.
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const count = last - first + 1;
  if (count < 3) {
    const some = digitTicks(low, high, [1, 2, 5]);
    const ticks = some.length >= 3 ? some : digitTicks(low, high, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    return ticks.length > mostTicks ? ticks.filter((_, i) => i % 2 === 0) : ticks;
  }
  const step = Math.ceil(count / mostTicks);
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent++) {
    if (exponent % step === 0) ticks.push({ at: 10 ** exponent, label: powerText(exponent) });
  }
  return ticks;
}

/** The values between `low` and `high` that have one of these digits and zeros. */
function digitTicks(low: number, high: number, digits: readonly number[]): Tick[] {
  const ticks: Tick[] = [];
  for (let exponent = Math.floor(Math.log10(low)); 10 ** exponent <= high; exponent++) {
    for (const digit of digits) {
      const value = digit * 10 ** exponent;
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      ticks.push({ at: value, label: formatShort(value) });
    }
  }
  return ticks;
}

/** Where finite float32 numbers stand by sign and exponent, from −max over 0 to max: the classes of a profile in order. */
export function classOrder(): number[] {
  const exponents = Array.from({ length: 255 }, (_, i) => i);
  return [...exponents.toReversed().map((exponent) => 256 + exponent), ...exponents];
}
