/**
 * The runs of a calibration as lines of JSON, each written when its run has
 * ended, so that an interruption loses one run at most: the first line says what
 * all have in common, and runs of anything else are refused.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../../common/command.ts";
import type { JsonFields } from "../../common/json_fields.ts";
import { quotePath } from "../../common/text.ts";
import {
  type Calibration,
  type CalibrationRun,
  calibrationSchema,
  type CalibrationSettings,
  type Compared,
  effectKinds,
  loads,
} from "../../results/calibration/schema.ts";
import { appendLine, type JournalLines, openLines, parseLines } from "../../results/journal.ts";
import { passes } from "../../results/schema.ts";
import { environmentOf } from "../../results/validate.ts";

/** What all runs have in common. */
export type Head = Pick<Calibration, "schema" | "date" | "command" | "environment" | "settings">;

/** What was found in a journal. */
export interface Journal {
  readonly head: Head;
  readonly runs: readonly CalibrationRun[];
}

const title = "the calibration";
const mostBytes = 256 * 2 ** 20;

/** Where the journal of a folder is. */
export function journalPath(folder: string): string {
  return join(folder, "runs.jsonl");
}

function settings(fields: JsonFields): CalibrationSettings {
  return {
    bench: fields.texts("bench"),
    workloads: fields.texts("workloads"),
    code: fields.text("code"),
  };
}

function compared(fields: JsonFields): Compared {
  const end = (key: string) => fields.optional(key, (f, key) => f.unbounded(key, 0));
  return {
    kernel: fields.text("kernel"),
    workload: fields.text("workload"),
    pass: fields.choice("pass", passes),
    ratio: fields.number("ratio", 0),
    low: end("low"),
    high: end("high"),
    verdict: fields.optional("verdict", (f, key) => f.text(key)),
  };
}

function run(fields: JsonFields): CalibrationRun {
  return {
    id: fields.text("id"),
    effect: fields.text("effect"),
    kind: fields.choice("kind", effectKinds),
    load: fields.choice("load", loads),
    changed: fields.optional("changed", (f, key) => f.text(key)),
    date: fields.text("date"),
    seconds: fields.number("seconds", 0),
    code: fields.count("code", 0),
    ...fields.absent("confirmed", (f, key) => f.text(key)),
    failure: fields.optional("failure", (f, key) => f.text(key)),
    controls: fields.list("controls", compared),
    versions: fields.list("versions", compared),
    exceeded: fields.optional("exceeded", (f, key) => f.texts(key)),
    named: fields.optional("named", (f, key) => f.flag(key)),
  };
}

/** A line; numbers without bound are written as the reader of JSON takes them for infinity. */
export function lineOf(value: Head | CalibrationRun): string {
  const marked = JSON.stringify(value, (_, field) => field === Infinity ? "\u0000∞" : field);
  return `${marked.replaceAll('"\\u0000∞"', "1e999")}\n`;
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
  first.schema(calibrationSchema);
  return {
    head: {
      schema: calibrationSchema,
      date: first.text("date"),
      command: first.text("command"),
      environment: environmentOf(first.object("environment")),
      settings: settings(first.object("settings")),
    },
    runs: others.map(run),
  };
}

/**
 * Opens the journal of a folder: the one that is there, if it is of the same
 * code and settings, else a new one with this head.
 *
 * @throws {UsageError} where the one that is there is of something else.
 */
export async function openJournal(folder: string, head: Head): Promise<Journal> {
  const read = (lines: JournalLines): Journal => {
    const journal = journalOf(lines);
    const [old, now] = [journal.head.settings, head.settings];
    const different = old.code !== now.code
      ? "other code"
      : JSON.stringify(old) !== JSON.stringify(now)
      ? `other settings (${old.bench.join(" ")})`
      : null;
    if (different === null) return journal;
    throw new UsageError(
      `${quotePath(folder)} has a calibration of ${different}; choose another folder with --out`,
    );
  };
  const file = { path: journalPath(folder), title, mostBytes };
  return await openLines(file, lineOf(head), read) ?? { head, runs: [] };
}

/** Adds a run. */
export async function appendRun(folder: string, run: CalibrationRun): Promise<void> {
  await appendLine(journalPath(folder), lineOf(run));
}
