/**
 * `deno task report`: makes the HTML report anew from a results.json, of this
 * machine or another.
 *
 * @module
 */
import { dirname, join } from "node:path";
import {
  helpText,
  type Option,
  print,
  printError,
  readOptions,
  runCommand,
  textOf,
  UsageError,
} from "../cli/command.ts";
import { readResults } from "./read.ts";
import { makeReport, writeWhole } from "./write.ts";

const options: Readonly<Record<string, Option>> = {
  out: { value: "FILE", help: "write the report here (report.html beside the results)" },
};

const help = helpText({
  usage: "deno task report RESULTS.json [options]",
  summary: "Makes the HTML report of a bench run from its result file.",
  options,
  notes: ["The path of the report is printed. Exit codes: 0 written, 2 not."],
});

/** The command; returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const found = readOptions(args, options, { words: true });
  if (found.given.has("help")) {
    print(help);
    return 0;
  }
  const [path, ...more] = found.words;
  if (path === undefined || more.length > 0) {
    throw new UsageError(
      `give one result file, not ${found.words.length}: deno task report RESULTS.json`,
    );
  }
  const results = await readResults(path);
  const out = textOf(found, "out") ?? join(dirname(path), "report.html");
  const { html, warning } = await makeReport(results);
  await writeWhole(out, html);
  if (warning !== undefined) printError(`warning: ${warning}`);
  print(out);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
