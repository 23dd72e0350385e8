/**
 * The tables of speeds in the documents, from a run of the bench: a row for each
 * workload, a column for each contender; of a run under both engines a table for each.
 *
 * @module
 */
import { formatNumber } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";
import { recordOf, withoutControls, workloadName } from "../results/query.ts";
import type { Result, Results } from "../results/schema.ts";
import { commandIn } from "./ladder.ts";

/** The rows of these results, each contender under the name that `nameOf` gives it. */
function speeds(results: readonly Result[], nameOf: (result: Result) => string): string {
  const names = [...new Set(results.map(nameOf))];
  const rows = [...Map.groupBy(results, workloadName)].map(([workload, group]) => {
    const { m, n, k, activation } = group[0]!;
    const best = Math.max(...group.map(({ gflops }) => gflops ?? 0));
    const cells = names.map((name) => {
      const gflops = group.find((result) => nameOf(result) === name)?.gflops ?? null;
      if (gflops === null) return "";
      return gflops === best ? `**${formatNumber(gflops)}**` : formatNumber(gflops);
    });
    return markdownRow([workload, `${m} x ${n} x ${k}`, activation, ...cells]);
  });
  return [
    markdownHead(["workload", "m x n x k", "activation", ...names], names.map((_, i) => 3 + i)),
    ...rows,
  ].join("\n");
}

/** How the speeds of a run were taken, and how noisy it was. */
function sentenceOf(results: Results): string {
  const { cpu, deno, v8 } = results.environment;
  return `GFLOP/s, medians of ${results.rounds} interleaved rounds${
    results.launches ? ` in each of ${results.launches} launches` : ""
  }. ${cpu}, Deno ${deno} (V8 ${v8}), ${results.date.slice(0, 10)}, \`${commandIn(results)}\`.${
    results.noise ? ` ${results.noise.sentence}` : ""
  }`;
}

/** The results as a table in Markdown, with the contenders as the run named them. */
export function markdownTable(results: Results): string {
  return `${sentenceOf(results)}\n\n${speeds(withoutControls(results), ({ kernel }) => kernel)}`;
}

/** The same with a table for each engine of the run, the contenders without its name. */
export function engineTables(results: Results): string {
  const engineOf = (result: Result) => recordOf(result, results)?.engine ?? results.engine;
  const baseOf = (result: Result) => recordOf(result, results)?.base ?? result.kernel;
  const tables = [...Map.groupBy(withoutControls(results), engineOf)].flatMap(([engine, group]) => [
    engine === "plain" ? "Without V8 flags:" : `With \`${engine}\`:`,
    speeds(group, baseOf),
  ]);
  return [sentenceOf(results), ...tables].join("\n\n");
}
