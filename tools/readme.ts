/**
 * `deno task readme RESULTS.json --ladder RESULTS.json`: writes the README's table
 * of results, that of docs/kernels.md and those of docs/measured.md (`--measured
 * RESULTS.json`) from runs of the bench, those of docs/mutation.md from one of `deno task
 * mutate` (`--mutation mutation.json`), and the picture of the Dense layer, so that none
 * is written by hand.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { defineCommand, print, runCommand, textOf, UsageError } from "../common/command.ts";
import { computeExample } from "../reports/example.ts";
import { densePictureSvg } from "../reports/picture.tsx";
import { writeWhole } from "../results/files.ts";
import { readResults, readResultText } from "../results/read.ts";
import { ladderTable } from "./ladder.ts";
import { mutationSentence, mutationTables, replaceTables, summaryOf } from "./mutation_tables.ts";
import { engineTables, markdownTable } from "./speed_table.ts";

const root = new URL("..", import.meta.url);
const begin = "<!-- results: written by `deno task readme` -->";
const end = "<!-- end of results -->";

/** Replaces what stands between the markers. */
export function replaceResults(text: string, table: string, name: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new UsageError(`${name} lacks ${begin} or ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}

/** What the documents say of a run of mutation testing, and what they keep of it. */
async function mutationTexts(path: string): Promise<string[][]> {
  const found = summaryOf(await readResultText(path));
  const textWith = async (name: string, tables: Readonly<Record<string, string>>) => [
    name,
    replaceTables(await Deno.readTextFile(new URL(name, root)), tables),
  ];
  return [
    await textWith("docs/mutation.md", mutationTables(found)),
    await textWith("docs/verification.md", { "kill rate": mutationSentence(found) }),
    ["docs/mutation/mutation.json", `${JSON.stringify(found, null, 2)}\n`],
  ];
}

/** The command. */
export const main = defineCommand({
  usage: "deno task readme [RESULTS.json] [options]",
  summary:
    "Writes docs/dense.svg, and from runs of the bench the tables of results in the documents.",
  words: true,
  options: {
    ladder: {
      value: "FILE",
      help: "Write the table of docs/kernels.md from this run of both engines. Default: leave it.",
    },
    measured: {
      value: "FILE",
      help:
        "Write the tables of docs/measured.md from this run, one for each engine. Default: leave them.",
    },
    mutation: {
      value: "FILE",
      help:
        "Write the tables of docs/mutation.md and docs/verification.md from this mutation.json. Default: leave them.",
    },
  },
  run: async (options) => {
    const { words: [path, ...more] } = options;
    if (more.length > 0) {
      throw new UsageError(`give one result file, not ${1 + more.length}`);
    }
    const ladder = textOf(options, "ladder");
    // All is read and made first, so that a file that is none leaves everything as it was.
    const texts = [
      ["docs/dense.svg", densePictureSvg({ inputs: 3, units: 2, example: await computeExample() })],
    ];
    const replace = async (name: string, table: string) => {
      const text = await Deno.readTextFile(new URL(name, root));
      texts.push([name, replaceResults(text, table, name)]);
    };
    if (path !== undefined) await replace("README.md", markdownTable(await readResults(path)));
    if (ladder !== undefined) {
      await replace("docs/kernels.md", ladderTable(await readResults(ladder)));
    }
    const measured = textOf(options, "measured");
    if (measured !== undefined) {
      await replace("docs/measured.md", engineTables(await readResults(measured)));
    }
    const mutation = textOf(options, "mutation");
    if (mutation !== undefined) texts.push(...await mutationTexts(mutation));
    for (const [name, text] of texts) {
      await writeWhole(fileURLToPath(new URL(name!, root)), text!);
      print(`wrote ${name}`);
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
