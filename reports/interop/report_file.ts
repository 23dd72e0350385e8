/**
 * Reading the files of a report. Whether one is of the bench, of the verifier
 * or of another tool, its fields say.
 *
 * @module
 */
import { withoutBareNumbers } from "../../common/bare_numbers.ts";
import { JsonFields, mostCharacters, parseJson } from "../../common/json_fields.ts";
import { fail } from "../../results/fields.ts";
import { readAs, type ResultFile, resultFileOf } from "../../results/read.ts";
import type { ForeignRun } from "./foreign.ts";
import { isGoogleBenchmark } from "./from_google_benchmark.ts";
import { foreignOf } from "./read.ts";

/** What a file holds: results of Densemark, or of another tool. */
export type ReportFile = ResultFile | { readonly kind: "foreign"; readonly foreign: ForeignRun };

/**
 * What a file holds.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file.
 */
export async function readReportFile(path: string): Promise<ReportFile> {
  return await readAs(path, reportFileOf);
}

/**
 * What the text of a file holds.
 *
 * @throws {ResultFileError} where it is no result file.
 */
export function reportFileOf(text: string): ReportFile {
  const value = lenient(text);
  if (typeof value === "object" && value !== null && "schema" in value) {
    return resultFileOf(new JsonFields(value, fail));
  }
  const foreign = foreignOf(value);
  if (foreign !== null) return { kind: "foreign", foreign };
  return fail(
    "the file",
    "has no schema, and is no file of Google Benchmark, hyperfine or deno bench --json either",
  );
}

/** The value of a text; bare NaN and Infinity are forgiven in files of Google Benchmark alone. */
function lenient(text: string): unknown {
  try {
    return parseJson(text, fail);
  } catch (error) {
    if (text.length > mostCharacters || !/\b(?:NaN|Infinity|nan|inf)\b|%/.test(text)) throw error;
    let value: unknown;
    try {
      value = parseJson(withoutBareNumbers(text), fail);
    } catch {
      throw error;
    }
    if (typeof value === "object" && value !== null && isGoogleBenchmark(value)) return value;
    throw error;
  }
}
