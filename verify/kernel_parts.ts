/**
 * The checks of a kernel as several tasks, so that no processor waits for the
 * longest: the checks are dealt out by what they cost, the dearest first, each to
 * the part that has least (Graham's LPT rule, SIAM J. Appl. Math. 1969), and
 * what the parts found is put together as if one task had run them all.
 *
 * @module
 */
import type { KernelVerification } from "../results/verification/schema.ts";
import type { KnownKernel } from "./repeat_command.ts";
import type { KernelTask, VerifyResult } from "./tasks.ts";
import { checks } from "./verify.ts";

/** What a task found on a kernel. */
export type KernelResult = Extract<VerifyResult, { readonly kind: "kernel" }>;

/** Seconds of a check of a kernel at quick effort, in the middle of those that run on processors, one after the other in one worker, each with its half of the cases; what is not named takes little. */
export const costs: Readonly<Record<string, number>> = {
  combinations: 2,
  sweep: 1.7,
  "product-sizes": 1.5,
  sequences: 1.2,
  determinism: 0.9,
  "array-sizes": 0.9,
  layers: 0.6,
  formulas: 0.6,
  exceptional: 0.5,
  order: 0.5,
  "exact-backward": 0.4,
  "rigorous-forward": 0.3,
  "rigorous-backward": 0.3,
  int8: 0.2,
  contract: 0.2,
  "exact-forward": 0.2,
  freivalds: 0.2,
};

const leastCost = 0.1;

/** Claims are proposed from what these find together. */
const together: readonly string[] = ["order", "sweep"];

function costOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (costs[name] ?? leastCost), 0);
}

/** A part must be worth the start of its worker. */
const leastOfPart = 2;

/**
 * How many parts the checks of a kernel are worth. A kernel is left whole that
 * computes by a library whose threads all its instances share, or on a GPU, which
 * is one; and one from elsewhere, which may have but one of something.
 */
export function countParts(kernel: KnownKernel, names: readonly string[], workers: number): number {
  const whole = typeof kernel !== "string" || kernel === "native" || kernel === "webgpu";
  return !whole && workers > 1 && costOf(names) >= 2 * leastOfPart ? 2 : 1;
}

/** The checks in so many parts that take about as long, each in the order of the whole. */
export function dealChecks(names: readonly string[], parts: number): string[][] {
  const paired = names.filter((name) => together.includes(name));
  const others = names.filter((name) => !together.includes(name)).map((name) => [name]);
  const groups = [...(paired.length > 0 ? [paired] : []), ...others]
    .toSorted((one, other) => costOf(other) - costOf(one));
  const dealt: string[][] = Array.from({ length: parts }, () => []);
  for (const group of groups) {
    const least = dealt.reduce((one, other) => costOf(other) < costOf(one) ? other : one);
    least.push(...group);
  }
  return dealt.filter(({ length }) => length > 0)
    .map((part) => names.filter((name) => part.includes(name)));
}

/** A kernel's task in so many parts; itself alone where it is left whole. */
export function splitTask(task: KernelTask, parts: number): KernelTask[] {
  const dealt = parts > 1 ? dealChecks(task.checks, parts) : [];
  return dealt.length < 2 ? [task] : dealt.map((names, index) => ({
    ...task,
    checks: names,
    part: { index, of: dealt.length },
  }));
}

/** The order of the checks in a report. */
const places = new Map(checks.map(({ name }, i) => [name, i]));

/** What the parts of a kernel found, as one. */
function uniteReports(reports: readonly KernelVerification[]): KernelVerification {
  const [first] = reports as readonly [KernelVerification];
  // Refused claims are one report, and every part's.
  const byName = new Map(reports.flatMap(({ checks }) => checks).map((one) => [one.check, one]));
  return {
    ...first,
    passed: reports.every(({ passed }) => passed),
    elapsed: reports.reduce((sum, { elapsed }) => sum + elapsed, 0),
    summation: reports.find(({ summation }) => summation !== null)?.summation ?? null,
    checks: [...byName.values()].toSorted((one, other) =>
      places.get(one.check)! - places.get(other.check)!
    ),
    activations: reports.flatMap(({ activations }) => activations),
    gradients: reports.flatMap(({ gradients = [] }) => gradients),
    growth: reports.flatMap(({ growth }) => growth),
    ulpHistogram: first.ulpHistogram.map((_, bin) =>
      reports.reduce((sum, { ulpHistogram }) => sum + ulpHistogram[bin]!, 0)
    ),
  };
}

/** The results of a kernel's parts, in the order of these, as one. */
export function uniteResults(results: readonly KernelResult[]): KernelResult {
  const [first] = results as readonly [KernelResult];
  return { ...first, report: uniteReports(results.map(({ report }) => report)) };
}

/**
 * The task that looks for claims to propose where another part than that of the
 * order of sums failed, which alone would not; null where nothing is to be proposed.
 */
export function proposalTask(task: KernelTask, found: KernelResult): KernelTask | null {
  const { summation, checks: reports } = found.report;
  const failed = reports.filter(({ failures }) => failures.length > 0);
  const sought = failed.length === 0 || failed.some(({ check }) => together.includes(check));
  return summation === null || sought || task.effort === "smoke"
    ? null
    : { ...task, checks: [], found: found.report };
}
