/**
 * `deno task report`: makes the HTML report of a results.json or a verify.json,
 * or one report of several results together.
 *
 * @module
 */
import { dirname, join } from "node:path";
import {
  defineCommand,
  type Options,
  print,
  printWarning,
  runCommand,
  textOf,
  UsageError,
} from "../common/command.ts";
import { quotePath } from "../common/text.ts";
import { isStandardOutput, writeWhole } from "../results/files.ts";
import { type Input, maxFiles, mergedOf, readInputs } from "./merge/read.ts";
import { renderVerification } from "./verification/page.tsx";
import { makeMerged, makeReport } from "./write.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task report FILE... [options]",
  summary:
    "Makes the HTML report of a bench run or of a verification, or one report of several runs.",
  options: {
    out: {
      value: "FILE",
      help:
        "Write the page to this file. Default: report.html, verify.html or merged.html beside " +
        "the first file.",
    },
  },
  notes: [
    "What a file is follows from its fields:",
    "  results.json  of the bench. Several, of one machine or many, become one report: side by",
    "                side, with a section for each, nothing averaged.",
    "  verify.json   of the verifier. It has a page of its own, so it must be given alone.",
    "  other tools   Google Benchmark (--benchmark_format=json), hyperfine (--export-json) and",
    "                deno bench --json: shown in a section of their own, as not verified.",
    `At most ${maxFiles} files and 64 MiB together. To write formats of other tools: deno task export.`,
    "The path of the report is printed. Exit codes: 0 written, 2 not written.",
  ],
  words: true,
  run,
});

async function run(found: Options): Promise<number> {
  const [path] = found.words;
  if (path === undefined) {
    throw new UsageError("give one result file or more: deno task report RESULTS.json");
  }
  const inputs = await readInputs(found.words);
  const { name, html, warning } = await pageOf(inputs);
  const out = textOf(found, "out") ?? join(await folderOf(inputs[0]?.path ?? path), name);
  await writeWhole(out, html);
  if (warning !== undefined) printWarning(warning);
  if (!isStandardOutput(out)) print(out);
  return 0;
}

/**
 * The folder of a file; for the page of a pipe or of standard input there is none.
 *
 * @throws {UsageError}
 */
async function folderOf(path: string): Promise<string> {
  const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
  if (isFile) return dirname(path);
  throw new UsageError(`${quotePath(path)} is no file beside which a page can be: give --out FILE`);
}

/** The page of some files, and its name beside the first of them. */
async function pageOf(
  inputs: readonly Input[],
): Promise<{ name: string; html: string; warning?: string }> {
  const [first, ...more] = inputs;
  if (first?.file.kind === "results" && more.length === 0) {
    return { name: "report.html", ...await makeReport(first.file.results) };
  }
  if (first?.file.kind === "verification" && more.length === 0) {
    return { name: "verify.html", html: await renderVerification(first.file.verification) };
  }
  return { name: "merged.html", ...await makeMerged(mergedOf(inputs)) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
