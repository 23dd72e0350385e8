/**
 * Reading a result file that a reader gives to a page: it may be anything, of any
 * size. What is no result file ends in one line that says what was wrong.
 *
 * @module
 */
import { decodeText } from "../../common/decode.ts";
import { DensemarkError, errorLine } from "../../common/errors.ts";
import { quote } from "../../common/text.ts";
import { formatBytes } from "../../common/units.ts";
import { cleanResults } from "../../results/clean.ts";
import { ResultFileError } from "../../results/fields.ts";
import type { Results } from "../../results/schema.ts";
import { parseResults } from "../../results/validate.ts";
import { shortNumbers } from "../page_data.ts";
import { inWords } from "../engine_names.ts";
import { type Pair, pairOf, type Side } from "./findings.ts";

/** The most bytes that a page reads: a result file of 700 results with all samples has a third of that. */
export const mostBytes = 32 * 2 ** 20;

/** What is asked of a file; browsers' `File` has it. */
export interface FileLike {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The run in a file, cleaned, with as many digits as the page's own, compared with that.
 *
 * @throws {ResultFileError} where it is no result file of the bench, with its name in one line.
 */
export async function compareFile(
  file: FileLike,
  { id, old, letter }: { readonly id: string; readonly old: Side; readonly letter: string },
): Promise<Pair> {
  const results = await resultsOfFile(file);
  try {
    return pairOf(id, old, { letter, results });
  } catch (error) {
    throw named(file, error);
  }
}

async function resultsOfFile(file: FileLike): Promise<Results> {
  const refuse = (reason: string) => new ResultFileError(`${quote(file.name)}: ${reason}`);
  if (file.size > mostBytes) {
    throw refuse(
      `it has ${formatBytes(file.size)}; a page reads at most ${formatBytes(mostBytes)}, ` +
        "deno task report A.json B.json more",
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw refuse("it cannot be read; a folder must be given by the results.json in it");
  }
  const text = decodeText(bytes);
  if (text === null) throw refuse("it is no text; give a results.json");
  try {
    return shortNumbers(inWords(cleanResults(parseResults(text))));
  } catch (error) {
    throw named(file, error);
  }
}

/** The error of a file with its name; faults of the program stay what they are. */
function named({ name }: FileLike, error: unknown): unknown {
  if (!(error instanceof DensemarkError)) return error;
  return new ResultFileError(`${quote(name)}: ${errorLine(error)}`);
}
