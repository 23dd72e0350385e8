/**
 * Makes the words of a verification file safe to show, as `cleanResults` does
 * those of the bench's.
 *
 * @module
 */
import { cleanEnvironment, cleanText, maxCommand, maxLine, renamer } from "../clean.ts";
import type { CheckReport, FailureReport, SummationReport, VerificationReport } from "./schema.ts";

const line = (text: string) => cleanText(text, maxLine);
const lineOrNull = (text: string | null) => text === null ? null : line(text);

/**
 * The same report with every text cleaned. Names that differ stay different,
 * and names that are the same in several places stay the same.
 */
export function cleanVerification(report: VerificationReport): VerificationReport {
  const kernel = renamer();
  const check = renamer();
  const family = renamer();
  const activation = renamer();
  const mutant = renamer();
  const legal = renamer();
  const cleanCheck = (one: CheckReport): CheckReport => ({
    ...one,
    check: check(one.check),
    description: line(one.description),
    worstCase: lineOrNull(one.worstCase),
    failures: one.failures.map(cleanFailure),
    warnings: one.warnings.map(cleanFailure),
    coverage: one.coverage.map((part) => ({ ...part, family: family(part.family) })),
  });
  return {
    ...report,
    date: cleanText(report.date),
    command: cleanText(report.command, maxCommand),
    build: report.build === null ? null : cleanText(report.build),
    environment: cleanEnvironment(report.environment),
    engine: line(report.engine),
    kernels: report.kernels.map((one) => ({
      ...one,
      kernel: kernel(one.kernel),
      device: cleanText(one.device),
      summation: one.summation && cleanSummation(one.summation),
      checks: one.checks.map(cleanCheck),
      activations: one.activations.map((part) => ({
        ...part,
        activation: activation(part.activation),
      })),
      growth: one.growth.map((part) => ({ ...part, family: family(part.family) })),
    })),
    skipped: report.skipped.map((one) => ({
      ...one,
      kernel: kernel(one.kernel),
      reason: line(one.reason),
    })),
    groups: report.groups.map((one) => ({
      ...one,
      kernels: one.kernels.map(kernel),
      problem: lineOrNull(one.problem),
    })),
    self: report.self && {
      references: report.self.references.map((one) => ({
        ...one,
        name: cleanText(one.name),
        failures: one.failures.map(line),
      })),
      checks: report.self.checks.map(check),
      mutants: report.self.mutants.map((one) => ({
        ...one,
        name: mutant(one.name),
        killer: check(one.killer),
        outcomes: Object.fromEntries(
          Object.entries(one.outcomes).map(([name, verdict]) => [check(name), verdict]),
        ),
        detail: line(one.detail),
      })),
      conforming: report.self.conforming.map((one) => ({
        ...one,
        name: legal(one.name),
        problem: lineOrNull(one.problem),
      })),
    },
  };
}

function cleanFailure({ id, problem, repeat, minimal }: FailureReport): FailureReport {
  return {
    id: line(id),
    problem: line(problem),
    repeat: cleanText(repeat, maxCommand),
    minimal: minimal && { ...minimal, id: line(minimal.id) },
  };
}

function cleanSummation(summation: SummationReport): SummationReport {
  return {
    ...summation,
    claim: line(summation.claim),
    trees: summation.trees.map((tree) => ({ ...tree, path: cleanText(tree.path) })),
  };
}
