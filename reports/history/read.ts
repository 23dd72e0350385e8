/**
 * Reading the runs of a folder: those that can be read, and why the others cannot.
 * A run is a folder that is named by a date, as the bench names them, or that has
 * a results.json.
 *
 * @module
 */
import { join } from "node:path";
import { DensemarkError, errorLine } from "../../common/errors.ts";
import { quotePath } from "../../common/text.ts";
import { cleanResults } from "../../results/clean.ts";
import { FileError, reasonOf } from "../../results/files.ts";
import { readResults } from "../../results/read.ts";
import type { Run } from "./history.ts";

/** How many runs are read unless more or fewer are asked for: the last ones. */
export const mostRuns = 100;

/** A run that cannot be read. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** Runs, and those that cannot be read. */
export interface Runs {
  readonly runs: readonly Run[];
  readonly problems: readonly Problem[];
  /** How many earlier ones were not read. */
  readonly earlier: number;
}

const isDated = (name: string) => /^\d{4}-\d\d-\d\dT/.test(name);

/**
 * The names of the folders of runs, the latest last: names begin with a date, and
 * those that do not come first.
 *
 * @throws {FileError} where the folder cannot be read.
 */
async function runFolders(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory) continue;
      const isRun = isDated(name) ||
        await Deno.stat(join(folder, name, "results.json")).then(() => true, () => false);
      if (isRun) names.push(name);
    }
  } catch (error) {
    const reason = error instanceof Deno.errors.NotADirectory ? "it is no folder" : reasonOf(error);
    throw new FileError(
      `cannot read the folder ${quotePath(folder)}: ${reason}; ` +
        "deno task bench makes runs, and --out says where they are",
    );
  }
  names.sort();
  return [...names.filter((name) => !isDated(name)), ...names.filter(isDated)];
}

/**
 * The runs of a folder, the last `most` of them.
 *
 * @throws {FileError} where the folder cannot be read.
 */
export async function readRuns(folder: string, most: number): Promise<Runs> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  const names = await runFolders(folder);
  for (const name of names.slice(-most)) {
    const path = join(folder, name, "results.json");
    try {
      runs.push({ path, results: cleanResults(await readResults(path)) });
    } catch (error) {
      if (!(error instanceof DensemarkError)) throw error;
      problems.push({ path, reason: errorLine(error).replace(`${quotePath(path)}: `, "") });
    }
  }
  return { runs, problems, earlier: Math.max(0, names.length - most) };
}
