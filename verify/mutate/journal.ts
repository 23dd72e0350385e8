/**
 * The mutants of a run as lines of JSON, each written when it is done, so that
 * an interruption loses those at hand alone. The first line says what all have
 * in common; mutants of other code are refused.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../../common/command.ts";
import { failWith, parseFields } from "../../common/json_fields.ts";
import { quotePath } from "../../common/text.ts";
import { ResultFileError } from "../../results/fields.ts";
import { readText, writeWhole } from "../../results/files.ts";
import { mutantOf, settingsOf } from "../../results/mutation/fields.ts";
import { type MutantRecord, type Mutation, mutationSchema } from "../../results/mutation/schema.ts";
import { environmentOf } from "../../results/validate.ts";

/** What all mutants of a run have in common. */
export type Head = Pick<
  Mutation,
  "schema" | "date" | "command" | "environment" | "engine" | "settings"
>;

/** What was found in a journal. */
export interface Journal {
  readonly head: Head;
  /** The mutants by their ids; of one that was tried again, the last. */
  readonly mutants: ReadonlyMap<string, MutantRecord>;
}

const mostBytes = 512 * 2 ** 20;

/** Where the journal of a folder is. */
export function journalPath(folder: string): string {
  return join(folder, "mutants.jsonl");
}

/** A line. */
export function lineOf(value: Head | MutantRecord): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * What the text of a journal says. A last line that was cut off is left out.
 *
 * @throws {ResultFileError} where it is no journal.
 */
export function parseJournal(text: string): Journal {
  const lines = text.split("\n");
  // What follows the last end of a line was not written whole.
  lines.pop();
  const [first, ...others] = lines.map((line, i) =>
    parseFields(line, failWith(ResultFileError, `Cannot read line ${i + 1} of the mutants`))
  );
  if (first === undefined) throw new ResultFileError("Cannot read the mutants: the file is empty.");
  first.schema(mutationSchema);
  return {
    head: {
      schema: mutationSchema,
      date: first.text("date"),
      command: first.text("command"),
      environment: environmentOf(first.object("environment")),
      engine: first.text("engine"),
      settings: settingsOf(first.object("settings")),
    },
    mutants: new Map(others.map((fields) => mutantOf(fields)).map((one) => [one.id, one])),
  };
}

/**
 * Opens the journal of a folder: the one that is there, if it is of the same
 * code and seed, else a new one with this head.
 *
 * @throws {UsageError} where the one that is there is of something else.
 */
export async function openJournal(folder: string, head: Head): Promise<Journal> {
  const path = journalPath(folder);
  if (!await Deno.stat(path).then(() => true, () => false)) {
    await Deno.writeTextFile(path, lineOf(head));
    return { head, mutants: new Map() };
  }
  const text = await readText(path, mostBytes);
  const journal = parseJournal(text);
  const [old, now] = [journal.head.settings, head.settings];
  const different = old.code !== now.code
    ? "other code"
    : old.seed !== now.seed
    ? `another seed (${old.seed})`
    : null;
  if (different !== null) {
    throw new UsageError(
      `${quotePath(folder)} has mutants of ${different}; choose another folder with --out`,
    );
  }
  // Else the next line would be joined to one that was cut off.
  if (!text.endsWith("\n")) await writeWhole(path, text.slice(0, text.lastIndexOf("\n") + 1));
  return journal;
}

/** Adds a mutant. */
export async function appendMutant(folder: string, mutant: MutantRecord): Promise<void> {
  await Deno.writeTextFile(journalPath(folder), lineOf(mutant), { append: true });
}
