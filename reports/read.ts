/**
 * Reading a result file, whose name and content come from anywhere.
 *
 * @module
 */
import type { Results } from "./schema.ts";
import { maxText, parseResults, ResultFileError } from "./validate.ts";
import { FileError, reasonOf } from "./write.ts";

/**
 * The results of a run from its file.
 *
 * @throws {FileError} where it cannot be read.
 * @throws {ResultFileError} where it is no result file.
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
