/**
 * `deno task ratios RESULTS.json`: how one kernel of a run compares with the
 * fastest of some others on each workload, and over all of them the geometric
 * mean, both of medians and of the best rounds: on a machine that others use
 * too the best of many interleaved rounds tells more of the code, the median
 * more of the day.
 *
 * @module
 */
import {
  defineCommand,
  type Options,
  print,
  runCommand,
  textOf,
  UsageError,
} from "../../common/command.ts";
import { readResults } from "../../results/read.ts";
import type { Result, Results } from "../../results/schema.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task ratios RESULTS.json [options]",
  summary: "How many times as fast as the others one kernel of a run is.",
  options: {
    kernel: { value: "NAME", help: "whose ratio; default the first of the run" },
    against: { value: "A,B", help: "the fastest of these; default all others" },
  },
  words: true,
  run,
});

/** A comparison on one workload: how many times as fast. */
export interface Ratio {
  readonly workload: string;
  /** The fastest contender by its best round. */
  readonly contender: string;
  readonly best: number;
  readonly median: number;
}

/** The ratios of a kernel to the fastest of its contenders, on the workloads that it and one of them were timed on. */
export function ratiosOf(
  { results }: Pick<Results, "results">,
  kernel: string,
  against: readonly string[],
): Ratio[] {
  const workloads = Map.groupBy(
    results,
    ({ workload, pass }) => pass === "forward" ? workload : `${workload} ${pass}`,
  );
  return [...workloads].flatMap(([workload, group]) => {
    const timed = group.flatMap(({ kernel, seconds }: Result) =>
      seconds ? [{ kernel, seconds }] : []
    );
    const own = timed.find((each) => each.kernel === kernel)?.seconds;
    const contenders = timed.filter((each) => against.includes(each.kernel));
    const fastest = contenders.toSorted((a, b) => a.seconds.min - b.seconds.min)[0];
    if (!own || !fastest) return [];
    return [{
      workload,
      contender: fastest.kernel,
      best: fastest.seconds.min / own.min,
      median: Math.min(...contenders.map(({ seconds }) => seconds.median)) / own.median,
    }];
  });
}

/** The geometric mean of positive numbers; NaN of none. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The ratios as a table in Markdown. */
export function formatRatios(kernel: string, ratios: readonly Ratio[]): string {
  const row = (name: string, contender: string, best: number, median: number) =>
    `| ${name} | ${contender} | ${best.toFixed(2)} | ${median.toFixed(2)} |`;
  const mean = (of: "best" | "median") => geometricMean(ratios.map((ratio) => ratio[of]));
  const least = (of: "best" | "median") => Math.min(...ratios.map((ratio) => ratio[of]));
  return [
    `| ${kernel}, times as fast as | the fastest of the others | best of rounds | median |`,
    "| --- | --- | --: | --: |",
    ...ratios.map(({ workload, contender, best, median }) =>
      row(workload, contender, best, median)
    ),
    row("geometric mean", "", mean("best"), mean("median")),
    row("smallest", "", least("best"), least("median")),
  ].join("\n");
}

/** Prints the table. */
async function run(given: Options): Promise<number> {
  const [path, ...more] = given.words;
  if (path === undefined || more.length > 0) {
    throw new UsageError("one results.json is needed: deno task ratios RESULTS.json");
  }
  const results = await readResults(path);
  const names = [...new Set(results.results.map(({ kernel }) => kernel))];
  const find = (name: string) => {
    if (names.includes(name)) return name;
    throw new UsageError(
      `no results of ${JSON.stringify(name)} in ${path}; there are ${names.join(", ")}`,
    );
  };
  const kernel = find(textOf(given, "kernel") ?? names[0] ?? "");
  const against = textOf(given, "against")?.split(",").map(find) ??
    names.filter((name) => name !== kernel);
  const ratios = ratiosOf(results, kernel, against);
  if (ratios.length === 0) {
    throw new UsageError(`no workload was timed with ${kernel} and another of ${names.join(", ")}`);
  }
  print(formatRatios(kernel, ratios));
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
