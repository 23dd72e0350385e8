/**
 * What a run's comparisons mean for scripts. A regression counts only when
 * it is confirmed: what seems slower is measured again in fresh processes, which
 * alone decide. So the first run may look for small changes without false alarms.
 *
 * @module
 */
import { bold, green, red, yellow } from "@std/fmt/colors";
import { UsageError } from "../common/command.ts";
import { formatCount } from "../common/numbers.ts";
import { formatList, quotePath } from "../common/text.ts";
import { workloadName } from "../results/query.ts";
import type { Results, VerdictReport } from "../results/schema.ts";
import type { Against } from "./against.ts";
import { type Flagged, isSuspect, type Standing, standingsIn } from "./confirmation.ts";
import type { BenchCommand } from "./plan.ts";

/** The exit codes of the bench. */
export const exitCodes = { done: 0, failed: 1, usage: 2, regression: 3, noisy: 4 } as const;

/** An exit code, and the lines that explain it. */
export interface Decision {
  readonly code: number;
  readonly lines: readonly string[];
}

/** A run compared with an older file. */
export interface FileComparison {
  /** The comparison for a terminal. */
  readonly text: string;
  /** Why the two cannot be compared; null where they can. */
  readonly obstacle: string | null;
  /** What is slower, even after Holm's correction. */
  readonly slower: readonly Flagged[];
  readonly inconclusive: number;
}

/** What a decision needs of the command. */
export interface DecisionOptions {
  /** Measures what was flagged again, until it is decided; null where it was stopped. */
  readonly remeasure: (flagged: readonly Flagged[]) => Promise<Results | null>;
  /** Compares two files as `deno task compare` does. */
  readonly compare: (old: Results, now: Results) => FileComparison;
}

/** Refuses, before anything is measured, an older run that has no workload in common with the plan. */
export function checkAgainst(against: Against | null, { plan }: Pick<BenchCommand, "plan">): void {
  if (against?.kind !== "file") return;
  const known = new Set(against.results.results.map(({ workload }) => workload));
  if (plan.workloads.some(({ name }) => known.has(name))) return;
  throw new UsageError(
    `${quotePath(against.path)} has no workload in common with this run; it has ${
      formatList([...known], { most: 8 }) || "none"
    }`,
  );
}

/** The comparisons with another version of the same kernels. */
function versionVerdicts({ kernels, verdicts = [] }: Results): readonly VerdictReport[] {
  const versions = new Set(
    kernels.filter(({ version }) => version !== undefined).map(({ name }) => name),
  );
  return verdicts.filter(({ baseline }) => versions.has(baseline));
}

/** What seems slower than another version: reason enough to measure it again. */
export function suspectsIn(results: Results): Flagged[] {
  const suspects = versionVerdicts(results).filter(isSuspect).map(({ kernel, workload, pass }) => ({
    kernel: results.kernels.find(({ name }) => name === kernel)?.base ?? kernel,
    workload,
    pass,
  }));
  // Of several engines each is another contender of one kernel.
  return suspects.filter((one, i) =>
    suspects.findIndex((other) => textOf(other) === textOf(one)) === i
  );
}

function textOf(flagged: Flagged): string {
  return `${flagged.kernel} on ${workloadName(flagged)}`;
}

/** What stands in both lists. */
function common(one: readonly Flagged[], other: readonly Flagged[]): readonly Flagged[] {
  const texts = new Set(other.map(textOf));
  return one.filter((flagged) => texts.has(textOf(flagged)));
}

/** What fresh launches confirmed, and what they left open. */
function decidedOf(again: Results, flagged: readonly Flagged[]) {
  const standings = standingsIn(again, flagged);
  const those = (wanted: Standing) =>
    standings.flatMap(([one, standing]) => standing === wanted ? [one] : []);
  return { confirmed: those("slower"), open: those("open") };
}

/** The exit code of a run, and its explanation. */
export async function decide(
  { failOnRegression, strict }: Pick<BenchCommand, "failOnRegression" | "strict">,
  against: Against | null,
  results: Results,
  { remeasure, compare }: DecisionOptions,
): Promise<Decision> {
  const lines: string[] = [];
  const withFile = against?.kind === "file" ? compare(against.results, results) : null;
  if (withFile) {
    lines.push("", withFile.text);
    const { obstacle } = withFile;
    if (obstacle !== null) return { code: exitCodes.usage, lines: [...lines, yellow(obstacle)] };
  }
  const withVersion = versionVerdicts(results);
  if (against?.kind === "version" && withVersion.length === 0) {
    const reason = `nothing to compare: no kernel of ${against.version.label} was timed`;
    return { code: exitCodes.usage, lines: [...lines, yellow(reason)] };
  }
  if (failOnRegression && against !== null) {
    const flagged = withFile ? withFile.slower : suspectsIn(results);
    if (flagged.length > 0) {
      lines.push(
        yellow(
          `${withFile ? "slower" : "perhaps slower"}: ${
            formatList(flagged.map(textOf))
          }; measured again to decide`,
        ),
      );
      const again = await remeasure(flagged);
      if (again === null) {
        lines.push(yellow("stopped before it was confirmed: nothing is decided"));
        return { code: exitCodes.failed, lines };
      }
      const { confirmed, open } = against.kind === "file"
        ? { confirmed: common(flagged, compare(against.results, again).slower), open: [] }
        : decidedOf(again, flagged);
      if (confirmed.length > 0) {
        lines.push(red(bold(`regression, confirmed: ${formatList(confirmed.map(textOf))}`)));
        if (open.length > 0) {
          lines.push(yellow(`not decided beside it: ${formatList(open.map(textOf))}`));
        }
        return { code: exitCodes.regression, lines };
      }
      lines.push(
        open.length > 0
          ? yellow(
            `not confirmed, nor ruled out: ${formatList(open.map(textOf))}. ` +
              "Consider closing other programs and running again",
          )
          : green("not confirmed: no regression"),
      );
    } else lines.push(green("no regression"));
  }
  const grade = results.noise?.grade ?? "unknown";
  const inconclusive = withFile?.inconclusive ??
    withVersion.filter(({ verdict }) => verdict === "inconclusive").length;
  if (strict && (grade === "unusable" || grade === "unknown" || inconclusive > 0)) {
    const reason = inconclusive > 0
      ? `too noisy to decide ${formatCount(inconclusive, "comparison")}`
      : `too noisy to decide anything: the run's grade is ${grade}`;
    lines.push(
      yellow(`${reason}. Consider closing other programs, or more rounds (--rounds).`),
    );
    return { code: exitCodes.noisy, lines };
  }
  return { code: exitCodes.done, lines };
}
