/**
 * Writes the files of a bench run: its results and their table.
 *
 * @module
 */
import { join } from "node:path";
import { toCsv } from "./csv.ts";
import { writeEach, writeWhole, type Written } from "./files.ts";
import { toJson } from "./json.ts";
import type { Results } from "./schema.ts";

/**
 * Writes results.json and results.csv into a folder that exists, each whole or
 * not at all; the result file first, and neither can keep the other from being
 * written.
 */
export async function writeResults(
  folder: string,
  results: Results,
  write = writeWhole,
): Promise<Written> {
  return await writeEach([
    [join(folder, "results.json"), toJson(results)],
    [join(folder, "results.csv"), toCsv(results)],
  ], write);
}
