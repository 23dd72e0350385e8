/**
 * What a verification found, in sentences and counts: the part of the page
 * that can be tested without looking at it.
 *
 * @module
 */
import { formatCount, formatWhole } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
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
  "wrong usage",
  "a kernel that was required is missing",
  "the verifier failed its self-test",
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

/** How many cases of a check failed: those counted, or those listed where they are more. */
export function failedCases({ coverage, failures }: CheckReport): number {
  return Math.max(failures.length, coverage.reduce((sum, { failed }) => sum + failed, 0));
}

/** The checks that ran on any kernel, in the order of the file. */
export function checksOf(report: VerificationReport): { check: string; description: string }[] {
  const found = new Map<string, string>();
  for (const { checks } of report.kernels) {
    for (const { check, description } of checks) {
      if (!found.has(check)) found.set(check, description);
    }
  }
  return [...found].map(([check, description]) => ({ check, description }));
}

/** What the self-test found and accepted. */
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
  const verdict = all
    ? kernels.length === 1
      ? "The one kernel verified passed"
      : `All ${kernels.length} kernels passed`
    : `${failed.join(", ")} failed; ${kernels.length - failed.length} of ${
      formatCount(kernels.length, "kernel")
    } passed`;
  return all && exitCode !== 0 ? `${verdict}, but the run did not succeed.` : `${verdict}.`;
}

/** How much was verified, and the result of the self-test. */
export function evidence(report: VerificationReport): string[] {
  const { kernels, groups, self } = report;
  const open = kernels.reduce(
    (sum, { checks }) => sum + checks.reduce((all, { indeterminate }) => all + indeterminate, 0),
    0,
  );
  const halves = kernels.filter(({ half }) => half !== undefined).map(({ kernel }) => kernel);
  const equal = groups.filter(({ problem }) => problem === null).length;
  return [
    `${formatCount(casesOf(kernels), "case")} on ${formatCount(kernels.length, "kernel")}.` +
    (open === 0
      ? ""
      : ` ${formatCount(open, "result")} not counted, because the rules allow several.`),
    ...(halves.length === 0 ? [] : [
      `Of checks that have many cases alike, ${
        formatList(halves)
      } had a drawn half each, the kernel that shares most code with it the other half.`,
    ]),
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
  const mutants = formatCount(killed + survived.length, "mutant");
  const variants = formatCount(accepted + rejected.length, "conforming variant");
  return `Self-test of the verifier: ${killed} of ${mutants} killed` +
    (notRun === 0 ? "" : ` (${formatWhole(notRun)} more cannot run here)`) +
    `, ${accepted} of ${variants} accepted, reference ` +
    (wrong.length === 0 ? `right at ${formatCount(points, "point")}.` : "wrong.");
}

/** What to know before trusting the answer: the cause, and the remedy. */
export function cautions(report: VerificationReport): string[] {
  const { self, kernels, partial, build } = report;
  const counts = self && selfCounts(self);
  const warnings = kernels.reduce(
    (sum, { checks }) => sum + checks.reduce((all, check) => all + check.warnings.length, 0),
    0,
  );
  const texts: string[] = [];
  if (counts === null) {
    texts.push("The verifier was not tested in this run. Run deno task verify --self to do so.");
  } else {
    if (counts.survived.length > 0) {
      texts.push(
        `Not every mutant was killed: ${formatList(counts.survived)} survived. Until the check ` +
          "that must find such a defect is corrected, PASS says nothing about it.",
      );
    }
    if (counts.rejected.length > 0) {
      texts.push(
        `A conforming variant was rejected: ${formatList(counts.rejected)}. Until the check that ` +
          "rejects it is corrected, FAIL may be wrong.",
      );
    }
    if (counts.wrong.length > 0) {
      texts.push(
        `The reference is wrong: ${formatList(counts.wrong)}. No verdict of this run holds until ` +
          "it is corrected.",
      );
    }
  }
  if (warnings > 0) {
    texts.push(
      `${formatCount(warnings, "warning")}: unusual, but within the proven bounds. The commands ` +
        "below repeat them.",
    );
  }
  if (partial) {
    texts.push(
      "A partial run: not all kernels or checks were run. Run deno task verify for all of them.",
    );
  }
  if (build === null) {
    texts.push(
      "The code that was verified could not be read, so its build is unknown, and the bench will " +
        "verify it again.",
    );
  }
  return texts;
}
