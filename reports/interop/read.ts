/**
 * Files of other tools, known by their fields.
 *
 * @module
 */
import { fromDenoBench, isDenoBench } from "./deno_bench.ts";
import type { ForeignRun } from "./foreign.ts";
import { fromGoogleBenchmark, isGoogleBenchmark } from "./google_benchmark.ts";
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

/**
 * `text` with null for every bare NaN and Infinity, which Google Benchmark
 * writes although JSON has neither; texts within stay as they are.
 */
export function withoutBareNumbers(text: string): string {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const quote = text.indexOf('"', from);
    const end = quote < 0 ? text.length : quote;
    const bare = text.slice(from, end);
    // Of millions of parts few have any: looking is cheaper than replacing.
    const found = bare.includes("NaN") || bare.includes("Infinity");
    parts.push(found ? bare.replaceAll(/-?\b(?:NaN|Infinity)\b/g, "null") : bare);
    from = quote < 0 ? end : closing(text, quote) + 1;
    parts.push(text.slice(end, from));
  }
  return parts.join("");
}

/** Where the text that starts at `quote` ends: at a quote behind an even number of backslashes. */
function closing(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
