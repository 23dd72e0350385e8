/**
 * Makes every text of a verification file safe to show, as `cleanResults` does
 * those of the bench's.
 *
 * @module
 */
import { cleaned, type CleaningRules } from "../clean.ts";
import type { VerificationReport } from "./schema.ts";

const rules: CleaningRules = {
  lines: [
    "claim",
    "description",
    "detail",
    "engine",
    "failures",
    "id",
    "reason",
    "worstCase",
  ],
  // A problem may be a list of calls, which are commands, too.
  commands: ["command", "repeat", "problem"],
  names: {
    kernel: "kernel",
    kernels: "kernel",
    check: "check",
    checks: "check",
    killer: "check",
    family: "family",
    activation: "activation",
    "mutants.name": "mutant",
    "conforming.name": "variant",
  },
  tables: { outcomes: "check" },
};

/** The same report with every text cleaned. */
export function cleanVerification(report: VerificationReport): VerificationReport {
  return cleaned(report, rules);
}
