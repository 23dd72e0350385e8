/**
 * The mutation tests of the verifier: every mutant must be killed by the check
 * that is named for it, every conforming variant must pass all checks, or those
 * that the run is made of, and the comparisons must tell right from wrong. The
 * outcome is the kill matrix.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type {
  ConformingReport,
  MutantOutcome,
  MutantReport,
  SelfTest,
} from "../../results/verification/schema.ts";
import type { Check, Effort } from "../check.ts";
import { checks, verifyKernel } from "../verify.ts";
import { comparisonMutants, findFault, ownComparisons } from "./comparison.ts";
import { claimVariants } from "./claim_variants.ts";
import { conformingVariants } from "./conforming.ts";
import { falseClaims } from "./false_claims.ts";
import { formulaMutants, formulaVariants } from "./formulas.ts";
import { int8Mutants } from "./int8.ts";
import { layerMutants, layerVariants } from "./layers.ts";
import { lossMutants, lossVariants } from "./losses.ts";
import type { ConformingVariant, Mutant } from "./mutant.ts";
import { networkMutants } from "./networks.ts";
import { operationMutants } from "./operations.ts";
import { optimizerMutants, optimizerVariants } from "./optimizers.ts";
import { productMutants } from "./products.ts";
import { sizeMutants } from "./sizes.ts";
import { stateMutants } from "./states.ts";
import { trainingMutants } from "./training.ts";
import { wasmMutants } from "./wasm.ts";
import { wgslMutants } from "./wgsl.ts";

/** All mutants that are kernels. */
export const mutants: readonly Mutant[] = [
  ...productMutants,
  ...operationMutants,
  ...sizeMutants,
  ...stateMutants,
  ...formulaMutants,
  ...int8Mutants,
  ...layerMutants,
  ...lossMutants,
  ...optimizerMutants,
  ...trainingMutants,
  ...networkMutants,
  ...wasmMutants,
  ...wgslMutants,
  ...falseClaims,
];

/** Conforming variants that a quick run does not try. */
const slowVariants: readonly ConformingVariant[] = [
  ...formulaVariants,
  ...layerVariants,
  ...lossVariants,
  ...optimizerVariants,
  ...claimVariants,
];

/** A part of a list: every `of`-th item from `index` on. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** Which mutation tests are run, and how. */
export interface MutationOptions {
  /** Only the key mutants; default all. */
  readonly keyOnly?: boolean;
  /** Those of webgpu too, which ask for a GPU; default true. */
  readonly gpu?: boolean;
  /** Every check on every mutant, for the whole matrix; default only the one that must find it. */
  readonly matrix?: boolean;
  /** One of so many parts of them, which can be run side by side; default all. */
  readonly part?: Part;
  /**
   * The checks of each part, whose mutants and variants it has by them, so that a worker has the
   * checks that its engine has compiled; default none: each part has whole variants.
   */
  readonly dealt?: readonly (readonly string[])[];
  /** What conforming variants are tried by; default every check. */
  readonly chosen?: readonly Check[];
  /** How much each check does; default `smoke`. */
  readonly effort?: Effort;
  readonly seed?: number;
  /** The seed that a third of the conforming variants is drawn by, others by each number; default null, all. */
  readonly drawnBy?: number | null;
  readonly onProgress?: (name: string, done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** What one check finds wrong with a kernel, or null. Warnings of the statistics count, since those give nothing else. */
async function judge(
  kernel: Kernel,
  name: string,
  effort: Effort,
  seed: number,
  own?: Check,
): Promise<string | null> {
  const chosen = own ? [own] : checks.filter((check) => check.name === name);
  const { checks: [report] } = await verifyKernel(kernel, {
    checks: chosen,
    effort,
    seed,
    firstFailure: true,
  });
  if (!report) throw new Error(`there is no check ${name}`);
  const [found] = name === "statistics" ? report.warnings : report.failures;
  return found ? `${found.id}: ${found.problem}` : null;
}

/** Runs the checks on a mutant. */
export async function testMutant(
  { name, kind, killer, create, effort: own, check: changed }: Mutant,
  { matrix = false, effort: usual = "smoke", seed = 1 }: MutationOptions = {},
): Promise<MutantReport> {
  const outcomes: Record<string, MutantOutcome> = {};
  let killed: boolean | null = null;
  let detail = "";
  try {
    for (const check of matrix && !changed ? checks.map((each) => each.name) : [killer]) {
      // A new one for each check: what one left behind must not help the next.
      await using kernel = await create();
      const found = await judge(kernel, check, check === killer && own || usual, seed, changed);
      outcomes[check] = found === null ? "survived" : "killed";
      if (check !== killer) continue;
      killed = found !== null;
      detail = found ?? "";
    }
  } catch (error) {
    // A machine without what the mutant breaks cannot run it.
    if (!(error instanceof DensemarkError)) throw error;
    return { name, kind, killer, outcomes, killed: null, detail: error.message };
  }
  return { name, kind, killer, outcomes, killed, detail };
}

/** Whether a conforming variant is accepted by every check, or by `chosen`. */
export async function testConforming(
  { name, create, check }: ConformingVariant,
  { effort = "smoke", seed = 1, chosen = checks }: MutationOptions = {},
): Promise<ConformingReport> {
  await using kernel = await create();
  const options = { effort, seed, checks: check ? [check] : chosen, firstFailure: true };
  const { checks: reports } = await verifyKernel(kernel, options);
  const failure = reports.flatMap(({ failures }) => failures)[0];
  return {
    name,
    accepted: failure === undefined,
    problem: failure ? `${failure.id}: ${failure.problem}` : null,
  };
}

/** Whether a check looks at sums: all else is the same in all variants of which nothing but the sums is unusual, and is tried with the first. */
export function looksAtSums({ name }: Check): boolean {
  return !["array-sizes", "memory", "determinism", "sequences", "layers", "sweep"].includes(name);
}

/** The comparisons against comparisons that are broken. */
function testComparisons(): MutantReport[] {
  const own = findFault(ownComparisons);
  const all = { "the comparisons themselves": ownComparisons, ...comparisonMutants };
  return Object.entries(all).map(([name, comparisons]) => {
    const fault = findFault(comparisons);
    const killed = comparisons === ownComparisons ? own === null : fault !== null;
    return {
      name: comparisons === ownComparisons ? "a table of right answers is got right" : name,
      kind: "comparison",
      killer: "comparison",
      outcomes: { comparison: killed ? "killed" : "survived" },
      killed,
      detail: fault ?? "",
    };
  });
}

/** The mutation tests alone. */
export type MutationTests = Omit<SelfTest, "references">;

/** Of a variant that several parts tried, each by its checks, one report. */
function joinConforming(reports: readonly ConformingReport[]): ConformingReport[] {
  const joined = new Map<string, ConformingReport>();
  for (const one of reports) {
    if (joined.get(one.name)?.accepted !== false) joined.set(one.name, one);
  }
  return [...joined.values()];
}

/** The parts of a run as one, in the order in which mutants and variants stand here. */
export function joinMutationTests(parts: readonly MutationTests[]): MutationTests {
  const order = [...mutants, ...conformingVariants, ...slowVariants].map(({ name }) => name);
  const inOrder = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
    all.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  return {
    checks: parts[0]?.checks ?? [],
    mutants: inOrder(parts.flatMap((part) => part.mutants)),
    conforming: inOrder(joinConforming(parts.flatMap((part) => part.conforming))),
    ...(parts[0]?.conformingOf !== undefined && { conformingOf: parts[0].conformingOf }),
  };
}

/** Of so many conforming variants one is drawn: they take most of the time of a self-test. */
const oneVariantOf = 3;

/** The conforming variants of a run. */
function variantsOf(
  { keyOnly = false, drawnBy = null }: MutationOptions,
): { readonly variants: readonly ConformingVariant[]; readonly of: number } {
  const all = [...conformingVariants, ...(keyOnly ? [] : slowVariants)];
  const variants = drawnBy === null
    ? all
    : all.filter((_, i) => (i + drawnBy) % oneVariantOf === 0);
  return { variants, of: all.length };
}

/** Runs the mutation tests. The references are tested elsewhere. */
export async function runMutationTests(options: MutationOptions = {}): Promise<MutationTests> {
  const { keyOnly = false, gpu = true, dealt = [] } = options;
  const { index, of: parts } = options.part ?? { index: 0, of: 1 };
  const own = dealt[index] ?? [];
  const isDealt = (name: string) => dealt.some((names) => names.includes(name));
  const chosen = mutants.filter(({ key, kind }) => (key || !keyOnly) && (gpu || kind !== "WGSL"))
    .filter(({ killer }, i) => isDealt(killer) ? own.includes(killer) : i % parts === index);
  const { variants: drawn, of: ofVariants } = variantsOf(options);
  const trials = drawn.flatMap((variant, i) => {
    const all = options.chosen ?? checks;
    const some = keyOnly && variant.sumsOnly && variant !== drawn[0];
    const by = all.filter((check) =>
      (!some || looksAtSums(check)) &&
      (isDealt(check.name) && !variant.check ? own.includes(check.name) : i % parts === index)
    );
    return by.length > 0 ? [{ variant, by }] : [];
  });
  const of = chosen.length + trials.length;
  const reports: MutantReport[] = index === 0 ? testComparisons() : [];
  const conforming: ConformingReport[] = [];
  let done = 0;
  for (const mutant of chosen) {
    if (options.signal?.aborted) break;
    options.onProgress?.(mutant.name, done++, of);
    reports.push(await testMutant(mutant, options));
  }
  for (const { variant, by } of trials) {
    if (options.signal?.aborted) break;
    options.onProgress?.(variant.name, done++, of);
    conforming.push(await testConforming(variant, { ...options, chosen: by }));
  }
  return {
    checks: ["comparison", ...checks.map(({ name }) => name)],
    mutants: reports,
    conforming,
    ...(drawn.length < ofVariants && { conformingOf: ofVariants }),
  };
}
