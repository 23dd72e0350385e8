/**
 * `deno task inspect`: what a model file holds, without running any of it.
 *
 * @module
 */
import { defineCommand, print, runCommand, UsageError } from "../../common/command.ts";
import { formatList } from "../../common/text.ts";
import { modelExtensions, readModelFile } from "../read_model_file.ts";
import { formatSummary, summaryOf } from "./summary.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task inspect FILE [--json]",
  summary: "Shows what a model file holds: its layers, their weights, and whether it can be run.",
  options: {
    json: { value: null, help: "Print the summary as JSON." },
  },
  notes: [
    `Files that are read: ${formatList(modelExtensions)}, with the files`,
    "beside them that they name. Nothing in a file is run, and nothing is written.",
    "",
    "Exit codes: 0 shown, also where it cannot be run; 2 the file cannot be read.",
  ],
  words: true,
  run: async ({ given, words }) => {
    const [path, ...others] = words;
    if (path === undefined || others.length > 0) {
      throw new UsageError(`one model file is needed; got ${words.length}: deno task inspect FILE`);
    }
    const summary = summaryOf(await readModelFile(path));
    print(given.has("json") ? JSON.stringify(summary, null, 2) : formatSummary(summary));
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
