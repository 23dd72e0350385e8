/**
 * Reading the files of a merged report: how many, and how much of them.
 *
 * @module
 */
import { basename } from "node:path";
import { UsageError } from "../../common/command.ts";
import { mostCharacters } from "../../common/json_fields.ts";
import { quotePath } from "../../common/text.ts";
import { resultsPath } from "../../results/read.ts";
import { readReportFile, type ReportFile } from "../interop/report_file.ts";
import type { Merged } from "./merged.ts";

/** The most files that go into one report. */
export const maxFiles = 64;

/** The most benchmarks of other tools that go into one report. */
export const maxForeign = 10_000;

/** A file and what it holds. */
export interface Input {
  readonly path: string;
  readonly file: ReportFile;
}

/**
 * Reads the files of one report; a run's folder stands for the results.json in it.
 *
 * @throws {UsageError} where they are too many or too large together, or one is given twice.
 * @throws {FileError} where one cannot be read.
 * @throws {ResultFileError} where one is no result file.
 */
export async function readInputs(given: readonly string[]): Promise<readonly Input[]> {
  const paths = await Promise.all(given.map(resultsPath));
  if (paths.length > maxFiles) {
    throw new UsageError(`${paths.length} files; at most ${maxFiles} go into one report`);
  }
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UsageError(`${quotePath(twice)} is given twice`);
  if (paths.length > 1) await checkSize(paths);
  const inputs: Input[] = [];
  for (const path of paths) inputs.push({ path, file: await readReportFile(path) });
  return inputs;
}

/** Refuses files that are too large together; one that cannot be seen is reported when it is read. */
async function checkSize(paths: readonly string[]): Promise<void> {
  let total = 0;
  for (const path of paths) {
    total += await Deno.stat(path).then(({ size }) => size, () => 0);
  }
  if (total > mostCharacters) {
    throw new UsageError(
      `the files have ${total} bytes together; at most ${mostCharacters} (64 MiB) go into one report`,
    );
  }
}

/**
 * What a merged report is made of.
 *
 * @throws {UsageError} where a file is of the verifier, or other tools' benchmarks are too many.
 */
export function mergedOf(inputs: readonly Input[]): Merged {
  const of = inputs.find(({ file }) => file.kind === "verification");
  if (of !== undefined) {
    throw new UsageError(
      `${quotePath(of.path)} is of the verifier and has a page of its own: give it alone`,
    );
  }
  const foreign = inputs.flatMap(({ path, file }) =>
    file.kind === "foreign" ? [{ file: basename(path), run: file.foreign }] : []
  );
  const benchmarks = foreign.reduce((sum, { run }) => sum + run.benchmarks.length, 0);
  if (benchmarks > maxForeign) {
    throw new UsageError(
      `the files of other tools have ${benchmarks} benchmarks; at most ${maxForeign} go into one ` +
        "report",
    );
  }
  return {
    runs: inputs.flatMap(({ file }) => file.kind === "results" ? [file.results] : []),
    foreign,
  };
}
