/**
 * `deno task report`: makes the HTML report anew from a results.json or a
 * verify.json, of this machine or another.
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
import { writeWhole } from "./files.ts";
import { readReportFile, type ReportFile } from "./read.ts";
import { renderVerification } from "./verification/page.tsx";
import { makeReport } from "./write.ts";

const options: Readonly<Record<string, Option>> = {
  out: { value: "FILE", help: "write the page here (report.html or verify.html beside the file)" },
};

const help = helpText({
  usage: "deno task report RESULTS.json [options]",
  summary:
    "Makes the HTML report of a bench run, or the page of a verification, from its result file.",
  options,
  notes: [
    "Which of them a file is, results.json of the bench or verify.json of the verifier,",
    "its schema says.",
    "The path of the report is printed. Exit codes: 0 written, 2 not.",
  ],
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
  const { name, html, warning } = await pageOf(await readReportFile(path));
  const out = textOf(found, "out") ?? join(dirname(path), name);
  await writeWhole(out, html);
  if (warning !== undefined) printError(`warning: ${warning}`);
  print(out);
  return 0;
}

/** The page on what a file holds, and the name that it has beside that file. */
async function pageOf(
  file: ReportFile,
): Promise<{ name: string; html: string; warning?: string }> {
  if (file.kind === "foreign") throw new UsageError("TODO");
  return file.kind === "results"
    ? { name: "report.html", ...await makeReport(file.results) }
    : { name: "verify.html", html: await renderVerification(file.verification) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
