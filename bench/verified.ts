/**
 * No speed without correctness: a kernel is timed only if the verifier passed it
 * in this very build, engine and processor. What the last run of the verifier
 * found is read from its verify.json; what is missing there, of the checks that
 * what is timed needs, is verified now, and added there for the next time.
 *
 * @module
 */
import { join } from "node:path";
import { printError } from "../common/command.ts";
import { DensemarkError } from "../common/errors.ts";
import { shellWord } from "../common/text.ts";
import { readEngine, readEnvironment } from "../results/environment.ts";
import { FileError, makeFolder, type Written } from "../results/files.ts";
import type { Environment } from "../results/schema.ts";
import type { KernelVerification, VerificationReport } from "../results/verification/schema.ts";
import { readResultText } from "../results/read.ts";
import { readVerification } from "../results/verification/validate.ts";
import { writeVerificationFiles } from "../results/verification/write.ts";
import { buildHash } from "../verify/build.ts";
import { hashOfModule } from "../verify/foreign/code.ts";
import { createProgress } from "../verify/progress.ts";
import { type KnownKernel, nameOfKernel } from "../verify/repeat_command.ts";
import {
  countWarnings,
  exitCodeOf,
  exitCodes,
  folderOf,
  type RunOptions,
  runVerification,
  type VerificationPlan,
} from "../verify/run.ts";
import { checks } from "../verify/verify.ts";

/** The kernels that must not be timed, each with the reason. */
export type Refusals = ReadonlyMap<string, string>;

/** Writes the files of a report into a folder that exists, of which verify.json is one. */
export type ReportWriter = (folder: string, report: VerificationReport) => Promise<Written>;

/** How kernels are verified. */
export interface VerifiedOptions extends RunOptions {
  /** The checks that what is timed needs; default all. */
  readonly needed?: readonly string[];
  /** Where verify.json is, and is written. */
  readonly folder: string;
  /** Where else a verify.json may be, of which what is missing in the first is taken. */
  readonly others?: readonly string[];
  /** Verifies; the verifier's own but in tests. */
  readonly verify?: (plan: VerificationPlan, options: RunOptions) => Promise<VerificationReport>;
  /** Writes the report; by default verify.json and verify.junit.xml. */
  readonly write?: ReportWriter;
  /** Called with the kernels that are about to be verified. */
  readonly onVerify?: (names: readonly string[]) => void;
  /** Called where the report cannot be kept for the next run. */
  readonly onWarning?: (warning: string) => void;
}

/** The last report, if it can be read and is of this build; any other verifies nothing. */
async function lastReport(folder: string, build: string): Promise<VerificationReport | null> {
  try {
    const report = readVerification(await readResultText(join(folder, "verify.json")));
    return report.build === build ? report : null;
  } catch {
    return null;
  }
}

const allChecks = checks.map(({ name }) => name);

/** Which of the checks that are needed were not run on it. */
function missingOf(kernel: KernelVerification | undefined, needed: readonly string[]): string[] {
  return needed.filter((name) =>
    !kernel?.checks.some(({ check, cases }) => check === name && cases > 0)
  );
}

/** What a report says against a kernel, or null. */
export function refusalOf(
  kernel: KernelVerification | undefined,
  needed: readonly string[] = allChecks,
): string | null {
  if (!kernel) return "it was not verified";
  const failed = kernel.checks.filter(({ failures }) => failures.length > 0);
  if (failed.length > 0) {
    const first = failed[0]!.failures[0]!;
    return `the verifier rejects it: ${
      failed.map(({ check }) => check).join(", ")
    }; first ${first.id}: ${first.problem}; ${first.repeat}`;
  }
  if (missingOf(kernel, needed).length > 0) return "not every check was run on it";
  return kernel.passed ? null : "it was not verified to the end";
}

/** What two runs of the same build found of a kernel: the checks of both, those of the newer where both have one. */
function joined(older: KernelVerification, newer: KernelVerification): KernelVerification {
  const both = [
    ...newer.checks,
    ...older.checks.filter(({ check }) => newer.checks.every((own) => own.check !== check)),
  ];
  const order = new Map(allChecks.map((name, i) => [name, i]));
  const placeOf = ({ check }: { readonly check: string }) => order.get(check) ?? order.size;
  const measuredBy = (check: string) => newer.checks.some((own) => own.check === check);
  const { gradients } = measuredBy("sweep") ? newer : older;
  return {
    ...newer,
    passed: older.passed && newer.passed,
    elapsed: older.elapsed + newer.elapsed,
    checks: both.toSorted((a, b) => placeOf(a) - placeOf(b)),
    summation: newer.summation ?? older.summation,
    activations: measuredBy("sweep") ? newer.activations : older.activations,
    ...(gradients && { gradients }),
    growth: measuredBy("statistics") ? newer.growth : older.growth,
    ulpHistogram: newer.ulpHistogram.map((count, bin) => count + (older.ulpHistogram[bin] ?? 0)),
  };
}

/** The command that verifies these. */
function commandOf(kernels: readonly KnownKernel[], checks: readonly string[]): string {
  const own = kernels.filter((kernel) => typeof kernel === "string");
  const paths = kernels.flatMap((kernel) => typeof kernel === "string" ? [] : [kernel.given]);
  return [
    "deno task verify",
    ...(own.length > 0 ? [`--kernels ${own.join(",")}`] : []),
    ...(paths.length > 0 ? [`--kernel ${shellWord(paths.join(","))}`] : []),
    `--checks ${checks.join(",")}`,
  ].join(" ");
}

/** The kernels of both reports, each with the checks of both. */
function merged(older: VerificationReport | null, newer: VerificationReport): VerificationReport {
  const before = new Map(older?.kernels.map((each) => [each.kernel, each]));
  const kernels = newer.kernels.map((each) => {
    const known = before.get(each.kernel);
    before.delete(each.kernel);
    // A kernel that was lost has no check to add.
    return known && known.code === each.code &&
        each.checks.every(({ check }) => allChecks.includes(check))
      ? joined(known, each)
      : each;
  });
  for (const { kernel } of newer.skipped) before.delete(kernel);
  const all = [...kernels, ...before.values()];
  const both = { ...newer, partial: true, kernels: all, warnings: countWarnings(all) };
  return { ...both, exitCode: exitCodeOf(both, false) };
}

/** Writes the report; where that is not possible the next run verifies again. */
async function keep(
  folder: string,
  report: VerificationReport,
  write: ReportWriter,
  onWarning: VerifiedOptions["onWarning"],
): Promise<void> {
  try {
    await makeFolder(folder);
    const { problems } = await write(folder, report);
    if (problems.length > 0) throw new FileError(problems.join("; "));
  } catch (error) {
    if (!(error instanceof DensemarkError)) throw error;
    onWarning?.(
      `the verification is not kept, so the next run may verify again: ${error.message}. ` +
        "Consider --out with a folder that can be written",
    );
  }
}

/**
 * Which of these kernels the verifier refuses; they are verified now where this
 * build has no report of them. A kernel that the machine lacks is not refused:
 * it cannot be made, which is reason enough.
 */
export async function findRefusals(
  kernels: readonly KnownKernel[],
  environment: Environment,
  engine: string,
  {
    needed = allChecks,
    folder,
    others = [],
    verify = runVerification,
    write = writeVerificationFiles,
    onVerify,
    onWarning,
    ...options
  }: VerifiedOptions,
): Promise<Refusals> {
  const build = await buildHash(environment, engine);
  const reportOf = (folder: string) => build === null ? null : lastReport(folder, build);
  const last = await reportOf(folder);
  const further = await Promise.all(others.map(reportOf));
  const codes = new Map(
    await Promise.all(
      kernels.map(async (one) =>
        [one, typeof one === "string" ? undefined : await hashOfModule(one)] as const
      ),
    ),
  );
  // Of a module nothing is known but what was found of this very code of it.
  const known = (report: VerificationReport | null, one: KnownKernel) =>
    report?.kernels.find(({ kernel, code }) =>
      kernel === nameOfKernel(one) && code === codes.get(one)
    );
  // What was verified before, in the first folder that has anything of it.
  const complete = (one: KnownKernel) =>
    [last, ...further].map((report) => known(report, one))
      .find((own) => missingOf(own, needed).length === 0);
  const missing = kernels.filter((one) => complete(one) === undefined);
  // One set of checks for all, so that their results can be compared.
  const open = needed.filter((check) =>
    missing.some((one) => missingOf(known(last, one), [check]).length > 0)
  );
  let report = last;
  if (missing.length > 0) {
    onVerify?.(missing.map(nameOfKernel));
    const now = await verify({
      mode: "quick",
      kernels: missing,
      checks: open,
      seed: 1,
      required: [],
      strict: false,
      command: commandOf(missing, open),
    }, options);
    // A verifier that fails its own test verifies nothing.
    if (now.exitCode === exitCodes.selfTest) {
      const refusal = "the verifier failed its own test; see deno task verify --self";
      return new Map(kernels.map((kernel) => [nameOfKernel(kernel), refusal]));
    }
    report = merged(last, now);
    // Without a hash no later run could tell which code was verified.
    if (build !== null && !options.signal?.aborted) {
      await keep(folder, report, write, onWarning);
    }
  }
  const absent = new Set(report?.skipped.map(({ kernel }) => kernel));
  return new Map(kernels.flatMap((kernel) => {
    const name = nameOfKernel(kernel);
    // Verified a moment ago, even where its code cannot be read for a hash.
    const own = missing.includes(kernel)
      ? report?.kernels.find((each) => each.kernel === name)
      : complete(kernel);
    const refusal = !own && absent.has(name) ? null : refusalOf(own, needed);
    return refusal === null ? [] : [[name, refusal]];
  }));
}

/** The refusals of this process's engine, with the verifier's progress on standard error. */
export async function verifyHere(
  kernels: readonly KnownKernel[],
  signal: AbortSignal,
  { needed, write, onWarning, runs }: {
    readonly needed: readonly string[];
    readonly write: ReportWriter;
    /** The folder of runs; the usual one unless given. */
    readonly runs?: string;
    readonly onWarning: (text: string) => void;
  },
): Promise<Refusals> {
  const engine = readEngine();
  const progress = createProgress(undefined, undefined, { lines: true });
  try {
    return await findRefusals(kernels, await readEnvironment(), engine, {
      needed,
      // Each engine keeps its own reports.
      folder: folderOf(engine, runs),
      others: runs === undefined ? [] : [folderOf(engine)],
      signal,
      onProgress: progress.show,
      onVerify: (names) =>
        printError(`verifying ${names.join(", ")} first, once for each version of the code`),
      write,
      onWarning,
    });
  } finally {
    progress.clear();
  }
}
