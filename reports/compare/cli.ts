/**
 * `deno task compare`: what got faster and what slower from one result file to
 * another, with exit codes for scripts; or how the kernels of one file compare.
 *
 * @module
 */
import {
  defineCommand,
  type Options,
  partsOf,
  print,
  printError,
  printWarning,
  runCommand,
  shareOf,
  textOf,
  UsageError,
} from "../../common/command.ts";
import { relevantDifference, unknownSpread } from "../../statistics/verdicts.ts";
import { formatCount } from "../../common/numbers.ts";
import { cleanText, formatList } from "../../common/text.ts";
import { writeWhole } from "../../results/files.ts";
import { expectOther, readResults } from "../../results/read.ts";
import { compareResults, obstacle, regressionsOf, type ResultsComparison } from "./compare.ts";
import { ratiosTable } from "./ratios.ts";
import { formatComparison } from "./text.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task compare OLD NEW [options], or deno task compare RUN [options]",
  summary: "Compares two runs of the bench, or the kernels of one.",
  options: {
    "fail-on-regression": {
      value: null,
      help: "End with exit code 3 if something got slower, after a correction for the number of " +
        "comparisons (Holm).",
    },
    strict: { value: null, help: "End with exit code 4 if a comparison is inconclusive." },
    threshold: {
      value: "PERCENT",
      help: `The difference that matters. Default: ${100 * relevantDifference}.`,
    },
    spread: {
      value: "PERCENT",
      help: "The standard deviation of the same code's time from run to run of this machine. " +
        `Default: ${100 * unknownSpread}.`,
    },
    json: { value: "FILE", help: "Write the comparison to this file too." },
    kernel: {
      value: "NAME",
      help: "The kernel of the one file to compare with others. Default: the first of the run.",
    },
    with: {
      value: "A,B",
      help:
        "Compare it with the fastest of these kernels on each workload. Default: all others but " +
        "A/A controls.",
    },
  },
  notes: [
    "OLD, NEW and RUN are each a results.json, or the folder of a run.",
    "",
    "Two runs show what got faster and what slower. They must be of the same machine and",
    "software, and cannot confirm a regression: for that, deno task bench --against OLD measures",
    "both versions anew, interleaved. One run shows how many times as fast as the others a kernel",
    "is, as a table in Markdown.",
    "",
    "Exit codes: 0 compared; 1 an output in a file was wrong, or a kernel failed; 2 nothing to",
    "compare, because the files have no workload in common or are of different machines or",
    "software; 3 something got slower (--fail-on-regression); 4 too noisy to decide (--strict).",
  ],
  words: true,
  run,
});

/** The options that go with two files, and with one. */
const ofTwo = ["fail-on-regression", "strict", "threshold", "spread", "json"];
const ofOne = ["kernel", "with"];

/** Compares, prints, and returns the exit code. */
async function run(given: Options): Promise<number> {
  const [first, second, ...more] = given.words;
  if (first === undefined || more.length > 0) {
    throw new UsageError(
      `give one run or two, not ${given.words.length}: ` +
        "deno task compare OLD NEW",
    );
  }
  const [count, foreign] = second === undefined ? ["one file", ofTwo] : ["two files", ofOne];
  const stray = foreign.find((name) => given.given.has(name));
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with ${count}`);
  if (second !== undefined) return await compareFiles(first, second, given);
  const others = partsOf(given, "with");
  print(ratiosTable(await readResults(first), textOf(given, "kernel"), others));
  return 0;
}

async function compareFiles(oldPath: string, newPath: string, given: Options): Promise<number> {
  const [spread, relevant] = [
    shareOf(given, "spread", { low: 0, high: 100, otherwise: unknownSpread }),
    shareOf(given, "threshold", { low: 0, high: 100, otherwise: relevantDifference }),
  ];
  const json = textOf(given, "json");
  if (json !== undefined) await expectOther("json", json, [oldPath, newPath]);
  const [old, now] = [await readResults(oldPath), await readResults(newPath)];
  const comparison = compareResults(old, now, { spread, relevant });
  if (Date.parse(old.date) > Date.parse(now.date)) {
    printWarning(
      "the old run is the later one, so that slower and faster say how its code was before. " +
        "Consider naming the earlier run first",
    );
  }
  if (json !== undefined) await writeWhole(json, `${JSON.stringify(comparison, null, 2)}\n`);
  print(formatComparison(comparison));
  const reason = obstacle(old, now, comparison);
  if (reason !== null) throw new UsageError(reason);
  return exitCodeOf(comparison, given);
}

/** The exit code of a comparison, with a line that explains it. */
function exitCodeOf(comparison: ResultsComparison, { given }: Options): number {
  if (comparison.failed.length > 0) {
    const number = formatCount(comparison.failed.length, "result");
    printError(`${number} without a time: an output was wrong, or a kernel failed`);
    return 1;
  }
  const missing = [...comparison.onlyOld, ...comparison.changed];
  if (given.has("fail-on-regression") && missing.length > 0) {
    const names = missing.map(({ kernel, workload }) => `${kernel} on ${workload}`);
    printWarning(
      `${
        formatCount(missing.length, "result")
      } of the old run could not be compared, and may be slower: ${
        cleanText(formatList(names, { most: 5 }), 300)
      }. Consider timing the same in both runs`,
    );
  }
  const regressions = regressionsOf(comparison);
  if (given.has("fail-on-regression") && regressions.length > 0) {
    const names = formatList(regressions.map(({ kernel, workload }) => `${kernel} on ${workload}`));
    printError(
      `slower, to be confirmed by deno task bench --against: ${cleanText(names, 300)}`,
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
