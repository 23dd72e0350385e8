/**
 * `deno task export`: writes a results.json in the formats of other tools, so
 * that their histories, comparisons and plots work on it.
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
import { writeWhole } from "../../results/files.ts";
import { formatCount } from "../../common/numbers.ts";
import { readResults } from "../../results/read.ts";
import type { Results } from "../../results/schema.ts";
import { toBencher } from "./bencher.ts";
import { toGithubActionBenchmark } from "./github_action_benchmark.ts";
import { toGoogleBenchmark } from "./google_benchmark.ts";
import { toHyperfine } from "./hyperfine.ts";

const formats = {
  "google-benchmark": toGoogleBenchmark,
  "github-action-benchmark": toGithubActionBenchmark,
  bencher: toBencher,
  hyperfine: toHyperfine,
} as const satisfies Record<
  string,
  (results: Results, better: "bigger" | "smaller") => { text: string; left: readonly string[] }
>;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task export RESULTS.json --format FORMAT [--out FILE]",
  summary: "Writes the results of a bench run in the format of another tool.",
  options: {
    format: { value: "FORMAT", help: Object.keys(formats).join(", ") },
    better: {
      value: "WAY",
      help: "for github-action-benchmark: bigger (GFLOP/s; default) or smaller (ns)",
    },
    out: { value: "FILE", help: "write here; default standard output" },
  },
  notes: [
    "google-benchmark         JSON as of --benchmark_format=json, an entry for each round, for",
    "                         its compare.py; cpu_time is 0, since it is not measured.",
    "github-action-benchmark  the list of customBiggerIsBetter (--better bigger) or of",
    "                         customSmallerIsBetter (--better smaller).",
    "bencher                  Bencher Metric Format: latency in ns and gflops, with intervals.",
    "hyperfine                JSON as of --export-json, for its scripts; user and system are 0.",
    "",
    "A benchmark is called KERNEL/WORKLOAD, and KERNEL/WORKLOAD/PASS where that is not forward.",
    "What was not verified or not timed is left out, and counted on standard error.",
    "Exit codes: 0 written, 2 not.",
  ],
  words: true,
  run,
});

/** The one of `allowed` that an option names. */
function choiceOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--${name} must be one of ${allowed.join(", ")}; got ${JSON.stringify(text)}`,
  );
}

async function run(found: Options): Promise<number> {
  const [path, ...more] = found.words;
  if (path === undefined || more.length > 0) {
    throw new UsageError(
      `give one result file, not ${found.words.length}: deno task export RESULTS.json --format ...`,
    );
  }
  const names = Object.keys(formats) as (keyof typeof formats)[];
  const format = choiceOf("format", textOf(found, "format") ?? "", names);
  const way = textOf(found, "better");
  if (way !== undefined && format !== "github-action-benchmark") {
    throw new UsageError(`--better is for github-action-benchmark alone, not for ${format}`);
  }
  const better = choiceOf("better", way ?? "bigger", ["bigger", "smaller"]);
  const { text, left } = formats[format](await readResults(path), better);
  const out = textOf(found, "out");
  if (out === undefined) print(text);
  else await writeWhole(out, `${text}\n`);
  if (left.length > 0) {
    const shown = left.slice(0, 5).join(", ") + (left.length > 5 ? ", …" : "");
    printError(
      `left out for want of a verified time: ${formatCount(left.length, "result")} (${shown})`,
    );
  }
  if (out !== undefined) print(out);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
