/**
 * What the fields of a result file must say together: each thing once, a summary
 * that its own samples give, a date that there is. A file in which they disagree
 * was put together or edited by hand, and no part of it can be believed.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { fail } from "./fields.ts";
import type { Result, Results } from "./schema.ts";
import { workloadName } from "./query.ts";

/** How far, relatively, a number may be from what others give: files may be rounded. */
const tolerance = 1e-3;

function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected);
}

/**
 * Whether a text is a moment of the calendar as files have it: ISO 8601 in UTC.
 *
 * @example
 * ```ts
 * import { isMoment } from "./consistency.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["2026-02-28T09:30:12.000Z", "2026-02-31T09:30:12Z"].map(isMoment), [true, false]);
 * ```
 */
export function isMoment(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return false;
  const time = Date.parse(text);
  // JavaScript takes February 31 for March 3.
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19) === text.slice(0, 19);
}

/**
 * Refuses the date of a file where there is no such moment.
 *
 * @throws {ResultFileError}
 */
export function checkDate(date: string): void {
  if (isMoment(date)) return;
  fail(
    "date",
    `is ${quote(date, 40)}; it must be a time of the calendar in UTC, as 2026-03-01T09:30:12.000Z`,
  );
}

/**
 * Refuses a file whose parts contradict each other.
 *
 * @throws {ResultFileError}
 */
export function checkConsistency(
  { date, results, verdicts = [], noise, launches = 1 }: Results,
): void {
  checkDate(date);
  each(results, "results", ({ kernel }) => [kernel]);
  each(verdicts, "verdicts", ({ kernel, baseline }) => [kernel, baseline]);
  each(noise?.controls ?? [], "noise.controls", ({ kernel }) => [kernel]);
  const shapes = new Map<string, string>();
  for (const [i, result] of results.entries()) {
    const name = workloadName(result);
    const shape = `${result.m} x ${result.n} x ${result.k}`;
    const known = shapes.get(name) ?? shape;
    if (known !== shape) {
      fail(`results[${i}].workload`, `is ${quote(name)} of ${shape}; before it had ${known}`);
    }
    shapes.set(name, shape);
    checkSamples(result, `results[${i}]`, launches);
  }
}

/** Refuses a second entry of the same names on the same workload and pass. */
function each<T extends Pick<Result, "workload" | "pass">>(
  entries: readonly T[],
  place: string,
  namesOf: (entry: T) => readonly string[],
): void {
  const known = new Map<string, number>();
  for (const [i, entry] of entries.entries()) {
    const names = namesOf(entry);
    const key = JSON.stringify([...names, entry.workload, entry.pass]);
    const before = known.get(key);
    if (before !== undefined) {
      const what = names.map((name) => quote(name)).join(" against ");
      fail(
        `${place}[${i}]`,
        `is ${what} on ${
          quote(workloadName(entry))
        } again, as ${place}[${before}]; each may be there once`,
      );
    }
    known.set(key, i);
  }
}

/** Refuses a time that the medians of the rounds do not give, and medians that the samples do not give. */
function checkSamples(
  { seconds, roundMedians, measurements }: Result,
  place: string,
  launches: number,
): void {
  if (seconds === null) {
    if (roundMedians.length > 0) {
      fail(`${place}.roundMedians`, "must be empty where seconds is null");
    }
    return;
  }
  if (roundMedians.length === 0) {
    fail(`${place}.roundMedians`, "is empty, but seconds is not null");
  }
  const sorted = roundMedians.toSorted((a, b) => a - b);
  const [least, greatest] = [sorted[0]!, sorted.at(-1)!];
  const expect = (key: "median" | "min", expected: number) => {
    if (isNear(seconds[key], expected)) return;
    fail(
      `${place}.seconds.${key}`,
      `is ${seconds[key]}; by roundMedians it is ${expected.toPrecision(6)}`,
    );
  };
  expect("median", middleOf(sorted));
  expect("min", least);
  // An interval over several launches may end beyond them.
  for (const key of launches > 1 ? [] : ["low", "high"] as const) {
    if (seconds[key] >= least * (1 - tolerance) && seconds[key] <= greatest * (1 + tolerance)) {
      continue;
    }
    fail(
      `${place}.seconds.${key}`,
      `is ${seconds[key]}; it must lie among roundMedians, from ${least} to ${greatest}`,
    );
  }
  if (measurements === undefined) return;
  const empty = measurements.findIndex(({ samples }) => samples.length === 0);
  if (empty >= 0) fail(`${place}.measurements[${empty}].samples`, "is empty");
  const counted = measurements.flatMap(({ samples, replaced }) =>
    replaced === undefined ? [middleOf(samples.toSorted((a, b) => a - b))] : []
  ).sort((a, b) => a - b);
  if (counted.length !== sorted.length) {
    fail(
      `${place}.roundMedians`,
      `has ${sorted.length}, but ${counted.length} measurements count`,
    );
  }
  const at = counted.findIndex((median, i) => !isNear(sorted[i]!, median));
  if (at >= 0) {
    fail(
      `${place}.roundMedians`,
      `has ${sorted[at]}, where the samples of the measurements give ${
        counted[at]!.toPrecision(6)
      }`,
    );
  }
}

/** The median of sorted values; NaN without values. */
function middleOf(sorted: readonly number[]): number {
  const last = sorted.length - 1;
  return ((sorted[Math.floor(last / 2)] ?? NaN) + (sorted[Math.ceil(last / 2)] ?? NaN)) / 2;
}
