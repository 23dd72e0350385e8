/**
 * How numbers are written for people: as many digits as their uncertainty
 * supports, a unit that keeps them short, a true minus sign. The exact numbers
 * are in the result file.
 *
 * @module
 */
import type { Seconds } from "../results/schema.ts";

/** A value and its interval as texts with the same decimals and, for times, the same unit. */
export interface Interval {
  readonly value: string;
  readonly low: string;
  readonly high: string;
}

/** A throughput in GFLOP/s with its interval. */
export interface Throughput {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `value` with `digits` significant digits, never in exponent notation, thousands set apart. */
export function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return fixed(value, Math.min(decimals, 20));
}

/** A short form for pictures and running text: at most three significant digits, no trailing zeros. */
export function short(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) {
    return minus(Number(value.toPrecision(2)).toExponential());
  }
  return minus(String(Number(value.toPrecision(3))));
}

/** A whole number with its thousands set apart. */
export function whole(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/**
 * A value and the ends of its interval, all with the decimals that the width
 * of the interval supports: two, three or four significant digits of the value.
 */
export function interval(value: number, low: number, high: number): Interval {
  // A single sample has an interval without width, and yet is not exact.
  const width = value === 0 || high === low ? 0.1 : (high - low) / Math.abs(value);
  const digits = width < 0.002 ? 4 : width < 0.2 ? 3 : 2;
  const decimals = value === 0
    ? 0
    : Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value)))));
  return { value: fixed(value, decimals), low: fixed(low, decimals), high: fixed(high, decimals) };
}

/** A throughput with its interval, in one line: `41.3 (40.9–41.8)`. */
export function throughputText(throughput: Throughput): string {
  const { value, low, high } = interval(throughput.value, throughput.low, throughput.high);
  return `${value} (${low}–${high})`;
}

/** 2·m·n·k / seconds / 1e9 of the median, and of the ends of its interval. */
export function throughput(flops: number, seconds: Seconds): Throughput {
  const rate = (time: number) => flops / time / 1e9;
  // The longest time is the lowest speed.
  return { value: rate(seconds.median), low: rate(seconds.high), high: rate(seconds.low) };
}

const units = [["s", 1], ["ms", 1e-3], ["µs", 1e-6], ["ns", 1e-9]] as const;

/** The unit in which a time of `seconds` is one or more, and that unit in seconds. */
function unit(seconds: number): readonly [string, number] {
  return units.find(([, size]) => seconds >= size) ?? units[3];
}

/** A time with its interval, in one unit. */
export function timeInterval(seconds: Seconds): Interval & { readonly unit: string } {
  const [name, size] = unit(seconds.median);
  const { median, low, high } = seconds;
  return { ...interval(median / size, low / size, high / size), unit: name };
}

/** A time of three significant digits with its unit: `1.23 ms`. */
export function time(seconds: number): string {
  const [name, size] = unit(seconds);
  return `${significant(seconds / size, 3)} ${name}`;
}

/** A duration that somebody waited for: `42 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return time(seconds);
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor(total % 3600 / 60)} min`;
}

/** Memory in the largest unit of which there is one: `5.25 KiB`, `8.00 GiB`. */
export function memory(bytes: number): string {
  if (bytes < 2 ** 10) return `${whole(bytes)} bytes`;
  const [unit, name] = bytes >= 2 ** 30
    ? [2 ** 30, "GiB"] as const
    : bytes >= 2 ** 20
    ? [2 ** 20, "MiB"] as const
    : [2 ** 10, "KiB"] as const;
  return `${significant(bytes / unit, 3)} ${name}`;
}

/** Bytes as people write them: 32 KiB. */
export function byteText(bytes: number): string {
  const [scale, unit] = bytes < 2 ** 20
    ? [2 ** 10, "KiB"]
    : bytes < 2 ** 30
    ? [2 ** 20, "MiB"]
    : [2 ** 30, "GiB"];
  return `${Number((bytes / scale).toPrecision(3))} ${unit}`;
}

/** How often one speed is another: `0.056`, `0.96`, `1.03`, `2.41`, `31`, `118`. */
export function ratio(value: number): string {
  return value >= 1 && value < 10 ? fixed(value, 2) : significant(value, value < 100 ? 2 : 3);
}

/** A date in UTC as `2026-03-01 09:30 UTC`; anything that is no date stays as it is. */
export function date(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(iso);
  return match && iso.endsWith("Z") ? `${match[1]} ${match[2]} UTC` : iso;
}

/** `1 workload`, `2 workloads`. */
export function count(number: number, noun: string, plural: string = noun + "s"): string {
  return `${whole(number)} ${number === 1 ? noun : plural}`;
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
