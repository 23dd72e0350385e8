/**
 * One run of a calibration: `deno task bench` in a process of its own, in a copy
 * of the code, with whatever load belongs beside it, and what it found.
 *
 * @module
 */
import { join } from "node:path";
import { errorLine } from "../../common/errors.ts";
import { cleanText } from "../../common/text.ts";
import { startTied } from "../../common/tied_process.ts";
import type { CalibrationRun } from "../../results/calibration/schema.ts";
import { exitCodes } from "../regression.ts";
import type { Copies } from "./copies.ts";
import { startLoad } from "./load.ts";
import { confirmedIn, isNamed, outcomeOf } from "./outcome.ts";
import { effectPath } from "./patch.ts";
import type { PlannedRun } from "./plan.ts";

/** How a process of the bench ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

// A run that takes so long, in milliseconds, hangs; and so long it has to end after it was told to.
const longest = 30 * 60e3;
const grace = 90e3;

/**
 * Starts `deno task bench` in a folder and waits for its end; null where the signal ended it. It
 * ends with this process, too.
 */
async function startBench(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Ended | null> {
  if (signal.aborted) return null;
  const process = startTied(["task", "--quiet", "bench", ...args], {
    cwd: folder,
    env: { NO_COLOR: "1", FORCE_COLOR: "" },
    grace,
  });
  const end = () => void process.stdin.close().catch(() => {});
  const timer = setTimeout(end, longest);
  signal.addEventListener("abort", end);
  try {
    const { code, stdout, stderr } = await process.output();
    const decoder = new TextDecoder();
    const output = `${decoder.decode(stdout)}\n${decoder.decode(stderr)}`;
    return signal.aborted ? null : { code, output };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }
}

/** The last lines of an output, in one. */
function lastOf(output: string): string {
  const lines = output.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return cleanText(lines.slice(-3).join(" / "), 300);
}

/** Where a copy keeps its runs, beside the verifier's findings, which all of them need. */
function runsOf(copy: string): string {
  return join(copy, "prepared");
}

/** The dated folders of runs; the verifier's findings are none. */
function runFolders(runs: string): string[] {
  return [...Deno.readDirSync(runs)].filter(({ name }) => /^\d{4}-/.test(name))
    .map(({ name }) => join(runs, name));
}

/** Removes the runs, and leaves what was verified. */
async function removeRuns(runs: string): Promise<void> {
  for (const folder of runFolders(runs)) await Deno.remove(folder, { recursive: true });
}

/** The results.json of the one run. */
async function resultsIn(runs: string): Promise<string> {
  const [folder = runs] = runFolders(runs);
  return await Deno.readTextFile(join(folder, "results.json"));
}

/** Verifies the kernels of a copy, which the bench does before it times them; returns what went wrong, or null. */
export async function prepareCopy(
  folder: string,
  bench: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const out = runsOf(folder);
  const own = bench.filter((arg, i) =>
    !["--rounds", "--launches"].some((name) => arg === name || bench[i - 1] === name) &&
    arg !== "--no-ceilings"
  );
  const args = [...own, "--no-ceilings", "--rounds", "1", "--out", out];
  const ended = await startBench(folder, args, signal);
  if (ended === null || ended.code === exitCodes.done) return null;
  return `code ${ended.code}: ${lastOf(ended.output)}`;
}

/** What `runBench` needs besides the run. */
export interface RunOptions {
  readonly copies: Copies;
  /** The options that every run gets. */
  readonly bench: readonly string[];
  readonly signal: AbortSignal;
}

/** What a run found, and the bench's own words where it refused its options; null where it was interrupted. */
export async function runBench(
  { id, effect, load, changed, seed }: PlannedRun,
  { copies, bench, signal }: RunOptions,
): Promise<{ readonly run: CalibrationRun; readonly refusal: string | null } | null> {
  const copy = changed === null ? copies.current : copies.changed;
  if (changed !== null) {
    const { m, n, k } = changed;
    const { kind, share } = effect;
    await Deno.writeTextFile(join(copy, effectPath), JSON.stringify({ kind, share, m, k, n }));
  }
  const runs = runsOf(copy);
  await removeRuns(runs);
  const date = new Date().toISOString();
  const start = performance.now();
  await using _load = startLoad(load);
  const ended = await startBench(copy, [
    ...bench,
    ...["--against", copies.older, "--fail-on-regression"],
    ...["--seed", String(seed), "--out", runs],
  ], signal);
  if (ended === null) {
    await removeRuns(runs);
    return null;
  }
  const { code, output } = ended;
  const seconds = (performance.now() - start) / 1e3;
  const nothing = { controls: [], versions: [], exceeded: null, named: null };
  const head = {
    id,
    effect: effect.name,
    kind: effect.kind,
    load,
    changed: changed?.name ?? null,
    date,
    seconds,
    code,
  };
  const failed = (failure: string) => ({ run: { ...head, ...nothing, failure }, refusal: null });
  if (code === exitCodes.usage) {
    return { ...failed("the bench refused it"), refusal: lastOf(output) };
  }
  if (code !== exitCodes.done && code !== exitCodes.regression) {
    return failed(`code ${code}: ${lastOf(output)}`);
  }
  try {
    const { partial, ...found } = outcomeOf(await resultsIn(runs));
    if (partial) return failed("it ended early");
    const named = isNamed(output, effect.kind, changed?.name ?? null);
    const confirmed = confirmedIn(output);
    return {
      run: { ...head, ...(confirmed && { confirmed }), ...found, failure: null, named },
      refusal: null,
    };
  } catch (error) {
    return failed(errorLine(error));
  } finally {
    await removeRuns(runs);
  }
}
