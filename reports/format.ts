/**
 * What pages and exports say of a result in numbers: throughputs and times with
 * their intervals, dates.
 *
 * @module
 */
import { formatInterval, type IntervalText } from "../common/numbers.ts";
import { timeUnit } from "../common/units.ts";
import type { Seconds } from "../results/schema.ts";

/** A throughput in GFLOP/s with its interval. */
export interface Throughput {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A throughput with its interval, in one line: `41.3 (40.9–41.8)`. */
export function throughputText(throughput: Throughput): string {
  const { value, low, high } = formatInterval(throughput.value, throughput.low, throughput.high);
  return `${value} (${low}–${high})`;
}

/** The throughput of so many operations in the median time, and in the ends of its interval. */
export function throughput(flops: number, seconds: Seconds): Throughput {
  const rate = (time: number) => flops / time / 1e9;
  // The longest time is the lowest speed.
  return { value: rate(seconds.median), low: rate(seconds.high), high: rate(seconds.low) };
}

/** A time with its interval, in one unit. */
export function timeInterval(
  { median, low, high }: Pick<Seconds, "median" | "low" | "high">,
): IntervalText & { readonly unit: string } {
  const [unit, size] = timeUnit(median);
  return { ...formatInterval(median / size, low / size, high / size), unit };
}

/** Letters that are written from right to left. */
const fromTheRight =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * A sentence in which names that are written from right to left keep to themselves (Unicode's
 * isolates), so that the words beside them stay where they are.
 *
 * @example
 * ```ts
 * import { isolated } from "./format.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isolated("naive on 2", ["naive"]), "naive on 2");
 * assertEquals(isolated("ליבה on 2", ["ליבה"]), "\u2068ליבה\u2069 on 2");
 * ```
 */
export function isolated(sentence: string, names: Iterable<string>): string {
  const some = new Set([...names].filter((name) => fromTheRight.test(name)));
  return [...some].reduce((text, name) => text.replaceAll(name, `\u2068${name}\u2069`), sentence);
}

/** A commit as pages show it: twelve digits, and whether files differ from it. */
export function formatCommit(commit: string): string {
  return commit.slice(0, "0123456789ab-dirty".length);
}

/** A date in UTC as `2026-03-01 09:30 UTC`; anything that is no date stays as it is. */
export function formatDate(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(iso);
  return match && iso.endsWith("Z") ? `${match[1]} ${match[2]} UTC` : iso;
}
