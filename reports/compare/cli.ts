/**
 * `deno task compare OLD NEW`: what got faster and what slower from one result
 * file to another, with exit codes for scripts.
 *
 * @module
 */
import {
  defineCommand,
  type Options,
  print,
  printError,
  runCommand,
  textOf,
  UsageError,
} from "../../common/command.ts";
import { relevantDifference, unknownSpread } from "../../statistics/verdicts.ts";
import { cleanText } from "../../common/text.ts";
import { writeWhole } from "../../results/files.ts";
import { readResults } from "../../results/read.ts";
import type { Results } from "../../results/schema.ts";
import { compareResults, regressionsOf, type ResultsComparison } from "./compare.ts";
import { formatComparison } from "./text.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task compare OLD.json NEW.json [options]",
  summary: "Compares two result files of the bench, of the same machine and software.",
  options: {
    "fail-on-regression": { value: null, help: "exit code 3 where something got slower" },
    strict: { value: null, help: "exit code 4 where a verdict is inconclusive" },
    threshold: {
      value: "PERCENT",
      help: `the difference that matters; default ${100 * relevantDifference}`,
    },
    spread: {
      value: "PERCENT",
      help: "standard deviation of the same code's time between runs of this machine; " +
        `default ${100 * unknownSpread}`,
    },
    json: { value: "FILE", help: "write the comparison here too" },
  },
  notes: [
    "Exit codes: 0 compared; 1 an output in a file was wrong, or a kernel failed; 2 nothing to",
    "compare, since the files have no workload in common or are of different machines or",
    "software; 3 something got slower (--fail-on-regression), corrected for the number of",
    "comparisons (Holm); 4 too noisy to decide (--strict). Files cannot confirm a regression:",
    "for that, deno task bench --against OLD measures both versions anew, in turns.",
  ],
  words: true,
  run,
});

/** A share from an option in percent. */
function shareOf(given: Options, name: string, otherwise: number): number {
  const text = textOf(given, name);
  if (text === undefined) return otherwise;
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(percent >= 0 && percent <= 100)) {
    throw new UsageError(
      `--${name} must be a number of percent from 0 to 100; got ${JSON.stringify(text)}`,
    );
  }
  return percent / 100;
}

/** Why the files have nothing to compare, or null where they have. */
export function obstacle(old: Results, now: Results, comparison: ResultsComparison): string | null {
  const workloads = ({ results }: Results) => new Set(results.map(({ workload }) => workload));
  const [before, after] = [workloads(old), workloads(now)];
  if (before.isDisjointFrom(after)) {
    const names = (found: Set<string>) =>
      cleanText([...found].map((name) => cleanText(name, 40)).join(", ") || "none", 200);
    return `the files have no workload in common: ${names(before)} in the old, ${
      names(after)
    } in the new`;
  }
  if (comparison.differences.length > 0) {
    const what = comparison.differences.map((difference) => difference.what).join(", ");
    return `the files are not comparable, they differ in ${what}; ` +
      "compare runs of one machine and one Deno";
  }
  if (comparison.cells.length > 0 || comparison.failed.length > 0) return null;
  return "no kernel was timed on the same workload in both files, by the same engine and threads";
}

/** Compares, prints, and returns the exit code. */
async function run(given: Options): Promise<number> {
  const [oldPath, newPath, ...more] = given.words;
  if (oldPath === undefined || newPath === undefined || more.length > 0) {
    throw new UsageError(
      `give two result files, not ${given.words.length}: deno task compare OLD.json NEW.json`,
    );
  }
  const [spread, relevant] = [
    shareOf(given, "spread", unknownSpread),
    shareOf(given, "threshold", relevantDifference),
  ];
  const [old, now] = [await readResults(oldPath), await readResults(newPath)];
  const comparison = compareResults(old, now, { spread, relevant });
  const json = textOf(given, "json");
  if (json !== undefined) await writeWhole(json, `${JSON.stringify(comparison, null, 2)}\n`);
  print(formatComparison(comparison));
  const reason = obstacle(old, now, comparison);
  if (reason !== null) throw new UsageError(reason);
  return verdictOf(comparison, given);
}

/** The exit code of a comparison, with a line that explains it. */
function verdictOf(comparison: ResultsComparison, { given }: Options): number {
  if (comparison.failed.length > 0) {
    printError(`${comparison.failed.length} results have no time: an output was wrong, or failed`);
    return 1;
  }
  const regressions = regressionsOf(comparison);
  if (given.has("fail-on-regression") && regressions.length > 0) {
    const names = regressions.map(({ kernel, workload }) => `${kernel} on ${workload}`);
    printError(
      `slower, to be confirmed by deno task bench --against: ${cleanText(names.join(", "), 300)}`,
    );
    return 3;
  }
  const open = comparison.cells.filter(({ verdict }) => verdict === "inconclusive").length;
  if (given.has("strict") && open > 0) {
    printError(`too noisy to decide ${open} of ${comparison.cells.length} comparisons`);
    return 4;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
