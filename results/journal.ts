/**
 * A file of lines of JSON, each written when what it tells of is done, so that an
 * interruption loses what was at hand alone. The first line says what all have in
 * common; a last line that was cut off is left out.
 *
 * @module
 */
import { failWith, type JsonFields, parseFields } from "../common/json_fields.ts";
import { quotePath } from "../common/text.ts";
import { ResultFileError } from "./fields.ts";
import { FileError, readText, reasonOf, writeWhole } from "./files.ts";

/** What a journal is called in messages, and how long it may be. */
export interface JournalFile {
  readonly path: string;
  /** As in "Cannot read line 2 of the calibration". */
  readonly title: string;
  readonly mostBytes: number;
}

/** The lines of a journal. */
export interface JournalLines {
  readonly first: JsonFields;
  readonly others: readonly JsonFields[];
}

/**
 * What the text of a journal says.
 *
 * @throws {ResultFileError} where it is none.
 */
export function parseLines(text: string, title: string): JournalLines {
  const lines = text.split("\n");
  // What follows the last end of a line was not written whole.
  lines.pop();
  const [first, ...others] = lines.map((line, i) =>
    parseFields(line, failWith(ResultFileError, `Cannot read line ${i + 1} of ${title}`))
  );
  if (first === undefined) throw new ResultFileError(`Cannot read ${title}: the file is empty.`);
  return { first, others };
}

/**
 * Reads a journal that is there, or begins one with the line `head` and returns
 * null; `read` may refuse what is there, before anything is written.
 */
export async function openLines<Journal>(
  { path, title, mostBytes }: JournalFile,
  head: string,
  read: (lines: JournalLines) => Journal,
): Promise<Journal | null> {
  if (!await Deno.stat(path).then(() => true, () => false)) {
    await writeWhole(path, head);
    return null;
  }
  const text = await readText(path, mostBytes);
  const journal = read(parseLines(text, title));
  // Else the next line would be joined to one that was cut off.
  if (!text.endsWith("\n")) await writeWhole(path, text.slice(0, text.lastIndexOf("\n") + 1));
  return journal;
}

/** Adds a line. */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, line, { append: true });
  } catch (error) {
    throw new FileError(`cannot write ${quotePath(path)}: ${reasonOf(error)}`);
  }
}
