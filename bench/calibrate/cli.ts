/**
 * `deno task calibrate`: how often what the bench says is true, by real runs of
 * it on identical code and on code that is slower by a known share, counted with
 * intervals. Writes calibration.json, a page and a table.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { UsageError } from "../../common/command.ts";
import {
  defineCommand,
  interruptible,
  type Options,
  print,
  printError,
  printWarning,
  runCommand,
} from "../../common/command.ts";
import { formatCount } from "../../common/numbers.ts";
import { shellWord } from "../../common/text.ts";
import { formatDuration, formatTimeLeft } from "../../common/units.ts";
import { renderCalibration } from "../../reports/calibration/page.tsx";
import { writeWithPage } from "../../reports/write_page.ts";
import {
  type Calibration,
  type CalibrationRun,
  calibrationSchema,
} from "../../results/calibration/schema.ts";
import { readEnvironment } from "../../results/environment.ts";
import { makeFolder } from "../../results/files.ts";
import { lockFolder } from "../../results/folder_lock.ts";
import { exitCodes } from "../regression.ts";
import { type Copies, copiesIn, hashOf, makeCopies, readSources } from "./copies.ts";
import { countRuns, timesOf } from "./count.ts";
import { appendRun, type Head, openJournal } from "./journal.ts";
import { type CalibrationPlan, options, type PlannedRun, readPlan, runText } from "./plan.ts";
import { prepareCopy, runBench } from "./run_bench.ts";
import { formatCalibration } from "./table.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task calibrate [options]",
  summary:
    "Counts how often the bench is right, by runs on identical code and on code made slower by a known share.",
  options,
  notes: [
    "Ctrl-C ends it after the run at hand is given up; the same command then goes on where it was.",
    "",
    "Exit codes: 0 done, 1 interrupted or a run failed, 2 usage.",
  ],
  run,
});

async function headOf(
  { bench, workloads }: CalibrationPlan,
  args: readonly string[],
  code: string,
): Promise<Head> {
  return {
    schema: calibrationSchema,
    date: new Date().toISOString(),
    command: ["deno task calibrate", ...args.map(shellWord)].join(" "),
    environment: await readEnvironment(),
    settings: { bench, workloads: workloads.map(({ name }) => name), code },
  };
}

/** The copies of this code: those that are there, or new ones, whose kernels are verified. */
async function copiesFor(
  folder: string,
  sources: Parameters<typeof makeCopies>[1],
  { plan, changes, signal }: {
    readonly plan: CalibrationPlan;
    readonly changes: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Copies | null> {
  const copies = copiesIn(folder);
  for (const copy of changes ? [copies.current, copies.changed] : [copies.current]) {
    const ready = join(copy, "ready");
    if (await Deno.stat(ready).then(() => true, () => false)) continue;
    if (copy === copies.current) {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
      await makeCopies(folder, sources);
    }
    printError(
      `verifying the kernels of a copy${copy === copies.changed ? " with extra work" : ""}`,
    );
    const problem = await prepareCopy(copy, plan.bench, signal);
    if (signal.aborted) return null;
    if (problem !== null) throw new UsageError(`the bench cannot be run on a copy: ${problem}`);
    await Deno.writeTextFile(ready, "");
  }
  return copies;
}

/** What a run found, in a few words. */
function found({ code, failure, versions, changed, seconds }: CalibrationRun): string {
  const claims = versions.filter(({ verdict }) => verdict === "slower" || verdict === "faster").map(
    ({ kernel, workload, verdict }) =>
      `${kernel} ${verdict} on ${workload}${workload === changed ? "" : " (false)"}`,
  );
  const what = failure === null
    ? [`exit code ${code}`, ...claims].join(", ")
    : `not counted: ${failure}`;
  return `${formatDuration(seconds)}, ${what}`;
}

/** Makes the runs that are missing; whether all were made. */
async function makeRuns(
  plan: CalibrationPlan,
  missing: readonly PlannedRun[],
  done: CalibrationRun[],
  { copies, folder, signal }: {
    readonly copies: Copies;
    readonly folder: string;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const start = performance.now();
  for (const [i, planned] of missing.entries()) {
    const outcome = await runBench(planned, {
      copies,
      bench: plan.bench,
      signal,
    });
    if (outcome === null) return false;
    if (outcome.refusal !== null) throw new UsageError(`the bench says: ${outcome.refusal}`);
    await appendRun(folder, outcome.run);
    done.push(outcome.run);
    const spent = (performance.now() - start) / 1e3;
    const left = spent / (i + 1) * (missing.length - i - 1);
    printError(
      `run ${i + 1} of ${missing.length}, ${formatTimeLeft(left)} left: ${runText(planned)}: ${
        found(outcome.run)
      }`,
    );
  }
  return true;
}

async function run(given: Options, args: readonly string[]): Promise<number> {
  const plan = readPlan(given);
  const sources = readSources();
  // The bench runs in other folders.
  const folder = resolve(plan.out);
  await makeFolder(folder);
  using _ = await lockFolder(folder);
  const { head, runs } = await openJournal(
    folder,
    await headOf(plan, args, await hashOf(sources)),
  );
  const known = new Set(runs.map(({ id }) => id));
  const missing = plan.runs.filter(({ id }) => !known.has(id));
  if (runs.length > 0) {
    printError(
      `goes on with the calibration of ${head.date}: ${formatCount(runs.length, "run")} there, ${
        formatCount(missing.length, "run")
      } missing`,
    );
  }
  const done = [...runs];
  const copiesFolder = join(folder, "copies");
  const complete = missing.length === 0 || await interruptible(async (signal) => {
    const changes = missing.some(({ changed }) => changed !== null);
    const copies = await copiesFor(copiesFolder, sources, { plan, changes, signal });
    return copies !== null && await makeRuns(plan, missing, done, { copies, folder, signal });
  });
  if (complete) await Deno.remove(copiesFolder, { recursive: true }).catch(() => {});
  if (done.length === 0) {
    printWarning("stopped before any run ended. Consider the same command, which goes on");
    return exitCodes.failed;
  }
  const calibration: Calibration = {
    ...head,
    runs: done,
    counts: countRuns(done),
    times: timesOf(done),
  };
  const files = await writeWithPage(folder, "calibration", {
    found: calibration,
    page: await renderCalibration(calibration),
  });
  print(formatCalibration(calibration));
  if (!complete) {
    printWarning("stopped early. Consider the same command, which goes on where this one stopped");
  }
  for (const file of [files.json, files.html]) print(file);
  return complete && done.every(({ failure }) => failure === null)
    ? exitCodes.done
    : exitCodes.failed;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
