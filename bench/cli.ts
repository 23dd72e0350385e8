/**
 * `deno task bench`: times kernels on the layers of real networks and writes
 * results.json, results.csv and report.html into a dated folder. This command
 * reads the plan, saves, prints and decides; what it measures is in launches, so
 * that it survives whatever a kernel does.
 *
 * @module
 */
import { join } from "node:path";
import { bold, green, red, yellow } from "@std/fmt/colors";
import {
  helpText,
  interruptible,
  print,
  printError,
  printWarning,
  runCommand,
  writeProgress,
} from "../common/command.ts";
import { formatCount } from "../common/numbers.ts";
import { shellWord } from "../common/text.ts";
import { formatDuration } from "../common/units.ts";
import { compareResults, obstacle, regressionsOf } from "../reports/compare/compare.ts";
import { formatComparison } from "../reports/compare/text.ts";
import { answer } from "../reports/findings.ts";
import { writeRun } from "../reports/write.ts";
import { readEngine, readEnvironment } from "../results/environment.ts";
import {
  createFolder,
  expectWritable,
  FileError,
  makeFolder,
  missingFolders,
  removeEmpty,
  writeWhole,
} from "../results/files.ts";
import { checkedCeilings } from "../results/ceilings.ts";
import { toJson } from "../results/json.ts";
import { type Results, schema } from "../results/schema.ts";
import { relevantDifference, unknownSpread } from "../statistics/verdicts.ts";
import { type Against, release, resolveAgainst } from "./against.ts";
import { saveBaseline } from "./baselines.ts";
import { confirmCeilings } from "./ceilings/confirm.ts";
import { ceilingsOf, threadCounts, warnOfUnknown } from "./ceilings/of_run.ts";
import { decidedWorkloads, type Flagged, mostLaunches } from "./confirmation.ts";
import { deepbenchFigures } from "./deepbench.ts";
import { inOrder, tailLines } from "./ending.ts";
import { foreignKernelsOf } from "./foreign_kernels.ts";
import { measureLaunches, type MeasureOptions } from "./measure.ts";
import { options } from "./options.ts";
import { type BenchCommand, readCommand, readModelOf } from "./plan.ts";
import { createDisplay, type Display } from "./progress.ts";
import { checkAgainst, decide, exitCodes, type FileComparison } from "./regression.ts";
import { conclude } from "./run/conclusions.ts";
import type { Snapshot } from "./run/session.ts";
import { leakWarnings } from "./run/tail_verdicts.ts";
import { createProgress } from "../verify/progress.ts";
import { nameOfKernel } from "../verify/repeat_command.ts";
import { formatTable } from "./table.ts";
import { formatWinners } from "./winner_table.ts";
import { passOf } from "./workload.ts";

const help = helpText({
  usage: "deno task bench [options]",
  summary: "Times float32 kernels on the layers of real networks, after verifying each output.",
  options,
  notes: [
    "Only kernels that the verifier passed in this build are timed; the first run verifies them.",
    "Ctrl-C ends a run early and keeps what was measured until then.",
    "",
    "Exit codes: 0 done, 1 an output was wrong, a kernel failed, or nothing was timed, 2 usage, or a",
    "file that could not be written, 3 a confirmed regression (with --fail-on-regression), 4 too",
    "noisy to decide (with --strict).",
  ],
});

/** The command that repeats a run, quoted for a shell. */
function commandOf(args: readonly string[]): string {
  return ["deno task bench", ...args.map(shellWord)].join(" ");
}

/** What the file of a run has before anything is measured. */
async function headOf(
  { plan }: BenchCommand,
  args: readonly string[],
  start: Date,
): Promise<Omit<Results, "kernels" | "results" | "elapsed" | "partial">> {
  const figures = deepbenchFigures.filter(({ workload }) =>
    plan.workloads.some(({ name }) => name === workload)
  );
  return {
    schema,
    date: start.toISOString(),
    command: commandOf(args),
    suite: plan.suite,
    seed: plan.seed,
    rounds: plan.rounds,
    environment: await readEnvironment(),
    engine: readEngine(),
    baseline: plan.baseline,
    ...(figures.length > 0 && { published: figures }),
  };
}

/** The file of what was found so far. */
function resultsOf(
  { baseline, ...head }: Awaited<ReturnType<typeof headOf>>,
  { kernels, results, referenceLoop }: Snapshot,
  partial: boolean,
): Results {
  const { noise, ...compared } = conclude({ kernels, results, referenceLoop }, baseline ?? null);
  const launches = new Set(
    results.flatMap(({ measurements = [] }) => measurements.map(({ launch = 1 }) => launch)),
  ).size;
  return {
    ...head,
    ...(launches > 1 && { launches }),
    elapsed: (Date.now() - Date.parse(head.date)) / 1e3,
    partial,
    kernels,
    results,
    noise,
    // With several engines it has several names; each verdict has its own.
    ...(kernels.some(({ name }) => name === baseline) && { baseline }),
    ...compared,
    ...(head.ceilings && {
      ceilings: checkedCeilings(head.ceilings, { kernels, results }),
    }),
  };
}

function displayOf({ plan }: BenchCommand): Display {
  return createDisplay({
    write: writeProgress,
    // A terminal may have no size, as that of some recorders.
    columns: Deno.stderr.isTerminal() ? Deno.consoleSize().columns || null : null,
  }, plan.rounds * plan.launches);
}

/** Saves now and then; where that fails, the run goes on, and it is said once. */
export function createSaver<T>(
  save: (found: T) => Promise<void>,
  onWarning: (text: string) => void,
): (found: T) => Promise<void> {
  let told = false;
  return async (found) => {
    try {
      await save(found);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (told) return;
      told = true;
      onWarning(
        `what was measured so far is not saved: ${error.message}; the run goes on, and its table ` +
          "will be printed before its files are written. Consider making room for them meanwhile",
      );
    }
  };
}

/** Whether nothing was timed, and no output was wrong either, which would be worth a report. */
export function isUntimed({ results }: Pick<Snapshot, "results">): boolean {
  return results.every(({ seconds, verification }) =>
    seconds === null && verification.status !== "failed"
  );
}

/** What was measured. */
interface Measured {
  readonly results: Results;
  /** Whether a kernel was refused, or a process was lost. */
  readonly trouble: boolean;
}

/** Measures, and saves what was found so far in the folder now and then, if one is given; null where it was stopped before anything was timed. */
async function measure(
  command: BenchCommand,
  args: readonly string[],
  signal: AbortSignal,
  { folder = null, decided }: {
    readonly folder?: string | null;
    readonly decided?: MeasureOptions["decided"];
  },
): Promise<Measured | null> {
  const { plan } = command;
  let head = await headOf(command, args, new Date());
  const display = displayOf(command);
  const onWarning = (text: string) => {
    display.end();
    printWarning(text);
  };
  try {
    const { snapshot, lost, refused } = await measureLaunches(command, {
      startedAt: Date.parse(head.date),
      signal,
      display,
      onWarning,
      ...(decided && { decided }),
      onOpened: async (sessions) => {
        const ceilings = command.ceilings
          ? await ceilingsOf(threadCounts(plan), sessions, onWarning)
          : [];
        if (ceilings.length > 0) head = { ...head, ceilings };
      },
      onLaunch: async (sessions, snapshot) => {
        if (!head.ceilings || signal.aborted) return;
        const again = (counts: readonly number[]) => ceilingsOf(counts, sessions, () => {});
        head = { ...head, ceilings: await confirmCeilings(head.ceilings, snapshot, again) };
      },
      ...(folder !== null && {
        onSnapshot: createSaver(
          (snapshot: Snapshot) =>
            writeWhole(join(folder, "results.json"), toJson(resultsOf(head, snapshot, true))),
          onWarning,
        ),
      }),
    });
    if (signal.aborted && isUntimed(snapshot)) return null;
    warnOfUnknown(head.ceilings ?? [], onWarning);
    return { results: resultsOf(head, snapshot, signal.aborted || lost), trouble: lost || refused };
  } finally {
    display.end();
  }
}

/** A run compared with an older file, as `deno task compare` does. */
export function compareFiles(old: Results, now: Results): FileComparison {
  const relevance = { spread: unknownSpread, relevant: relevantDifference };
  const comparison = compareResults(old, now, relevance);
  return {
    text: formatComparison(comparison),
    obstacle: obstacle(old, now, comparison),
    slower: regressionsOf(comparison),
    inconclusive: comparison.cells.filter(({ verdict }) => verdict === "inconclusive").length,
  };
}

/** Runs the bench and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const asked = readCommand(args, await readModelOf(args), await foreignKernelsOf(args));
  if (!asked) {
    print(help);
    return exitCodes.done;
  }
  // From the start, so that Ctrl-C leaves no temporary folder behind.
  return await interruptible(async (signal) => {
    const against = asked.against === null
      ? null
      : await resolveAgainst(asked.against, undefined, asked.out);
    try {
      checkAgainst(against, asked);
      if (against?.kind === "file" && against.path !== asked.against) {
        print(`compared with the baseline ${asked.against}, saved in ${against.path}`);
      }
      const version = against?.kind === "version" ? against.version : null;
      const command = { ...asked, plan: { ...asked.plan, version } };
      return signal.aborted ? stoppedEarly() : await run(command, against, args, signal);
    } finally {
      await release(against);
    }
  });
}

/** Says that there is nothing to report, and returns the exit code of that. */
function stoppedEarly(): number {
  print(yellow("stopped before anything was timed; nothing was written"));
  return exitCodes.failed;
}

async function run(
  command: BenchCommand,
  against: Against | null,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { plan, out } = command;
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const missing = await missingFolders(out);
  // Made first: that nothing can be written should be known before the run.
  const folder = await createFolder(out, `${stamp}-${plan.suite}`);
  try {
    await expectWritable(join(folder, "results.json"));
    const measured = await measure(command, args, signal, { folder });
    return measured
      ? await report(command, against, args, signal, folder, measured)
      : stoppedEarly();
  } finally {
    // What was written in them stays.
    await removeEmpty([folder, ...missing]);
  }
}

/** Prints what was measured, writes the files, decides, and returns the exit code. */
async function report(
  command: BenchCommand,
  against: Against | null,
  args: readonly string[],
  signal: AbortSignal,
  folder: string,
  { results, trouble }: Measured,
): Promise<number> {
  let files: Awaited<ReturnType<typeof writeRun>>;
  try {
    // First, since it needs no room on a disk.
    print(formatTable(results));
    const winners = formatWinners(results);
    if (winners !== "") print(winners);
    const tails = tailLines(results, command.verbose);
    if (tails.length > 0) print(["", ...tails].join("\n"));
    for (const text of leakWarnings(results.results)) printWarning(text);
  } finally {
    // Also where standard output was closed.
    await makeFolder(folder).catch(() => {});
    const progress = createProgress();
    progress.say("making the report");
    files = await writeRun(folder, results);
    progress.clear();
  }
  if (files.warning) printWarning(files.warning);
  // What another version gets wrong is no fault of this one.
  const others = new Set(
    results.kernels.filter(({ version }) => version !== undefined).map(({ name }) => name),
  );
  const failed = results.results.filter(({ kernel, verification }) =>
    verification.status !== "passed" && !others.has(kernel)
  );
  const verified = results.results.length - failed.length;
  const untimed = results.results.every(({ seconds }) => seconds === null);
  const summary = `${formatCount(verified, "output")} verified, ${failed.length} failed${
    untimed ? ", nothing timed" : ""
  }`;
  const colour = failed.length > 0 ? red : green;
  print(`\n${colour(summary)}, ${formatDuration(results.elapsed)}`);
  if (results.partial) print(yellow("stopped early: this run is partial"));
  const { data, pages } = inOrder(files.paths);
  for (const path of data) print(path);
  const [first = "", ...sentences] = answer(results);
  for (const line of ["", bold(first), ...sentences]) print(line);
  const decision = await decide(command, against, results, {
    remeasure: (flagged) => measureAgain(command, args, flagged, signal),
    compare: compareFiles,
  });
  for (const line of decision.lines) print(line);
  if (command.save !== null) {
    const regression = decision.code === exitCodes.regression;
    const { saved, line } = await saveBaseline(command.out, command.save, results, regression);
    if (saved) print(line);
    else printWarning(line);
  }
  for (const path of pages) print(path);
  for (const problem of files.problems) printError(`error: ${problem}`);
  if (failed.length > 0 || trouble) return exitCodes.failed;
  return decision.code === exitCodes.done && files.problems.length > 0
    ? exitCodes.usage
    : decision.code;
}

// A file has rounds or launches of its own, which no number of new ones makes more; two of these
// may be in another state.
const leastOfFile = 8;

/** Measures what was flagged once more, in fresh processes: of another version until it is decided. */
async function measureAgain(
  command: BenchCommand,
  args: readonly string[],
  flagged: readonly Flagged[],
  signal: AbortSignal,
): Promise<Results | null> {
  if (signal.aborted) return null;
  const { plan } = command;
  const { version } = plan;
  const restricted = {
    ...command,
    ceilings: false,
    plan: {
      ...plan,
      launches: version ? mostLaunches : Math.max(plan.launches, leastOfFile),
      workloads: plan.workloads.filter((workload) =>
        flagged.some((one) => one.workload === workload.name && one.pass === passOf(workload))
      ),
      kernels: plan.kernels.filter((known) =>
        flagged.some(({ kernel }) => kernel === nameOfKernel(known))
      ),
      peers: [],
      confirms: true,
    },
  };
  const measured = await measure(restricted, args, signal, {
    ...(version && { decided: (found: Snapshot) => decidedWorkloads(found, flagged) }),
  });
  return signal.aborted ? null : measured?.results ?? null;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
