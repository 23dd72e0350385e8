/**
 * `deno task bench`: times kernels on the layers of real networks and writes
 * results.json, results.csv and report.html into a dated folder. This command
 * reads the plan, saves, prints and decides; what it measures is in launches, so
 * that it survives whatever a kernel does.
 *
 * @module
 */
import { join } from "node:path";
import { green, red, yellow } from "@std/fmt/colors";
import { helpText, interruptible, print, printWarning, runCommand } from "../common/command.ts";
import { formatCount } from "../common/numbers.ts";
import { formatDuration } from "../common/units.ts";
import { compareResults, obstacle, regressionsOf } from "../reports/compare/compare.ts";
import { formatComparison } from "../reports/compare/text.ts";
import { writeRun } from "../reports/write.ts";
import { readEngine, readEnvironment } from "../results/environment.ts";
import { createFolder, writeWhole } from "../results/files.ts";
import { toJson } from "../results/json.ts";
import { type Ceiling, type Results, schema } from "../results/schema.ts";
import { relevantDifference, unknownSpread } from "../statistics/verdicts.ts";
import { type Against, release, resolveAgainst } from "./against.ts";
import { deepbenchFigures } from "./deepbench.ts";
import { openLaunches, runRounds, type SessionHandle } from "./launches.ts";
import { type BenchCommand, type BenchPlan, options, readCommand } from "./plan.ts";
import { createDisplay, type Display } from "./progress.ts";
import {
  checkAgainst,
  decide,
  exitCodes,
  type FileComparison,
  type Flagged,
} from "./regression.ts";
import { conclude } from "./run/conclusions.ts";
import type { Snapshot } from "./run/session.ts";
import { leakWarnings, tailNotes } from "./run/tail_verdicts.ts";
import { formatTable } from "./table.ts";
import { passOf } from "./workload.ts";

const help = helpText({
  usage: "deno task bench [options]",
  summary: "Times float32 kernels on the layers of real networks, after verifying each output.",
  options,
  notes: [
    "Only kernels that the verifier passed in this build are timed; the first run verifies them.",
    "Ctrl-C ends a run early and keeps what was measured until then.",
    "",
    "Exit codes: 0 done, 1 an output was wrong or a kernel failed, 2 usage, 3 a confirmed",
    "regression (with --fail-on-regression), 4 too noisy to decide (with --strict).",
  ],
});

/** The command that repeats a run, quoted for a shell. */
function commandOf(args: readonly string[]): string {
  const words = args.map((arg) =>
    /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`
  );
  return ["deno task bench", ...words].join(" ");
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
  return {
    ...head,
    elapsed: (Date.now() - Date.parse(head.date)) / 1e3,
    partial,
    kernels,
    results,
    noise,
    // With several engines it has several names; each verdict has its own.
    ...(kernels.some(({ name }) => name === baseline) && { baseline }),
    ...compared,
  };
}

function displayOf({ plan }: BenchCommand): Display {
  return createDisplay({
    write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
    // A terminal may have no size, as that of some recorders.
    columns: Deno.stderr.isTerminal() ? Deno.consoleSize().columns || null : null,
  }, plan.rounds);
}

/** What the machine can do at best, on one thread and on as many as the kernels use. */
async function ceilingsOf(
  { threads }: BenchPlan,
  sessions: readonly SessionHandle[],
  onWarning: (text: string) => void,
): Promise<readonly Ceiling[]> {
  const counts = [...new Set([1, ...(threads ?? [navigator.hardwareConcurrency])])];
  // The last engine is the one with the most flags.
  const found = await sessions.at(-1)?.ask("ceilings", counts);
  for (const reason of found?.missing ?? []) {
    onWarning(
      `a ceiling was not measured, ${reason}. Consider deno task ceilings, which measures them by themselves`,
    );
  }
  return found?.ceilings ?? [];
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
  folder: string | null,
): Promise<Measured | null> {
  const { plan } = command;
  let head = await headOf(command, args, new Date());
  const display = displayOf(command);
  const onWarning = (text: string) => {
    display.end();
    printWarning(text);
  };
  try {
    const startedAt = Date.parse(head.date);
    await using launches = await openLaunches(command, { startedAt, signal, display, onWarning });
    const { sessions } = launches;
    const ceilings = command.ceilings ? await ceilingsOf(plan, sessions, onWarning) : [];
    if (signal.aborted) return null;
    if (ceilings.length > 0) head = { ...head, ceilings };
    const snapshot = await runRounds(sessions, {
      rounds: plan.rounds,
      seed: plan.seed,
      signal,
      ...(folder !== null && {
        onSnapshot: (snapshot: Snapshot) =>
          writeWhole(join(folder, "results.json"), toJson(resultsOf(head, snapshot, true))),
      }),
    });
    const lost = sessions.some(({ lost }) => lost);
    return {
      results: resultsOf(head, snapshot, signal.aborted || lost),
      trouble: lost || sessions.some(({ refused }) => refused),
    };
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
  const asked = readCommand(args);
  if (!asked) {
    print(help);
    return exitCodes.done;
  }
  const against = asked.against === null ? null : await resolveAgainst(asked.against);
  try {
    checkAgainst(against, asked);
    const version = against?.kind === "version" ? against.version : null;
    const command = { ...asked, plan: { ...asked.plan, version } };
    return await interruptible((signal) => run(command, against, args, signal));
  } finally {
    await release(against);
  }
}

async function run(
  command: BenchCommand,
  against: Against | null,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { plan, out } = command;
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  // Made first: that nothing can be written should be known before the run.
  const folder = await createFolder(out, `${stamp}-${plan.suite}`);
  const measured = await measure(command, args, signal, folder)
    .catch(async (error) => {
      // Removed only if it is empty; what was saved in it stays.
      await Deno.remove(folder).catch(() => {});
      throw error;
    });
  if (!measured) {
    await Deno.remove(folder);
    print(yellow("stopped before anything was timed"));
    return exitCodes.failed;
  }
  const { results, trouble } = measured;
  const files = await writeRun(folder, results);
  print(formatTable(results));
  for (const note of tailNotes(results)) print(note);
  for (const text of leakWarnings(results.results)) printWarning(text);
  if (files.warning) printWarning(files.warning);
  // What another version gets wrong is no fault of this one.
  const others = new Set(
    results.kernels.filter(({ version }) => version !== undefined).map(({ name }) => name),
  );
  const failed = results.results.filter(({ kernel, verification }) =>
    verification.status !== "passed" && !others.has(kernel)
  );
  const verified = results.results.length - failed.length;
  const summary = `${formatCount(verified, "output")} verified, ${failed.length} failed`;
  const colour = failed.length > 0 ? red : green;
  print(`\n${colour(summary)}, ${formatDuration(results.elapsed)}`);
  if (results.partial) print(yellow("stopped early: this run is partial"));
  const decision = await decide(command, against, results, {
    remeasure: (flagged) => measureAgain(command, args, flagged, signal),
    compare: compareFiles,
  });
  for (const line of decision.lines) print(line);
  for (const file of [files.json, files.csv, files.html]) print(file);
  return failed.length > 0 || trouble ? exitCodes.failed : decision.code;
}

/** Measures what was flagged once more, in a fresh process. */
async function measureAgain(
  command: BenchCommand,
  args: readonly string[],
  flagged: readonly Flagged[],
  signal: AbortSignal,
): Promise<Results | null> {
  if (signal.aborted) return null;
  const { plan } = command;
  const restricted = {
    ...command,
    ceilings: false,
    plan: {
      ...plan,
      workloads: plan.workloads.filter((workload) =>
        flagged.some((one) => one.workload === workload.name && one.pass === passOf(workload))
      ),
      kernels: plan.kernels.filter((name) => flagged.some(({ kernel }) => kernel === name)),
      peers: [],
    },
  };
  const measured = await measure(restricted, args, signal, null);
  return signal.aborted ? null : measured?.results ?? null;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
