/**
 * Reading a result file from disk: of the bench or of the verifier, which its
 * schema says.
 *
 * @module
 */
import { type JsonFields, mostCharacters } from "../common/json_fields.ts";
import { quotePath } from "../common/text.ts";
import { ResultFileError } from "./fields.ts";
import { readText } from "./files.ts";
import { olderSchemas, type Results, schema } from "./schema.ts";
import { parseResults, resultsOf } from "./validate.ts";
import {
  olderVerificationSchema,
  type VerificationReport,
  verificationSchema,
} from "./verification/schema.ts";
import { verificationOf } from "./verification/validate.ts";

/** What a result file of Densemark holds: the results of the bench, or of the verifier. */
export type ResultFile =
  | { readonly kind: "results"; readonly results: Results }
  | { readonly kind: "verification"; readonly verification: VerificationReport };

/**
 * The text of a file that may be a result file.
 *
 * @throws {FileError} where it cannot be read, or is too large to be one.
 */
export async function readResultText(path: string): Promise<string> {
  // A UTF-16 unit has at most three bytes in UTF-8: what has more need not be read.
  return await readText(path, 3 * mostCharacters);
}

/**
 * What a reader makes of the text of a file that may be a result file; its
 * errors then name the file, of which a command may have been given several.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where the reader throws one.
 */
export async function readAs<T>(path: string, read: (text: string) => T): Promise<T> {
  const text = await readResultText(path);
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof ResultFileError)) throw error;
    throw new ResultFileError(`${quotePath(path)}: ${error.message}`);
  }
}

/**
 * The results of the bench from their file.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file of the bench.
 */
export async function readResults(path: string): Promise<Results> {
  return await readAs(path, parseResults);
}

/**
 * What the fields of a file hold.
 *
 * @throws {ResultFileError} where it is no result file.
 */
export function resultFileOf(file: JsonFields): ResultFile {
  const verifications: readonly string[] = [verificationSchema, olderVerificationSchema];
  return verifications.includes(file.schema(schema, ...olderSchemas, ...verifications))
    ? { kind: "verification", verification: verificationOf(file) }
    : { kind: "results", results: resultsOf(file) };
}
