/**
 * What a run found, as text for a terminal: kernels and checks in a table, how
 * each kernel adds, and the kill matrix.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { formatCount, formatNumber, formatPercent, formatShort } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import { formatList } from "../common/text.ts";
import { formatDuration } from "../common/units.ts";
import { formatTree } from "../results/verification/tree.ts";
import { checksOnVariants, countWarnings } from "./run.ts";
import type {
  ActivationReport,
  KernelVerification,
  SelfTest,
  VerificationReport,
} from "../results/verification/schema.ts";

/** Failures of one check that are shown. */
const failuresShown = 3;

/** The order that is claimed, and whether it is not true; where none is, what failed is no claim of one. */
function claimText(claim: string, agrees: boolean): string {
  return claim === "unspecified" ? "none" : agrees ? claim : `${claim} (FALSE)`;
}

/** Where what was probed is written to be claimed. */
const claimsNote =
  "to claim it, export const claims = { … } beside a product, or write it into a " +
  "kernel's traits; docs/claims.md says what each claim means";

/** A worst share of a bound, or that there was no error at all. */
export function formatShare(worst: number): string {
  return worst === 0 ? "exact" : formatShort(worst);
}

/** Checks as rows, kernels as columns: cases and the worst share of the bound. */
function formatKernels(kernels: readonly KernelVerification[], strict: boolean): string[] {
  const names = [...new Set(kernels.flatMap(({ checks }) => checks.map(({ check }) => check)))];
  const rows = names.map((name) => [
    name,
    ...kernels.map(({ checks }) => {
      const own = checks.find(({ check }) => check === name);
      if (!own) return "-";
      const { cases, failures, warnings, worst } = own;
      if (failures.length > 0) return `${failures.length} of ${cases} FAILED`;
      return `${cases} ${formatShare(worst)}${
        warnings.length > 0 ? `, ${warnings.length} warned` : ""
      }`;
    }),
  ]);
  const failed = (kernel: KernelVerification) =>
    !kernel.passed || (strict && countWarnings([kernel]) > 0);
  const passed = ["", ...kernels.map((kernel) => failed(kernel) ? "FAIL" : "PASS")];
  const [header = "", ...lines] = alignColumns([
    ["check", ...kernels.map(({ kernel }) => kernel)],
    ...rows,
    passed,
  ]);
  const last = lines.pop() ?? "";
  const color = kernels.some(failed) ? red : green;
  return [
    bold(header),
    ...lines.map((line) => line.includes("FAILED") ? red(line) : line),
    color(last),
  ];
}

/** Failures and warnings with the commands that repeat them. */
function formatFindings({ kernel, checks }: KernelVerification): string[] {
  return checks.flatMap(({ failures, warnings }) => [
    ...failures.slice(0, failuresShown).flatMap(({ id, problem, repeat, minimal }) => [
      red(`${kernel}/${id}: ${problem}`),
      `  repeat:  ${repeat}`,
      ...(minimal
        ? [`  minimal: ${repeat.replace(id, minimal.id)} (shrunk in ${minimal.steps} steps)`]
        : []),
    ]),
    ...(failures.length > failuresShown ? [`  and ${failures.length - failuresShown} more`] : []),
    ...warnings.slice(0, failuresShown).map(({ id, problem }) =>
      yellow(`warning: ${kernel}/${id}: ${problem}`)
    ),
    ...(warnings.length > failuresShown
      ? [`  and ${formatCount(warnings.length - failuresShown, "more warning")}`]
      : []),
  ]);
}

/** How each kernel adds, and which kernels give the same bits. */
function formatOrders({ kernels, groups }: VerificationReport): string[] {
  const rows = kernels.flatMap(({ kernel, summation }) => {
    if (!summation) return [];
    const { claim, agrees, fused, accumulator, denormals, nan, trees } = summation;
    const longest = trees.reduce((most, tree) => tree.k > most.k ? tree : most, trees[0]!);
    return [[
      kernel,
      claimText(claim, agrees),
      longest ? `${longest.depth} of ${longest.k}` : "-",
      longest ? formatTree(longest.tree, longest.k) : "-",
      accumulator === "float64" ? "in float64" : fused ? "fused" : "separate",
      accumulator,
      denormals,
      nan,
    ]];
  });
  if (rows.length === 0) return [];
  const header = [
    "order of sums",
    "claimed",
    "depth",
    "probed",
    "rounding",
    "sums",
    "subnormals",
    "NaN",
  ];
  const [first = "", ...lines] = alignColumns([header, ...rows]);
  return [
    "",
    bold(first),
    ...lines,
    ...kernels.flatMap(({ kernel, summation }) =>
      summation?.proposal ? [yellow(`${kernel} could claim, as probed: ${summation.proposal}`)] : []
    ),
    ...(kernels.some(({ summation }) => summation?.proposal) ? [dim(claimsNote)] : []),
    ...groups.map(({ kernels: members, cases, problem }) =>
      problem === null
        ? green(
          `${formatList(members)}: the same claims, the same bits in ${cases} of ${cases} cases`,
        )
        : red(`${formatList(members)}: ${problem}`)
    ),
  ];
}

/** The largest errors of activations, kernel by kernel. */
function formatActivations(kernels: readonly KernelVerification[]): string[] {
  const line = (what: string, swept: readonly ActivationReport[]) =>
    swept.length === 0 ? [] : [
      `${what}, largest error in ULP${formatShareSeen(swept)}: ${
        swept.map(({ activation, ulp }) =>
          `${activation} ${ulp > 0 ? formatNumber(ulp, 4) : "exact"}`
        ).join(", ")
      }`,
    ];
  return kernels.flatMap(({ kernel, activations, gradients = [] }) => [
    ...line(kernel, activations),
    ...line(`${kernel}, gradients`, gradients),
  ]);
}

/** How much of all inputs was tried, by this run or by all runs of this build. */
function formatShareSeen(swept: readonly ActivationReport[]): string {
  if (swept.every(({ exhaustive }) => exhaustive)) return ", over all float32 numbers";
  const seen = Math.min(...swept.map(({ seen = 0 }) => seen));
  return seen > 0 ? ` (${formatPercent(seen, 3)} of all numbers seen for this build)` : "";
}

/** The kill matrix: mutants as rows, checks as columns. */
export function formatMatrix({ checks, mutants }: Pick<SelfTest, "checks" | "mutants">): string[] {
  const heads = checks.map((_, i) => String.fromCharCode(65 + i));
  const rows = mutants.map(({ name, killer, outcomes, killed }) => {
    const cells = checks.map((check) => {
      const outcome = outcomes[check] ?? "not run";
      const sign = outcome === "killed" ? "x" : outcome === "survived" ? "." : " ";
      return check === killer
        ? (outcome === "killed" ? "X" : outcome === "survived" ? "!" : "?")
        : sign;
    });
    return [name, cells.join(" "), killed === false ? "SURVIVED" : ""];
  });
  const [header = "", ...lines] = alignColumns([["a kernel in which", heads.join(" ")], ...rows]);
  return [
    bold(header),
    ...lines.map((line, i) => mutants[i]?.killed === false ? red(line) : line),
    "X killed by the check that must find it, x by another one, . not killed, ! survived; checks:",
    checks.map((check, i) => `${heads[i]} ${check}`).join(", "),
  ];
}

/** The self-test in a line, and what failed in it. */
function formatSelf(
  { references, mutants, conforming, conformingOf, checks }: SelfTest,
  tried: number,
): string[] {
  const run = mutants.filter(({ killed }) => killed !== null);
  const killed = run.filter((mutant) => mutant.killed).length;
  const accepted = conforming.filter((variant) => variant.accepted).length;
  const points = references.reduce((sum, each) => sum + each.points, 0);
  const bad = [
    ...references.flatMap(({ name, failures }) => failures.map((each) => `${name}: ${each}`)),
    ...run.filter((mutant) => !mutant.killed).map(({ name, killer }) =>
      `SURVIVED: a kernel in which ${name}; ${killer} must find it`
    ),
    ...conforming.filter((variant) => !variant.accepted).map(({ name, problem }) =>
      `REJECTED though it conforms: a kernel in which ${name}: ${problem}`
    ),
  ];
  const missing = mutants.length - run.length;
  const line = `self-test: reference right in ${points} of ${points} points, ` +
    `${killed} of ${run.length} mutants killed${missing ? ` (${missing} not run here)` : ""}, ` +
    `${accepted} of ${conforming.length} conforming variants accepted${
      // The first of the matrix is the comparison, which is no check of kernels.
      tried < checks.length - 1 ? ` by ${formatCount(tried, "check")}` : ""}${
      conformingOf === undefined ? "" : ` (drawn from ${conformingOf})`
    }`;
  return bad.length === 0 ? [green(line)] : [red(line), ...bad.map(red)];
}

/** By how many checks conforming variants were tried: by those of the kernels, or of them what the mode leaves. */
function checksOf({ kernels, mode }: VerificationReport): number {
  const counts = kernels.map(({ checks }) =>
    checksOnVariants(mode, checks.map(({ check }) => check)).length
  );
  return counts.length === 0 ? Infinity : Math.max(...counts);
}

/** Which kernels had half of the cases of some checks; no line where none had. */
function formatHalves(kernels: readonly KernelVerification[]): string[] {
  const names = kernels.flatMap(({ kernel, half }) => half === undefined ? [] : [kernel]);
  return names.length === 0 ? [] : [
    `${
      formatList(names)
    }: of checks with many cases alike each has a drawn half, the one that shares its code the other; a kernel alone, and --full, have all`,
  ];
}

/** The whole report for a terminal. */
export function formatReport(report: VerificationReport): string {
  const { kernels, skipped, self, seed, sweepSeed = seed, elapsed, mode } = report;
  const found = kernels.flatMap(({ checks }) => checks);
  const cases = found.reduce((sum, check) => sum + check.cases, 0);
  const failed = found.reduce((sum, { failures }) => sum + failures.length, 0);
  const warned = countWarnings(kernels);
  const showMatrix = self && (mode !== "quick");
  return [
    ...kernels.flatMap(formatFindings),
    ...(kernels.length > 0 ? formatKernels(kernels, report.strict ?? false) : []),
    ...formatOrders(report),
    ...formatActivations(kernels),
    ...formatHalves(kernels),
    ...(showMatrix ? ["", ...formatMatrix(self)] : []),
    "",
    ...(self ? formatSelf(self, checksOf(report)) : []),
    ...skipped.map(({ kernel, reason, required }) =>
      (required ? red : yellow)(`${kernel} SKIPPED${required ? " though required" : ""}: ${reason}`)
    ),
    `seed ${seed}${sweepSeed === seed ? "" : ` (sweep ${sweepSeed})`}, ${mode}, ${
      formatDuration(elapsed)
    }: ${cases - failed} passed, ${failed} failed${
      warned > 0 ? `, ${formatCount(warned, "warning")}` : ""
    }`,
    ...(report.strict && warned > 0
      ? [red(`FAIL: ${formatCount(warned, "warning")}, which --strict counts as failures`)]
      : []),
  ].join("\n");
}
