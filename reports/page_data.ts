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

/** Of others: seconds since the start of the run, what the machine did meanwhile, and warm-up, which is drawn alone. */
const digitsOf: Digits = { at: 7, cpu: 3, pressure: 3, others: 3, trace: 3 };

/** Of runs with more results than this samples, single calls and warm-up have a digit less, which is still finer than any of them is exact. */
const manyResults = 400;

const ofMany: Digits = { samples: 4, calls: 4, trace: 2 };

type Digits = Readonly<Record<string, number>>;

function shortened(value: unknown, places: number, digitsOf: Digits): unknown {
  if (typeof value === "number") {
    return Number.isInteger(value) || !Number.isFinite(value)
      ? value
      : Number(value.toPrecision(places));
  }
  if (Array.isArray(value)) return value.map((item) => shortened(item, places, digitsOf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, item],
    ) => [key, shortened(item, Object.hasOwn(digitsOf, key) ? digitsOf[key]! : digits, digitsOf)]),
  );
}

/**
 * The run with times at five digits, of warm-up at three, and of very many results samples and single calls at four and warm-up at two; whole numbers, such as shapes and counts, as they are.
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
  const many = results.results.length > manyResults;
  return shortened(results, digits, many ? { ...digitsOf, ...ofMany } : digitsOf) as Results;
}
