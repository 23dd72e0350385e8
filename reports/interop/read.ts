/**
 * Files of other tools, known by their fields.
 *
 * @module
 */
import { fromDenoBench, isDenoBench } from "./deno_bench.ts";
import type { ForeignRun } from "./foreign.ts";
import { fromGoogleBenchmark, isGoogleBenchmark } from "./from_google_benchmark.ts";
import { fromHyperfine, isHyperfine } from "./hyperfine.ts";

/**
 * What a value of JSON holds as a file of another tool; null where it looks
 * like none that is read.
 *
 * @throws {ResultFileError} where it looks like one and has wrong fields.
 */
export function foreignOf(value: unknown): ForeignRun | null {
  if (typeof value !== "object" || value === null) return null;
  if (isDenoBench(value)) return fromDenoBench(value);
  if (isGoogleBenchmark(value)) return fromGoogleBenchmark(value);
  return isHyperfine(value) ? fromHyperfine(value) : null;
}
