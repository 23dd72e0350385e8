/**
 * How one kernel of a run compares with the fastest of some others on each
 * workload, and over all of them in the geometric mean: of medians, and of the
 * best rounds, which on a machine that others use too depend less on its load.
 *
 * @module
 */
import { UsageError } from "../../common/command.ts";
import { formatRatio } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { cleanText, formatList, quote } from "../../common/text.ts";
import { workloadName } from "../../results/query.ts";
import type { Result, Results } from "../../results/schema.ts";
import { geometricMean } from "../../statistics/estimators.ts";

/** How many times as fast as the fastest of the others, on one workload. */
export interface Ratio {
  readonly workload: string;
  /** The fastest of the others by its best round. */
  readonly contender: string;
  readonly best: number;
  readonly median: number;
}

/** The ratios of a kernel to the fastest of the others, on the workloads that it and one of them were timed on. */
export function ratiosOf(
  { results }: Pick<Results, "results">,
  kernel: string,
  others: readonly string[],
): Ratio[] {
  return [...Map.groupBy(results, workloadName)].flatMap(([workload, group]) => {
    const timed = group.flatMap(({ kernel, seconds }: Result) =>
      seconds ? [{ kernel, seconds }] : []
    );
    const own = timed.find((each) => each.kernel === kernel)?.seconds;
    const contenders = timed.filter((each) => others.includes(each.kernel));
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

/** The ratios as a table in Markdown. */
export function formatRatios(kernel: string, ratios: readonly Ratio[]): string {
  const row = (name: string, contender: string, best: number, median: number) =>
    markdownRow([cleanText(name), cleanText(contender), formatRatio(best), formatRatio(median)]);
  const over = (summary: (values: readonly number[]) => number) =>
    [summary(ratios.map(({ best }) => best)), summary(ratios.map(({ median }) => median))] as const;
  const titles = [
    `${cleanText(kernel)}, times as fast as`,
    "the fastest of the others",
    "best of rounds",
    "median",
  ];
  return [
    markdownHead(titles, [2, 3]),
    ...ratios.map(({ workload, contender, best, median }) =>
      row(workload, contender, best, median)
    ),
    row("geometric mean", "", ...over(geometricMean)),
    row("smallest", "", ...over((values) => Math.min(...values))),
  ].join("\n");
}

/**
 * The table for a kernel, or the first of the run, and others of the run: all but A/A controls,
 * which are the baseline once more, unless they are named.
 *
 * @throws {UsageError} where a kernel is not in the run, or there is nothing to compare.
 */
export function ratiosTable(
  results: Results,
  kernelName: string | undefined,
  otherNames: readonly string[] | undefined,
): string {
  const names = [...new Set(results.results.map(({ kernel }) => kernel))];
  const [first] = names;
  if (first === undefined) throw new UsageError("the run has no results");
  const controls = new Set(
    results.kernels.filter(({ controlOf }) => controlOf !== undefined).map(({ name }) => name),
  );
  const list = formatList(names.map((name) => cleanText(name, 40)));
  const find = (name: string) => {
    if (names.includes(name)) return name;
    throw new UsageError(`the run has no results of ${quote(name)}; there are ${list}`);
  };
  const kernel = find(kernelName ?? first);
  const others = otherNames?.map(find) ??
    names.filter((name) => name !== kernel && !controls.has(name));
  const ratios = ratiosOf(results, kernel, others);
  if (ratios.length > 0) return formatRatios(kernel, ratios);
  throw new UsageError(
    `no workload was timed with ${quote(kernel)} and another of these: ${list}`,
  );
}
