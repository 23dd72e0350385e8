/**
 * `deno task readme RESULTS.json`: writes the README's result table from a run
 * of the bench, and the picture of the Dense layer, so that neither is written
 * by hand.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { defineCommand, print, runCommand, UsageError } from "../common/command.ts";
import { formatNumber } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";
import { computeExample } from "../reports/example.ts";
import { densePictureSvg } from "../reports/picture.tsx";
import { writeWhole } from "../results/files.ts";
import { withoutControls, workloadName } from "../results/query.ts";
import { readResults } from "../results/read.ts";
import type { Results } from "../results/schema.ts";

const root = new URL("..", import.meta.url);
const begin = "<!-- results: written by `deno task readme` -->";
const end = "<!-- end of results -->";

/** The results as a table in Markdown: a row for each workload, a column for each kernel. */
export function markdownTable(results: Results): string {
  const shown = withoutControls(results);
  const names = [...new Set(shown.map(({ kernel }) => kernel))];
  const rows = [...Map.groupBy(shown, workloadName)].map(([workload, group]) => {
    const [{ m, n, k, activation } = { m: 0, n: 0, k: 0, activation: "" }] = group;
    const best = Math.max(...group.map(({ gflops }) => gflops ?? 0));
    const cells = names.map((name) => {
      const gflops = group.find(({ kernel }) => kernel === name)?.gflops ?? null;
      if (gflops === null) return "";
      return gflops === best ? `**${formatNumber(gflops)}**` : formatNumber(gflops);
    });
    return markdownRow([workload, `${m} x ${n} x ${k}`, activation, ...cells]);
  });
  const { cpu, deno, v8 } = results.environment;
  return [
    `GFLOP/s, medians of ${results.rounds} interleaved rounds${
      results.launches ? ` in each of ${results.launches} launches` : ""
    }. ${cpu}, Deno ${deno} (V8 ${v8}), ${results.date.slice(0, 10)}, \`${results.command}\`.${
      results.noise ? ` ${results.noise.sentence}` : ""
    }`,
    "",
    markdownHead(["workload", "m x n x k", "activation", ...names], names.map((_, i) => 3 + i)),
    ...rows,
  ].join("\n");
}

/** Replaces what stands between the markers. */
export function replaceResults(readme: string, table: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new UsageError(`README.md lacks ${begin} or ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${table}\n\n${readme.slice(to)}`;
}

/** The command. */
export const main = defineCommand({
  usage: "deno task readme [RESULTS.json]",
  summary: "Writes docs/dense.svg, and from a run of the bench the table of results in README.md.",
  words: true,
  run: async ({ words: [path, ...more] }) => {
    if (more.length > 0) {
      throw new UsageError(`give one result file, not ${1 + more.length}`);
    }
    // Read first, so that a file that is none leaves everything as it was.
    const results = path === undefined ? null : await readResults(path);
    const svg = densePictureSvg({ inputs: 3, units: 2, example: await computeExample() });
    await writeWhole(fileURLToPath(new URL("docs/dense.svg", root)), svg);
    print("wrote docs/dense.svg");
    if (results === null) return 0;
    const readme = fileURLToPath(new URL("README.md", root));
    await writeWhole(
      readme,
      replaceResults(await Deno.readTextFile(readme), markdownTable(results)),
    );
    print("wrote README.md");
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
