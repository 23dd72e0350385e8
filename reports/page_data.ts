/**
 * A run as its page holds it: everything of the result file, with as many digits
 * as charts, tables and what is computed anew in the page can use. The digits that
 * go were never measured, and took half of the room.
 *
 * @module
 */
import type { Results } from "../results/schema.ts";

/** Of times and ratios. */
const digits = 5;

/** Of others: seconds since the start of the run, and what the machine did meanwhile. */
const digitsOf: Readonly<Record<string, number>> = { at: 7, cpu: 3, pressure: 3, others: 3 };

function shortened(value: unknown, places: number): unknown {
  if (typeof value === "number") {
    return Number.isInteger(value) || !Number.isFinite(value)
      ? value
      : Number(value.toPrecision(places));
  }
  if (Array.isArray(value)) return value.map((item) => shortened(item, places));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, item],
    ) => [key, shortened(item, Object.hasOwn(digitsOf, key) ? digitsOf[key]! : digits)]),
  );
}

/**
 * The run with times at five digits; whole numbers, such as shapes and counts, as they are.
 *
 * @example
 * ```ts
 * import { shortNumbers } from "./page_data.ts";
 * import { sampleResults } from "../results/sample_testing.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const run = sampleResults();
 * const [before, after] = [run, shortNumbers(run)].map(({ results }) => results[0]?.seconds?.median);
 * assertAlmostEquals(after! / before!, 1, 1e-4);
 * ```
 */
export function shortNumbers(results: Results): Results {
  return shortened(results, digits) as Results;
}
