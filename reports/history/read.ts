/**
 * Reading runs, by their folder or one by one: those that can be read, and why the
 * others cannot.
 * A run is a folder that is named by a date, as the bench names them, or that has
 * a results.json.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { DensemarkError, errorLine } from "../../common/errors.ts";
import { quotePath } from "../../common/text.ts";
import { cleanResults } from "../../results/clean.ts";
import { FileError, reasonOf } from "../../results/files.ts";
import { readResults, resultsName } from "../../results/read.ts";
import type { Run } from "./history.ts";

/** How many runs are read unless more or fewer are asked for: the last ones. */
export const mostRuns = 100;

/** A run that cannot be read. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** Runs, and those that cannot be read. */
export interface Found {
  readonly runs: readonly Run[];
  readonly problems: readonly Problem[];
}

/** The runs of a folder. */
export interface Runs extends Found {
  /** How many earlier ones were not read. */
  readonly earlier: number;
}

const isDated = (name: string) => /^\d{4}-\d\d-\d\dT/.test(name);

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

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
      const isRun = isDated(name) || await isThere(join(folder, name, resultsName));
      if (isRun) names.push(name);
    }
  } catch (error) {
    const reason = error instanceof Deno.errors.NotADirectory ? "it is no folder" : reasonOf(error);
    throw new FileError(
      `cannot read the folder ${quotePath(folder)}: ${reason}; give one in which deno task bench ` +
        "made runs",
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
  const paths = await runsIn(folder);
  return { ...await readFiles(paths.slice(-most)), earlier: Math.max(0, paths.length - most) };
}

/** The result files of all runs in a folder, the latest last. */
async function runsIn(folder: string): Promise<readonly string[]> {
  return (await runFolders(folder)).map((name) => join(folder, name, resultsName));
}

/**
 * The runs that paths mean, each once: a result file, the folder of a run, or a
 * folder of runs, of which the last `most` are read.
 *
 * @throws {FileError} where a path is none of these.
 */
export async function readRunsAt(paths: readonly string[], most: number): Promise<Found> {
  const files = new Map<string, string>();
  for (const path of paths) {
    for (const file of await filesAt(path, most)) files.set(resolve(file), file);
  }
  return await readFiles([...files.values()]);
}

async function filesAt(path: string, most: number): Promise<readonly string[]> {
  const isFile = await Deno.stat(path).then((info) => !info.isDirectory, () => false);
  if (isFile) return [path];
  const file = join(path, resultsName);
  return await isThere(file) ? [file] : (await runsIn(path)).slice(-most);
}

/** The runs of these files, and why others cannot be read. */
async function readFiles(paths: readonly string[]): Promise<Found> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      runs.push({ path, results: cleanResults(await readResults(path)) });
    } catch (error) {
      if (!(error instanceof DensemarkError)) throw error;
      const reason = errorLine(error).replace(`cannot read ${quotePath(path)}: `, "");
      // The path is said once, and a sentence goes on behind the reason.
      problems.push({
        path,
        reason: reason.replace(`${quotePath(path)}: `, "").replace(/\.$/, ""),
      });
    }
  }
  return { runs, problems };
}
