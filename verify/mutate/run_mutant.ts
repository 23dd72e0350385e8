/**
 * Has one mutant verified in a copy of the code, and says what became of it.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import type { CheckRun, MutantRecord, WitnessSearch } from "../../results/mutation/schema.ts";
import type { Effort } from "../check.ts";
import { type Copy, runnerPath, searchPath } from "./copy.ts";
import type { Mutation } from "./mutation.ts";
import { runScript } from "./process.ts";
import type { ReachedCase } from "./probe.ts";
import type { Reach } from "./reach.ts";
import type { Arm, Job, Place, RunnerLine } from "./runner.ts";
import type { SearchJob, SearchLine } from "./witness_runner.ts";

/** Seconds in which a check gives no sign of life, after which it is taken to hang; threads that died are given up after 10 by the kernel itself. */
export const silence = 30;

/** What a run in a copy found. */
export type Found = Pick<
  MutantRecord,
  "outcome" | "check" | "effort" | "detail" | "seconds" | "runs"
>;

/** What a run of the runner said. */
export interface Report {
  readonly found: Found;
  /** The modules that were compiled, by their names, where they were wanted. */
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Which case reached what, where that was wanted. */
  readonly reach: Reach;
}

/** Runs the checks on a copy as it is now; null where the signal ended it. */
export async function runChecks(
  { folder }: Pick<Copy, "folder">,
  job: Job,
  effort: Effort,
  signal: AbortSignal,
): Promise<Report | null> {
  const runs: CheckRun[] = [];
  const modules = new Map<string, Uint8Array<ArrayBuffer>>();
  const cases: ReachedCase[] = [];
  let outside: Omit<Reach, "cases"> = { creation: { regions: "", modules: [] }, makers: new Map() };
  let at: Place = { check: "creation", effort: "smoke" };
  let [started, done] = [false, false];
  let invalid: string | null = null;
  let problem: string | null = null;
  const ended = await runScript<RunnerLine>(folder, runnerPath, job, {
    silence,
    signal,
    onLine: (line) => {
      if ("started" in line) started = true;
      else if ("invalid" in line) invalid = line.invalid;
      else if ("beat" in line) at = line.beat;
      else if ("reached" in line) cases.push(line.reached);
      else if ("creation" in line) {
        outside = { creation: line.creation, makers: new Map(line.makers) };
      } else if ("module" in line) modules.set(line.module, Uint8Array.fromBase64(line.code));
      else if ("arm" in line) {
        at = line.arm;
        runs.push({ ...line.arm, seconds: line.seconds });
        problem ??= line.problem;
      } else done = true;
    },
  });
  if (ended.stopped) return null;
  if (!started) throw new Error(`the runner did not start: ${ended.errors}`);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const made = (found: Omit<Found, "seconds" | "runs">): Report => ({
    found: { ...found, seconds, runs },
    modules,
    reach: { cases, ...outside },
  });
  if (invalid !== null) {
    return made({ outcome: "invalid", check: null, effort: "smoke", detail: invalid });
  }
  if (problem !== null) return made({ outcome: "killed", ...at, detail: problem });
  if (ended.hung) {
    return made({ outcome: "timeout", ...at, detail: `no sign of life for ${silence} s` });
  }
  if (!done) {
    const detail = `the process ended with code ${ended.code}: ${ended.errors}`;
    return made({ outcome: "crashed", ...at, detail });
  }
  return made({ outcome: "survived", check: null, effort, detail: "" });
}

/** Has a mutant verified in a copy that is changed so; null where the signal ended it. */
export async function runMutant(
  copy: Pick<Copy, "folder">,
  mutation: Mutation,
  { arms, seed, step }: {
    readonly arms: readonly Arm[];
    readonly seed: number;
    readonly step: "checks" | "other cases";
  },
  effort: Effort,
  signal: AbortSignal,
): Promise<Found | null> {
  // What does not reach a module need not compile it.
  const modules = mutation.kind === "source" || step === "other cases" ? null : "changed";
  const job = { arms, seed, kernel: mutation.kernel, modules } as const;
  const report = await runChecks(copy, job, effort, signal);
  return report?.found ?? null;
}

/** Compares the mutant in a copy with the kernel of an unchanged one, on random calls; null where the signal ended it. */
export async function searchWitness(
  copy: Pick<Copy, "folder">,
  original: Pick<Copy, "folder">,
  job: Omit<SearchJob, "original">,
  signal: AbortSignal,
): Promise<WitnessSearch | null> {
  let found: WitnessSearch | null = null;
  const whole = { ...job, original: pathToFileURL(`${original.folder}/`).href };
  const ended = await runScript<SearchLine>(copy.folder, searchPath, whole, {
    silence: silence + job.seconds,
    readable: [original.folder],
    signal,
    onLine: (line) => {
      if ("calls" in line) found = line;
    },
  });
  if (ended.stopped) return null;
  const how = ended.hung ? "hung" : `ended with code ${ended.code}: ${ended.errors}`;
  return found ?? { found: `the search ${how}`, calls: 0, seconds: 0 };
}
