/**
 * Times and sizes for people: the unit that keeps the number short, and no more
 * digits than a reader uses.
 *
 * @module
 */
import { formatNumber, formatWhole, withoutZeros } from "./numbers.ts";

/** A unit and how much of the basic one it is. */
export type Unit = readonly [name: string, size: number];

const units: readonly Unit[] = [["s", 1], ["ms", 1e-3], ["µs", 1e-6], ["ns", 1e-9]];

/** The unit in which a time of so many seconds is 1 or more. */
export function timeUnit(seconds: number): Unit {
  return units.find(([, size]) => seconds >= size) ?? ["ns", 1e-9];
}

/**
 * A measured time, three digits and the unit that fits.
 *
 * @example
 * ```ts
 * import { formatTime } from "./units.ts";
 *
 * const texts = [1.5, 2.5e-3, 3e-6].map(formatTime).join(", ");
 * if (texts !== "1.50 s, 2.50 ms, 3.00 µs") throw new Error(texts);
 * ```
 */
export function formatTime(seconds: number): string {
  const [name, size] = timeUnit(seconds);
  return `${formatNumber(seconds / size)} ${name}`;
}

/**
 * How long a run took.
 *
 * @example
 * ```ts
 * import { formatDuration } from "./units.ts";
 *
 * const texts = [1.5, 42, 83.4, 3725].map(formatDuration).join(", ");
 * if (texts !== "1.50 s, 42 s, 1 min 23 s, 1 h 2 min") throw new Error(texts);
 * ```
 */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return formatTime(seconds);
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor(total % 3600 / 60)} min`;
}

/**
 * How long a run may still take: coarse, since it is an estimate, and rounded
 * up, so that it is not 0 before the end.
 *
 * @example
 * ```ts
 * import { formatTimeLeft } from "./units.ts";
 *
 * const texts = [39.2, 700, 11_000].map(formatTimeLeft).join(", ");
 * if (texts !== "40 s, 12 min, 3 h 4 min") throw new Error(texts);
 * ```
 */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const sizes: readonly Unit[] = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];

/**
 * Memory in the largest unit of which there is one, three digits without trailing zeros.
 *
 * @example
 * ```ts
 * import { formatBytes } from "./units.ts";
 *
 * const texts = [512, 5376, 2 ** 33].map(formatBytes).join(", ");
 * if (texts !== "512 bytes, 5.25 KiB, 8 GiB") throw new Error(texts);
 * ```
 */
export function formatBytes(bytes: number): string {
  const [name, size] = sizes.find(([, size]) => bytes >= size) ?? ["bytes", 1];
  if (size === 1) return `${formatWhole(bytes)} bytes`;
  return `${withoutZeros(formatNumber(bytes / size))} ${name}`;
}
