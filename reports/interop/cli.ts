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
  printWarning,
  runCommand,
  textOf,
  UsageError,
} from "../../common/command.ts";
import { isStandardOutput, writeWhole } from "../../results/files.ts";
import { formatCount } from "../../common/numbers.ts";
import { formatList, quote } from "../../common/text.ts";
import { expectOther, readResults } from "../../results/read.ts";
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
  (
    results: Results,
    better: "bigger" | "smaller",
  ) => { text: string; left: readonly string[]; warning?: string }
>;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task export RUN --format FORMAT [--out FILE]",
  summary: "Writes the results of a bench run in the format of another tool.",
  options: {
    format: {
      value: "FORMAT",
      help: `The format to write: ${formatList(Object.keys(formats), { word: "or" })}. Required.`,
    },
    better: {
      value: "WAY",
      help: "Which values github-action-benchmark gets: bigger for GFLOP/s, smaller for times in " +
        "ns. Default: bigger.",
    },
    out: { value: "FILE", help: "Write to this file. Default: standard output." },
  },
  notes: [
    "RUN is a results.json, or the folder of a run.",
    "",
    "google-benchmark         JSON as of --benchmark_format=json, an entry for each round, for",
    "                         its compare.py, which wants 9 rounds or more (bench --rounds 9);",
    "                         cpu_time is 0, since it is not measured.",
    "github-action-benchmark  the list of customBiggerIsBetter (--better bigger) or of",
    "                         customSmallerIsBetter (--better smaller).",
    "bencher                  Bencher Metric Format: latency in ns and gflops, with intervals.",
    "hyperfine                JSON as of --export-json, for its scripts; user and system are 0.",
    "",
    "A benchmark is named KERNEL/WORKLOAD, or KERNEL/WORKLOAD/PASS if the pass is not forward.",
    "Results that were not verified or not timed are left out, and counted on standard error.",
    "Exit codes: 0 written, 2 not written.",
  ],
  words: true,
  run,
});

/** The one of `allowed` that an option names. */
function choiceOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--${name} must be one of ${allowed.join(", ")}; got ${quote(text)}`,
  );
}

async function run(found: Options): Promise<number> {
  const [path, ...more] = found.words;
  if (path === undefined || more.length > 0) {
    throw new UsageError(
      `give one run, not ${found.words.length}: deno task export RUN --format FORMAT`,
    );
  }
  const names = Object.keys(formats) as (keyof typeof formats)[];
  const format = choiceOf("format", textOf(found, "format") ?? "", names);
  const way = textOf(found, "better");
  if (way !== undefined && format !== "github-action-benchmark") {
    throw new UsageError(`--better goes with github-action-benchmark only, not with ${format}`);
  }
  const better = choiceOf("better", way ?? "bigger", ["bigger", "smaller"]);
  const out = textOf(found, "out");
  if (out !== undefined) await expectOther("out", out, [path]);
  const exported: ReturnType<typeof formats["google-benchmark"]> = formats[format](
    await readResults(path),
    better,
  );
  const { text, left, warning } = exported;
  if (out === undefined) print(text);
  else await writeWhole(out, `${text}\n`);
  if (left.length > 0) {
    printWarning(
      `${formatCount(left.length, "result")} without a verified time left out: ${
        formatList(left, { most: 5 })
      }`,
    );
  }
  if (warning !== undefined) printWarning(warning);
  if (out !== undefined && !isStandardOutput(out)) print(out);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
