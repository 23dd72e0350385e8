/**
 * Writes the files of a bench run: its results and their table.
 *
 * @module
 */
import { join } from "node:path";
import { toCsv } from "./csv.ts";
import { writeWhole } from "./files.ts";
import { toJson } from "./json.ts";
import type { Results } from "./schema.ts";

/**
 * Writes results.json and results.csv into a folder that exists, each whole or
 * not at all; the result file first, so that no fault of another can lose it.
 *
 * @throws {FileError} where a file cannot be written.
 */
export async function writeResults(
  folder: string,
  results: Results,
): Promise<{ json: string; csv: string }> {
  const paths = { json: join(folder, "results.json"), csv: join(folder, "results.csv") };
  await writeWhole(paths.json, toJson(results));
  await writeWhole(paths.csv, toCsv(results));
  return paths;
}
