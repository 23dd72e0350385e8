/**
 * Reading a result file, whose name and content come from anywhere. Which kind
 * it is, of the bench, of the verifier or of another tool, its fields say.
 *
 * @module
 */
import {
  fail,
  Fields,
  maxText,
  parseJson,
  requireSchema,
  ResultFileError,
} from "../results/fields.ts";
import { FileError, reasonOf } from "../results/files.ts";
import type { ForeignRun } from "./interop/foreign.ts";
import { isGoogleBenchmark } from "./interop/google_benchmark.ts";
import { foreignOf, withoutBareNumbers } from "./interop/read.ts";
import { olderSchemas, type Results, schema } from "../results/schema.ts";
import { parseResults, resultsOf } from "../results/validate.ts";
import { type VerificationReport, verificationSchema } from "../results/verification/schema.ts";
import { verificationOf } from "../results/verification/validate.ts";

/** What a file holds: the results of the bench, of the verifier, or of another tool. */
export type ReportFile =
  | { readonly kind: "results"; readonly results: Results }
  | { readonly kind: "verification"; readonly verification: VerificationReport }
  | { readonly kind: "foreign"; readonly foreign: ForeignRun };

/**
 * What a file holds.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file.
 */
export async function readReportFile(path: string): Promise<ReportFile> {
  return reportFileOf(await readText(path));
}

/**
 * What the text of a file holds.
 *
 * @throws {ResultFileError} where it is no result file.
 */
export function reportFileOf(text: string): ReportFile {
  const value = lenient(text);
  const own = typeof value === "object" && value !== null && "schema" in value;
  const foreign = own ? null : foreignOf(value);
  if (foreign !== null) return { kind: "foreign", foreign };
  if (!own) {
    fail(
      "the file",
      "has no schema, and is no file of Google Benchmark, hyperfine or deno bench --json either",
    );
  }
  const file = new Fields(value, "");
  return requireSchema(file, schema, ...olderSchemas, verificationSchema) === verificationSchema
    ? { kind: "verification", verification: verificationOf(file) }
    : { kind: "results", results: resultsOf(file) };
}

/** The value of a text; bare NaN and Infinity are forgiven in files of Google Benchmark alone. */
function lenient(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (text.length > maxText || !/\b(?:NaN|Infinity)\b/.test(text)) throw error;
    let value: unknown;
    try {
      value = parseJson(withoutBareNumbers(text));
    } catch {
      throw error;
    }
    if (typeof value === "object" && value !== null && isGoogleBenchmark(value)) return value;
    throw error;
  }
}

/**
 * The results of the bench from their file.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file of the bench.
 */
export async function readResults(path: string): Promise<Results> {
  return parseResults(await readText(path));
}

async function readText(path: string): Promise<string> {
  try {
    // Bytes are not fewer than characters: what has too many need not be read.
    const { size } = await Deno.stat(path);
    if (size > 4 * maxText) throw new ResultFileError(`${JSON.stringify(path)} is too large`);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof ResultFileError) throw error;
    throw new FileError(`cannot read ${JSON.stringify(path)}: ${reasonOf(error)}`);
  }
}
