/**
 * What the commands have in common: options read by @std/cli, their help, one
 * line on standard error for what the user can correct, Ctrl-C, and exit codes:
 * 0 success, 1 failure of what was checked, 2 usage.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { yellow } from "@std/fmt/colors";
import { forStream } from "./colours.ts";
import { endings } from "./endings.ts";
import { DensemarkError, errorLine, errorText } from "./errors.ts";
import { isClosedPipe, isSystemError, reasonOf } from "./system_errors.ts";
import { alignColumns } from "./table.ts";
import { asSentence, cleanText, quote, wrapText } from "./text.ts";

/** A command line that cannot be followed; the message says what is allowed. */
export class UsageError extends DensemarkError {
  /** `"UsageError"`. */
  override name = "UsageError";
}

/** An option of a command: what its value is called in the help, or null for a switch; and sentences on what it does and what the default is. */
export interface Option {
  readonly value: string | null;
  readonly help: string;
}

/** The options that a command line gave: the text of each, `true` for switches, and the words besides. */
export interface Options {
  readonly given: ReadonlyMap<string, string | true>;
  readonly words: readonly string[];
}

// Every command has these two.
const common: Readonly<Record<string, Option>> = {
  help: { value: null, help: "Print this help." },
  trace: { value: null, help: "Print the stack trace of an error, for a report of a bug." },
};

/**
 * Reads a command line.
 *
 * @throws {UsageError} for an option that does not exist, one without its value, or a word where none is taken.
 */
export function readOptions(
  args: readonly string[],
  options: Readonly<Record<string, Option>>,
  { words = false } = {},
): Options {
  const all = { ...options, ...common };
  const names = Object.keys(all);
  const valued = names.filter((name) => all[name]?.value !== null);
  for (const arg of args.slice(0, args.includes("--") ? args.indexOf("--") : undefined)) {
    const [, name = ""] = /^--([^=]+)=/.exec(arg) ?? [];
    if (all[name]?.value === null) {
      throw new UsageError(`--${name} takes no value; got ${quote(arg)}`);
    }
  }
  const parsed = parseArgs(joinValues(args, valued), {
    boolean: names.filter((name) => all[name]?.value === null),
    string: [...valued, "_"],
    // Collected, so that an option given twice is an error and does not silently win.
    collect: valued,
    alias: { h: "help" },
    unknown: (word, key) => {
      if (key !== undefined) {
        throw new UsageError(
          `unknown option ${cleanText(word)}; there are ${
            names.map((name) => `--${name}`).join(", ")
          }`,
        );
      }
      if (!words) throw new UsageError(`unexpected argument ${quote(word)}`);
    },
  });
  // Behind a --, where nothing is an option; npm's users write one before options.
  const odd = parsed._.map(String).find((word) =>
    !words || names.some((name) => word === `--${name}` || word.startsWith(`--${name}=`))
  );
  if (odd !== undefined) {
    throw new UsageError(
      `unexpected argument ${
        quote(odd)
      } behind --; options go without it, as in deno task bench --rounds 3`,
    );
  }
  const given = new Map<string, string | true>();
  for (const [name, { value }] of Object.entries(all)) {
    const found = parsed[name];
    if (value === null) {
      if (found === true) given.set(name, true);
    } else if (Array.isArray(found) && found.length > 0) {
      const [text] = found as string[];
      if (found.length > 1) throw new UsageError(`--${name} is given twice`);
      if (!text) throw new UsageError(`--${name} needs a value: --${name} ${value}`);
      given.set(name, text);
    }
  }
  return { given, words: parsed._.map(String) };
}

/** `--rounds -1` as `--rounds=-1`: otherwise a value that starts with a dash would be read as an option. */
function joinValues(args: readonly string[], valued: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    // Behind it there are words alone.
    if (arg === "--") return [...joined, ...args.slice(i)];
    const next = args[i + 1];
    const takes = valued.includes(arg.replace(/^--/, "")) && arg.startsWith("--");
    if (takes && next !== undefined && !next.startsWith("--")) {
      joined.push(`${arg}=${next}`);
      i++;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

/** The text of an option, or undefined where it was not given. */
export function textOf({ given }: Options, name: string): string | undefined {
  const found = given.get(name);
  return typeof found === "string" ? found : undefined;
}

/**
 * A share from an option in percent, with or without a `%` behind it.
 *
 * @param range the least and the most percentage, and the share where there is no such option
 * @throws {UsageError} where it is none, or out of range.
 */
export function shareOf<T extends number | null>(
  options: Options,
  name: string,
  { low, high, otherwise }: { low: number; high: number; otherwise: T },
): number | T {
  const text = textOf(options, name);
  if (text === undefined) return otherwise;
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : NaN;
  if (percent >= low && percent <= high) return percent / 100;
  throw new UsageError(
    `--${name} must be a percentage from ${low} to ${high}, such as 1%; got ${quote(text)}`,
  );
}

/**
 * A whole number from an option.
 *
 * @throws {UsageError} where it is none, or out of range.
 */
export function wholeNumberOf(
  options: Options,
  name: string,
  { low, high, otherwise }: { low: number; high: number; otherwise: number },
): number {
  const text = textOf(options, name);
  if (text === undefined) return otherwise;
  const number = /^(0x[0-9a-f]+|-?\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(number >= low && number <= high)) {
    throw new UsageError(
      `--${name} must be a whole number from ${low} to ${high}; got ${quote(text)}`,
    );
  }
  return number;
}

/**
 * The texts of an option that are separated by commas, each once; undefined where it was not given.
 *
 * @throws {UsageError} where one is empty: a part of every name, it would choose all.
 */
export function partsOf(options: Options, name: string): string[] | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) {
    throw new UsageError(
      `--${name} takes texts separated by commas, none of them empty; got ${quote(text)}`,
    );
  }
  return [...new Set(parts)];
}

/**
 * A list of names, separated by commas, from an option.
 *
 * @param otherwise where it was not given; default all that are allowed
 * @throws {UsageError} where one is not among `allowed`.
 */
export function namesOf<Name extends string>(
  options: Options,
  option: string,
  allowed: readonly Name[],
  kind: string,
  otherwise: readonly Name[] = allowed,
): Name[] {
  return (partsOf(options, option) ?? otherwise).map((name) => {
    const found = allowed.find((candidate) => candidate === name);
    if (found === undefined) {
      throw new UsageError(
        `unknown ${kind} ${quote(name)}; there are ${allowed.join(", ")}`,
      );
    }
    return found;
  });
}

/** The help of a command. */
export interface Help {
  readonly usage: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, Option>>;
  readonly notes?: readonly string[];
}

/** A command: its help, whether it takes words besides options, and what it does. */
export interface Command extends Help {
  readonly words?: boolean;
  /** Runs the command and returns its exit code; `args` are what `given` was read from. */
  readonly run: (given: Options, args: readonly string[]) => Promise<number>;
}

/**
 * A command as a function from its arguments to its exit code, which prints the
 * help where that is asked for.
 */
export function defineCommand(
  { words = false, run, ...help }: Command,
): (args: readonly string[]) => Promise<number> {
  return async (args) => {
    const given = readOptions(args, help.options ?? {}, { words });
    if (!given.given.has("help")) return await run(given, args);
    print(helpText(help));
    return 0;
  };
}

/** The most columns of a help text. */
const helpWidth = 100;

/** The help text of a command: the sentences of its options are wrapped beside their names. */
export function helpText({ usage, summary, options = {}, notes = [] }: Help): string {
  const all = Object.entries({ ...options, ...common }).map(([name, { value, help }]) => ({
    name: value === null ? `--${name}` : `--${name} ${value}`,
    help,
  }));
  const width = helpWidth - Math.max(...all.map(({ name }) => name.length)) - 4;
  const rows = all.flatMap(({ name, help }) =>
    wrapText(help, width).map((line, i) => [i === 0 ? name : "", line])
  );
  return [
    summary,
    "",
    `Usage: ${usage}`,
    "",
    "Options:",
    ...alignColumns(rows).map((line) => `  ${line}`),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

/**
 * Runs a command and returns its exit code. An error that the user can correct,
 * or that the system reports, becomes one line and code 2; any other is reported
 * as a bug, with code 1. Where the reader of the output is gone, as behind
 * `| head`, the command ends quietly, as a program does that SIGPIPE ends.
 */
export async function runCommand(
  main: (args: readonly string[]) => Promise<number>,
  args: readonly string[],
): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (isClosedPipe(error)) return closedPipe;
    const code = error instanceof DensemarkError || isSystemError(error) ? 2 : 1;
    printError(`error: ${sentenceOf(error)}`);
    if (args.includes("--trace") && error instanceof Error) printError(error.stack ?? "");
    return code;
  }
}

/** The exit code of a process that SIGPIPE ended, as shells count it. */
const closedPipe = 128 + 13;

/** What went wrong, and whose fault it is, where that is this project's. */
function sentenceOf(error: unknown): string {
  if (error instanceof DensemarkError) return error.message;
  if (isSystemError(error)) return cleanText(`the system refused: ${errorLine(error)}`, 400);
  return `this is a bug in Densemark: ${errorText(error)}`;
}

/**
 * Milliseconds in which a further signal is the first one again: a terminal, `timeout` or a service
 * manager gives it to every process of a group, and npx and `deno task` pass on what they get.
 */
const echo = 1000;

/**
 * Calls `run` with a signal that Ctrl-C or SIGTERM gives, which then does not
 * end the process. The second time it does, but for the echo of the first, also
 * of one that comes when `run` has already returned.
 */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let echoed = Infinity;
  const listeners = endings.map(([name, number]) => {
    const listener = () => {
      if (performance.now() > echoed) Deno.exit(128 + number);
      if (stop.signal.aborted) return;
      echoed = performance.now() + echo;
      stop.abort();
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  try {
    return await run(stop.signal);
  } finally {
    const remove = () => {
      for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
    };
    const left = stop.signal.aborted ? echoed - performance.now() : 0;
    if (left > 0) Deno.unrefTimer(setTimeout(remove, left));
    else remove();
  }
}

/** Standard output that takes no more, for another reason than a closed reader. */
class OutputError extends DensemarkError {
  override name = "OutputError";
}

/**
 * Writes a line to standard output.
 *
 * @throws {OutputError} where the disk is full to which it goes, say.
 */
export function print(text: string): void {
  try {
    writeAll(Deno.stdout, `${text}\n`);
  } catch (error) {
    if (isClosedPipe(error)) throw error;
    throw new OutputError(`cannot write to standard output: ${reasonOf(error)}`);
  }
}

/** A warning as every command writes it; its text should say the cause and a remedy. */
export function warningLine(text: string): string {
  return yellow(`Warning: ${asSentence(text)}`);
}

/** Writes a warning to standard error. */
export function printWarning(text: string): void {
  printError(warningLine(text));
}

/** Writes a line to standard error, if that takes it: there is nowhere to say that it does not. */
export function printError(text: string): void {
  writeProgress(`${text}\n`);
}

/** Writes a text to standard error without a line's end, in the same way. */
export function writeProgress(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch {
    // No reason to lose what the command found.
  }
}

function writeAll(
  stream: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean },
  text: string,
): void {
  let bytes = new TextEncoder().encode(forStream(text, stream));
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}
