/**
 * A run of the verifier: the kernels and the verifier's own test side by side in
 * workers, then what can be said of them together, as one report.
 *
 * @module
 */
import { join } from "node:path";
import { processors } from "../common/processors.ts";
import { type KernelName, kernelNames } from "../kernels/registry.ts";
import { readEngine, readEnvironment } from "../results/environment.ts";
import {
  type KernelVerification,
  type Mode,
  type SelfTest,
  type Skipped,
  ulpBins,
  type VerificationReport,
  verificationSchema,
} from "../results/verification/schema.ts";
import { buildHash } from "./build.ts";
import type { Effort } from "./check.ts";
import { testReferenceProduct } from "./exact.ts";
import { hashOfModule } from "./foreign/code.ts";
import { compareGroups } from "./groups.ts";
import { halfOf } from "./halves.ts";
import { dealChecks } from "./kernel_parts.ts";
import { joinMutationTests } from "./mutants/mutants.ts";
import { gradientSelfTest } from "./self/gradients.ts";
import { referenceSelfTest } from "./self/reference.ts";
import { kernelOption, type KnownKernel, nameOfKernel } from "./repeat_command.ts";
import { runInParts } from "./run_parts.ts";
import type { SweepProgress } from "./sweep/sweep.ts";
import { sweepKernels, type SweepPlan, withSweep } from "./swept_kernels.ts";
import type { KernelTask, TaskProgress, VerifyTask } from "./tasks.ts";
import { checks } from "./verify.ts";

/** What a run of the verifier does. */
export interface VerificationPlan {
  readonly mode: Extract<Mode, "quick" | "full" | "self">;
  /** Of the registry, or from elsewhere. */
  readonly kernels: readonly KnownKernel[];
  /** The names of the checks. */
  readonly checks: readonly string[];
  readonly seed: number;
  /** The seed of the numbers that the sweep begins with; default `seed`. */
  readonly sweepSeed?: number;
  /** Kernels whose absence is a failure. */
  readonly required: readonly KernelName[];
  /** Whether warnings count as failures. */
  readonly strict: boolean;
  /** The command that repeats the run. */
  readonly command: string;
  /** The sweep of the activations; default none. */
  readonly sweep?: SweepPlan | null;
}

/** The folder of the last run's files, where the bench looks for kernels that are verified. */
export const verificationFolder = "runs/verification";

/** The folder for one engine in the folder of runs: results under one say nothing of another, and must not replace them. */
export function folderOf(engine: string, runs?: string): string {
  const folder = runs === undefined ? verificationFolder : join(runs, "verification");
  return engine === "plain" ? `${folder}-plain` : folder;
}

/** The exit codes of the verifier. */
export const exitCodes = { passed: 0, failed: 1, usage: 2, missing: 3, selfTest: 4 } as const;

/** Each is a process of its own in all but name, with the memory of one. */
const mostWorkers = 64;

/** The self-test comes last, in so many parts: as one it would leave the other processors idle. */
const selfTestParts = 2;

/** Milliseconds without a heartbeat after which a kernel is taken to hang. */
const timeout = 180_000;

/** How to follow a run, and to stop it. */
export interface RunOptions {
  readonly onProgress?: (name: string, progress: TaskProgress) => void;
  readonly signal?: AbortSignal;
  /** Workers at once; default one for each processor, at most 64. */
  readonly workers?: number;
  /** Whether the process ends after the run, and its idle workers with it; default false. */
  readonly leaveIdle?: boolean;
  readonly onSweep?: (progress: SweepProgress) => void;
  /** Is told, a line each, what the user should know of the sweep's resume file. */
  readonly onNotice?: (line: string) => void;
}

/** What takes most of the time on conforming variants, and in quick mode is left to `--self` and `--full`: they say nothing of the kernels of the run. */
const notOnVariants: readonly string[] = [
  "product-sizes",
  "array-sizes",
  "sequences",
  "combinations",
  "sweep",
];

/** The checks, of those of a run, by which it tries conforming variants. */
export function checksOnVariants(mode: Mode, names: readonly string[]): readonly string[] {
  const few = names.filter((name) => !notOnVariants.includes(name));
  return mode === "quick" && few.length > 0 ? few : names;
}

/** The tasks of a plan, those that take longest first. */
function tasksOf(
  { mode, kernels, checks: chosen, seed, sweepSeed = seed }: VerificationPlan,
): VerifyTask[] {
  const full = mode !== "quick";
  const effort: Effort = mode === "full" ? "full" : "quick";
  const mutationTests = Array.from({ length: selfTestParts }, (_, index): VerifyTask => ({
    kind: "mutation-tests",
    keyOnly: !full,
    matrix: full,
    part: { index, of: selfTestParts },
    // Where every mutant meets all checks, it matters more that the parts take equally long.
    dealt: full ? [] : dealChecks(chosen, selfTestParts),
    checks: checksOnVariants(mode, chosen),
    drawnBy: full ? null : sweepSeed,
    gpu: kernels.includes("webgpu"),
    effort: "smoke",
    seed,
  }));
  // Those that use all processors themselves are the last in the registry.
  const each = mode === "self" ? [] : kernels.toReversed().map((kernel): VerifyTask => ({
    kind: "kernel",
    kernel,
    checks: chosen,
    effort,
    seed,
    sweepSeed,
    half: mode === "quick" ? halfOf(kernel, kernels) : null,
  }));
  return [...each, ...mutationTests];
}

/** A kernel whose worker died or hung. */
function lostKernel(task: KernelTask, reason: string, seed: number): KernelVerification {
  const kernel = nameOfKernel(task.kernel);
  return {
    kernel,
    device: "",
    threads: 0,
    passed: false,
    elapsed: 0,
    summation: null,
    activations: [],
    growth: [],
    ulpHistogram: ulpBins.map(() => 0),
    checks: [{
      check: "run",
      description: "the kernel runs to the end",
      cases: 1,
      indeterminate: 0,
      worst: 0,
      worstCase: null,
      failures: [{
        id: "run",
        problem: `its verification ended early: ${reason}`,
        repeat: `deno task verify ${kernelOption(task.kernel)} --seed ${seed}`,
        minimal: null,
      }],
      warnings: [],
      coverage: [],
    }],
  };
}

/** Whether the verifier found all that it must find, and nothing else. */
function selfTestPassed({ references, mutants, conforming }: SelfTest): boolean {
  return references.every(({ failures }) => failures.length === 0) &&
    mutants.every(({ killed }) => killed !== false) &&
    conforming.every(({ accepted }) => accepted);
}

/** How many cases were unusual, and yet within what is allowed. */
export function countWarnings(kernels: readonly KernelVerification[]): number {
  return kernels.flatMap(({ checks }) => checks)
    .reduce((sum, { warnings }) => sum + warnings.length, 0);
}

/** The exit code of a report, the most serious first: where the verifier itself is wrong, nothing it says of kernels counts. */
export function exitCodeOf(
  { self, kernels, skipped, groups }: Pick<
    VerificationReport,
    "self" | "kernels" | "skipped" | "groups"
  >,
  strict: boolean,
): number {
  if (self && !selfTestPassed(self)) return exitCodes.selfTest;
  if (skipped.some(({ required }) => required)) return exitCodes.missing;
  const warned = countWarnings(kernels) > 0;
  if (kernels.some(({ passed }) => !passed) || (strict && warned)) return exitCodes.failed;
  if (groups.some(({ problem }) => problem !== null)) return exitCodes.failed;
  return exitCodes.passed;
}

/** The references against independent evaluations. */
function testReferences(seed: number): SelfTest["references"] {
  return [testReferenceProduct(seed), referenceSelfTest(seed), gradientSelfTest(seed)].map(
    ({ name, points, failures }) => ({ name, points, failures }),
  );
}

/** Runs a plan. */
export async function runVerification(
  plan: VerificationPlan,
  {
    onProgress,
    onSweep,
    onNotice,
    signal,
    leaveIdle = false,
    workers = processors(mostWorkers),
  }: RunOptions = {},
): Promise<VerificationReport> {
  const start = new Date();
  const environment = await readEnvironment();
  const engine = readEngine();
  const running = runInParts(tasksOf(plan), {
    workers,
    timeout,
    leaveIdle,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  // Both while the workers load, the hash of the code that they load among them.
  const build = await buildHash(environment, engine);
  const references = testReferences(plan.seed);
  const { results, lost } = await running;
  const own = plan.kernels.filter((kernel) => typeof kernel === "string");
  const foreign = plan.kernels.filter((kernel) => typeof kernel !== "string");
  const found = new Map<string, KernelVerification>();
  const skipped: Skipped[] = [];
  const parts = results.flatMap((result) => result.kind === "mutation-tests" ? [result.self] : []);
  let self: SelfTest | null = parts.length < selfTestParts
    ? null
    : { references, ...joinMutationTests(parts) };
  for (const result of results) {
    if (result.kind === "kernel") found.set(result.report.kernel, result.report);
    else if (result.kind === "unavailable") {
      const { kernel, reason } = result;
      // One from elsewhere was asked for by name: where it cannot be run, nothing is verified.
      const own = plan.required.some((name) => name === kernel);
      skipped.push({
        kernel,
        reason,
        required: own || foreign.some(({ name }) => name === kernel),
      });
    }
  }
  for (const each of lost) {
    const { task, reason } = each;
    if (task.kind === "kernel") {
      found.set(nameOfKernel(task.kernel), lostKernel(task, reason, plan.seed));
    } else {
      const failures = [`the self-test ended early: ${reason}`];
      const broken = { name: "self-test", points: 0, failures };
      self = { references: [...references, broken], checks: [], mutants: [], conforming: [] };
    }
  }
  const swept = plan.sweep && !signal?.aborted
    ? await sweepKernels(own.filter((name) => found.has(name)), plan.sweep, {
      workers,
      signal,
      onSweep,
      onNotice,
    })
    : [];
  const codes = new Map(
    await Promise.all(foreign.map(async (one) => [one.name, await hashOfModule(one)] as const)),
  );
  const kernels = plan.kernels.flatMap((kernel) => found.get(nameOfKernel(kernel)) ?? []).map(
    (kernel) => {
      const code = codes.get(kernel.kernel) ?? null;
      const own = swept.filter((each) => each.kernel === kernel.kernel);
      return { ...withSweep(kernel, own), ...(code !== null && { code }) };
    },
  );
  const groups = compareGroups(
    results.flatMap((result) => result.kind === "kernel" ? [result.hashes] : []),
  );
  const partial = signal?.aborted === true || own.length < kernelNames.length ||
    plan.checks.length < checks.length || plan.mode === "self";
  const report = {
    schema: verificationSchema,
    date: start.toISOString(),
    command: plan.command,
    mode: plan.mode,
    seed: plan.seed,
    sweepSeed: plan.sweepSeed ?? plan.seed,
    elapsed: (Date.now() - start.getTime()) / 1e3,
    partial,
    build,
    environment,
    engine,
    kernels,
    skipped,
    groups,
    self,
    warnings: countWarnings(kernels),
    ...(plan.strict && { strict: true }),
  } as const;
  const exitCode = signal?.aborted ? exitCodes.failed : exitCodeOf(report, plan.strict);
  return { ...report, exitCode };
}
