/**
 * What a run's comparisons come to for scripts. A regression counts only when
 * it is confirmed: what was slower, even after Holm's correction for the number
 * of comparisons, is measured again in a fresh process, and must be slower
 * again.
 *
 * @module
 */
import { bold, green, red, yellow } from "@std/fmt/colors";
import { UsageError } from "../common/command.ts";
import { obstacle } from "../reports/compare/cli.ts";
import { compareResults, regressionsOf } from "../reports/compare/compare.ts";
import { formatComparison } from "../reports/compare/text.ts";
import type { Results, VerdictReport } from "../results/schema.ts";
import { holm, relevantDifference, unknownSpread } from "../statistics/verdicts.ts";
import type { Against } from "./against.ts";
import type { Command } from "./plan.ts";

/** The exit codes of the bench. */
export const exitCodes = { done: 0, failed: 1, usage: 2, regression: 3, noisy: 4 } as const;

/** An exit code, and what to say about it. */
export interface Decision {
  readonly code: number;
  readonly lines: readonly string[];
}

/** What was slower: a kernel of ours, by its name in the registry, on a workload. */
export interface Flagged {
  readonly kernel: string;
  readonly workload: string;
  readonly pass: string;
}

/** How what was flagged is measured again; null where it was stopped. */
export type Remeasure = (flagged: readonly Flagged[]) => Promise<Results | null>;

/** Runs must have something in common before one of them is made. */
export function checkAgainst(against: Against | null, { plan }: Pick<Command, "plan">): void {
  if (against?.kind !== "file") return;
  const known = new Set(against.results.results.map(({ workload }) => workload));
  if (plan.workloads.some(({ name }) => known.has(name))) return;
  throw new UsageError(
    `${against.path} has no workload in common with this run: ${
      [...known].slice(0, 8).join(", ") || "none"
    } there`,
  );
}

/** The comparisons with another version of the same kernels. */
function versionVerdicts({ kernels, verdicts = [] }: Results): readonly VerdictReport[] {
  const versions = new Set(
    kernels.filter(({ version }) => version !== undefined).map(({ name }) => name),
  );
  return verdicts.filter(({ baseline }) => versions.has(baseline));
}

/** What is slower, of comparisons within a run, by verdict and after Holm's correction. */
export function slowerIn(results: Results): Flagged[] {
  const verdicts = versionVerdicts(results);
  const corrected = holm(verdicts.map(({ p }) => p));
  return verdicts.filter(({ verdict }, i) => verdict === "slower" && (corrected[i] ?? 1) <= 0.05)
    .map(({ kernel, workload, pass }) => ({
      kernel: kernelOf(results, kernel),
      workload,
      pass,
    }));
}

function kernelOf({ kernels }: Results, name: string): string {
  return kernels.find((record) => record.name === name)?.base ?? name;
}

const relevance = { spread: unknownSpread, relevant: relevantDifference };

function slowerThan(old: Results, now: Results): Flagged[] {
  return regressionsOf(compareResults(old, now, relevance));
}

/** How many comparisons stayed undecided. */
function undecided(against: Against | null, results: Results): number {
  const verdicts = against?.kind === "file"
    ? compareResults(against.results, results, relevance).cells
    : versionVerdicts(results);
  return verdicts.filter(({ verdict }) => verdict === "inconclusive").length;
}

function textOf({ kernel, workload, pass }: Flagged): string {
  return `${kernel} on ${workload}${pass === "forward" ? "" : ` ${pass}`}`;
}

/** What a run comes to. */
export async function decide(
  { failOnRegression, strict }: Pick<Command, "failOnRegression" | "strict">,
  against: Against | null,
  results: Results,
  remeasure: Remeasure,
): Promise<Decision> {
  const lines: string[] = [];
  if (against?.kind === "file") {
    const comparison = compareResults(against.results, results, relevance);
    lines.push("", formatComparison(comparison));
    const reason = obstacle(against.results, results, comparison);
    if (reason !== null) return { code: exitCodes.usage, lines: [...lines, yellow(reason)] };
  }
  if (against?.kind === "version" && versionVerdicts(results).length === 0) {
    const reason = `nothing to compare: no kernel of ${against.version.label} was timed`;
    return { code: exitCodes.usage, lines: [...lines, yellow(reason)] };
  }
  if (failOnRegression && against !== null) {
    const slower = (found: Results) =>
      against.kind === "file" ? slowerThan(against.results, found) : slowerIn(found);
    const flagged = slower(results);
    if (flagged.length > 0) {
      lines.push(yellow(`slower: ${flagged.map(textOf).join(", ")}; measured again to confirm it`));
      const again = await remeasure(flagged);
      const confirmed = again === null
        ? []
        : slower(again).filter((one) => flagged.some((other) => textOf(other) === textOf(one)));
      if (again === null) lines.push(yellow("stopped before it was confirmed"));
      else if (confirmed.length === 0) lines.push(green("not confirmed: no regression"));
      else {
        lines.push(red(bold(`regression, confirmed: ${confirmed.map(textOf).join(", ")}`)));
        return { code: exitCodes.regression, lines };
      }
    } else lines.push(green("no regression"));
  }
  const grade = results.noise?.grade ?? "unknown";
  const open = undecided(against, results);
  if (strict && (grade === "unusable" || grade === "unknown" || open > 0)) {
    lines.push(
      yellow(
        open > 0 ? `too noisy to decide ${open} comparisons` : `too noisy: grade ${grade}`,
      ),
    );
    return { code: exitCodes.noisy, lines };
  }
  return { code: exitCodes.done, lines };
}
