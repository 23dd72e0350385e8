/**
 * `deno task report`: makes the HTML report of a results.json or a verify.json,
 * one report of several results together, or the page of a folder of past runs.
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
import { expectWritable, isStandardOutput, writeWhole } from "../results/files.ts";
import { indexName, makeIndex } from "./index/write.ts";
import { expectOther } from "../results/read.ts";
import { type Input, maxFiles, mergedOf, readInputs } from "./merge/read.ts";
import { renderVerification } from "./verification/page.tsx";
import { makeMerged, makeReport } from "./write.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task report FILE... [options], or deno task report --index FOLDER [options]",
  summary:
    "Makes the HTML report of a bench run or of a verification, or one report of several runs.",
  options: {
    out: {
      value: "FILE",
      help:
        "Write the page to this file. Default: report.html, verify.html or merged.html beside " +
        "the first file.",
    },
    index: {
      value: "FOLDER",
      help: "Make the page of the past runs in this folder, in place of files: runs with links, " +
        `trends and steps, and what cannot be read. Default: none; the page is FOLDER/${indexName}.`,
    },
  },
  notes: [
    "What a file is follows from its fields:",
    "  results.json  of the bench, or the folder of a run. Several, of one machine or many, become",
    "                one page: what they differ in, each compared with the first, as deno task",
    "                compare does it, then a section for each, nothing averaged.",
    "  verify.json   of the verifier. It has a page of its own, so it must be given alone.",
    "  other tools   Google Benchmark (--benchmark_format=json), hyperfine (--export-json) and",
    "                deno bench --json: shown in a section of their own, as not verified.",
    `At most ${maxFiles} files and 64 MiB together. To write formats of other tools: deno task export.`,
    "The path of the report is printed. Exit codes: 0 written, 2 not written.",
  ],
  words: true,
  run,
});

/** A page, and a warning where it lacks something. */
interface Made {
  readonly html: string;
  readonly warning?: string;
}

async function run(found: Options): Promise<number> {
  const folder = textOf(found, "index");
  if (folder !== undefined) {
    if (found.words.length > 0) throw new UsageError("--index takes a folder, and no files");
    const { html, warning } = await makeIndex(folder);
    return await write(textOf(found, "out") ?? join(folder, indexName), html, warning);
  }
  const [path] = found.words;
  if (path === undefined) {
    throw new UsageError(
      "give one result file or more, or folders of runs: deno task report FILE, or --index FOLDER",
    );
  }
  const inputs = await readInputs(found.words);
  const { name, make } = pageOf(inputs);
  const out = textOf(found, "out") ?? join(await folderOf(inputs[0]?.path ?? path), name);
  await expectOther("out", out, found.words);
  // Before the page is made, which takes seconds: that it cannot be written is known at once.
  await expectWritable(out);
  const { html, warning } = await make();
  return await write(out, html, warning);
}

async function write(out: string, html: string, warning: string | undefined): Promise<number> {
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

/** The page of some files, yet to be made, and its name beside the first of them. */
function pageOf(inputs: readonly Input[]): { name: string; make: () => Promise<Made> } {
  const [first, ...more] = inputs;
  if (first?.file.kind === "results" && more.length === 0) {
    const { results } = first.file;
    return { name: "report.html", make: () => makeReport(results) };
  }
  if (first?.file.kind === "verification" && more.length === 0) {
    const { verification } = first.file;
    const make = async () => ({ html: await renderVerification(verification) });
    return { name: "verify.html", make };
  }
  const merged = mergedOf(inputs);
  return { name: "merged.html", make: () => makeMerged(merged) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
