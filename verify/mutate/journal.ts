/**
 * The mutants of a run as lines of JSON, each written when it is done, so that
 * an interruption loses those at hand alone. The first line says what all have
 * in common; mutants of other code are refused.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../../common/command.ts";
import { quotePath } from "../../common/text.ts";
import { appendLine, type JournalLines, openLines, parseLines } from "../../results/journal.ts";
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

const title = "the mutants";
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
  return journalOf(parseLines(text, title));
}

function journalOf({ first, others }: JournalLines): Journal {
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
  const read = (lines: JournalLines): Journal => {
    const journal = journalOf(lines);
    const [old, now] = [journal.head.settings, head.settings];
    const different = old.code !== now.code
      ? "other code"
      : old.seed !== now.seed
      ? `another seed (${old.seed})`
      : null;
    if (different === null) return journal;
    throw new UsageError(
      `${quotePath(folder)} has mutants of ${different}; choose another folder with --out`,
    );
  };
  const file = { path: journalPath(folder), title, mostBytes };
  return await openLines(file, lineOf(head), read) ?? { head, mutants: new Map() };
}

/** Adds a mutant. */
export async function appendMutant(folder: string, mutant: MutantRecord): Promise<void> {
  await appendLine(journalPath(folder), lineOf(mutant));
}
