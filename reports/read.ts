/**
 * Reading a result file, whose name and content come from anywhere. Which kind
 * it is, of the bench or of the verifier, its schema says.
 *
 * @module
 */
import { maxText, parseFields, requireSchema, ResultFileError } from "./fields.ts";
import { FileError, reasonOf } from "./files.ts";
import { olderSchemas, type Results, schema } from "./schema.ts";
import { parseResults, resultsOf } from "./validate.ts";
import { type VerificationReport, verificationSchema } from "./verification/schema.ts";
import { verificationOf } from "./verification/validate.ts";

/** What a file holds: the results of the bench, or of the verifier. */
export type ReportFile =
  | { readonly results: Results; readonly verification?: never }
  | { readonly verification: VerificationReport; readonly results?: never };

/**
 * The results of the bench or of the verifier from their file.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file.
 */
export async function readReportFile(path: string): Promise<ReportFile> {
  const file = parseFields(await readText(path));
  return requireSchema(file, schema, ...olderSchemas, verificationSchema) === verificationSchema
    ? { verification: verificationOf(file) }
    : { results: resultsOf(file) };
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
