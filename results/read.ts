/**
 * Reading a result file from disk: of the bench or of the verifier, which its
 * schema says. Wherever the file of a run is read, the folder of the run stands
 * for it.
 *
 * @module
 */
import { join } from "node:path";
import { type JsonFields, mostCharacters } from "../common/json_fields.ts";
import { UsageError } from "../common/command.ts";
import { quotePath } from "../common/text.ts";
import { ResultFileError } from "./fields.ts";
import { FileError, readText } from "./files.ts";
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

/** The name of the results in the folder of a run. */
export const resultsName = "results.json";

/**
 * The file that a path means: in the folder of a run its results.json, anything else by itself.
 *
 * @throws {FileError} where the folder has none.
 */
export async function resultsPath(path: string): Promise<string> {
  const isFolder = await Deno.stat(path).then((info) => info.isDirectory, () => false);
  if (!isFolder) return path;
  const inside = join(path, resultsName);
  const isMissing = await Deno.stat(inside).then(
    () => false,
    (error) => error instanceof Deno.errors.NotFound,
  );
  if (!isMissing) return inside;
  throw new FileError(
    `${quotePath(path)} is a folder without a ${resultsName}; give the folder of a run, as ` +
      "deno task bench makes it, or a file",
  );
}

/** What tells a file from others, whatever leads to it; null where there is none, or what is there holds nothing, as a pipe. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { isFile, dev, ino } = await Deno.stat(path);
    if (!isFile) return null;
    return ino === null ? await Deno.realPath(path) : `${dev} ${ino}`;
  } catch {
    return null;
  }
}

/**
 * Makes sure that a command does not write over a file that it is given to read.
 *
 * @param option the option that names the file to be written
 * @param inputs files, or folders of runs
 * @throws {UsageError} where it would.
 */
export async function expectOther(
  option: string,
  path: string,
  inputs: readonly string[],
): Promise<void> {
  const written = await identityOf(path);
  if (written === null) return;
  for (const input of inputs) {
    if (await identityOf(await resultsPath(input)) !== written) continue;
    throw new UsageError(
      `--${option} ${quotePath(path)} is the file to be read, which would be lost; name another`,
    );
  }
}

/**
 * What a reader makes of the text of a file that may be a result file; its
 * errors then name the file, of which a command may have been given several.
 *
 * @param given a file, or the folder of a run
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where the reader throws one.
 */
export async function readAs<T>(given: string, read: (text: string) => T): Promise<T> {
  const path = await resultsPath(given);
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
 * @param path the file, or the folder of the run
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
