/**
 * What a verification found, in sentences and counts: the part of the page
 * that can be tested without looking at it.
 *
 * @module
 */
import { formatCount, formatWhole } from "../../common/numbers.ts";
import type {
  CheckReport,
  KernelVerification,
  SelfTest,
  VerificationReport,
} from "../../results/verification/schema.ts";

/** What the exit codes of `deno task verify` mean. */
export const exitCodes: readonly string[] = [
  "all that was verified passed",
  "verification failed",
  "the command was used wrongly",
  "a backend that was required is missing",
  "the verifier failed its own test",
];

/** How many cases ran on a kernel, or on all. */
export function casesOf(kernels: readonly KernelVerification[]): number {
  return kernels.reduce(
    (sum, { checks }) => sum + checks.reduce((cases, check) => cases + check.cases, 0),
    0,
  );
}

/** The failures of a kernel, each with its check. */
export function failuresOf(kernel: KernelVerification): number {
  return kernel.checks.reduce((sum, { failures }) => sum + failures.length, 0);
}

/** How many cases of a check failed: those counted, or those told where they are more. */
export function failedCases({ coverage, failures }: CheckReport): number {
  return Math.max(failures.length, coverage.reduce((sum, { failed }) => sum + failed, 0));
}

/** The checks that ran on any kernel, in the order in which they are first met. */
export function checksOf(report: VerificationReport): { check: string; description: string }[] {
  const found = new Map<string, string>();
  for (const { checks } of report.kernels) {
    for (const { check, description } of checks) {
      if (!found.has(check)) found.set(check, description);
    }
  }
  return [...found].map(([check, description]) => ({ check, description }));
}

/** How the verifier did on what it had to find and what it had to accept. */
export interface SelfCounts {
  readonly killed: number;
  readonly survived: readonly string[];
  readonly notRun: number;
  readonly accepted: number;
  readonly rejected: readonly string[];
  readonly points: number;
  readonly wrong: readonly string[];
}

/** The counts of a self-test. */
export function selfCounts({ mutants, conforming, references }: SelfTest): SelfCounts {
  return {
    killed: mutants.filter(({ killed }) => killed === true).length,
    survived: mutants.filter(({ killed }) => killed === false).map(({ name }) => name),
    notRun: mutants.filter(({ killed }) => killed === null).length,
    accepted: conforming.filter(({ accepted }) => accepted).length,
    rejected: conforming.filter(({ accepted }) => !accepted).map(({ name }) => name),
    points: references.reduce((sum, { points }) => sum + points, 0),
    wrong: references.filter(({ failures }) => failures.length > 0).map(({ name }) => name),
  };
}

/** The answer in one line. */
export function headline({ kernels, exitCode }: VerificationReport): string {
  const failed = kernels.filter(({ passed }) => !passed).map(({ kernel }) => kernel);
  if (kernels.length === 0) return "No kernel was verified in this run.";
  const all = failed.length === 0;
  const who = all
    ? kernels.length === 1
      ? "The one kernel verified passed"
      : `All ${kernels.length} kernels passed`
    : `${failed.join(", ")} failed; ${kernels.length - failed.length} of ${
      formatCount(kernels.length, "kernel")
    } passed`;
  return all && exitCode !== 0 ? `${who}, and yet the run did not succeed.` : `${who}.`;
}

/** How much was done, and how the verifier itself did. */
export function evidence(report: VerificationReport): string[] {
  const { kernels, groups, self } = report;
  const open = kernels.reduce(
    (sum, { checks }) => sum + checks.reduce((all, { indeterminate }) => all + indeterminate, 0),
    0,
  );
  const equal = groups.filter(({ problem }) => problem === null).length;
  return [
    `${formatCount(casesOf(kernels), "case")} on ${formatCount(kernels.length, "kernel")}.` +
    (open === 0
      ? ""
      : ` ${formatCount(open, "result")} not counted, since the rules leave them open.`),
    ...(groups.length === 0 ? [] : [
      `${equal} of ${
        formatCount(groups.length, "group")
      } of kernels that add in the same order agree bit for bit.`,
    ]),
    ...(self === null ? [] : [selfSentence(selfCounts(self))]),
  ];
}

function selfSentence(
  { killed, survived, notRun, accepted, rejected, points, wrong }: SelfCounts,
): string {
  const met = killed + survived.length;
  return `The verifier’s own test: ${killed} of ${formatCount(met, "broken kernel")} found` +
    (notRun === 0 ? "" : ` (${formatWhole(notRun)} more cannot run here)`) +
    `, ${accepted} of ${
      formatCount(accepted + rejected.length, "legal variant")
    } accepted, reference ` +
    (wrong.length === 0 ? `right at ${formatCount(points, "point")}.` : "wrong.");
}

/** What to know before trusting the answer. */
export function cautions(report: VerificationReport): string[] {
  const { self, kernels, partial, build } = report;
  const counts = self && selfCounts(self);
  const warnings = kernels.reduce(
    (sum, { checks }) => sum + checks.reduce((all, check) => all + check.warnings.length, 0),
    0,
  );
  return [
    ...(counts === null ? ["The verifier did not test itself in this run."] : []),
    ...(counts !== null && counts.survived.length > 0
      ? [
        `A broken kernel was not found: ${counts.survived.join(", ")}. Until it is, a PASS says ` +
        "nothing of that kind of defect.",
      ]
      : []),
    ...(counts !== null && counts.rejected.length > 0
      ? [`A kernel that is right was rejected: ${counts.rejected.join(", ")}.`]
      : []),
    ...(counts !== null && counts.wrong.length > 0
      ? [`The reference is wrong: ${counts.wrong.join(", ")}. No verdict of this run holds.`]
      : []),
    ...(warnings > 0
      ? [`${formatCount(warnings, "warning")}: unusual, but within what is proven; see below.`]
      : []),
    ...(partial ? ["A partial run: not all kernels or checks were run."] : []),
    ...(build === null
      ? ["The code that was verified could not be read, so that its build is unknown."]
      : []),
  ];
}
