/**
 * Tests in few isolates. `deno test` makes one for each file, which takes a third
 * of a second of a processor before the first test, and loads the same modules in
 * each. Here the tests of a folder share one, by a module that imports all of
 * them; their titles and places stay their own in every report. The method is that
 * of denoland/deno#20437.
 *
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../common/command.ts";

/** What `deno test --doc` would take from some paths. */
export interface TestFiles {
  readonly tests: readonly string[];
  /** Those with examples. */
  readonly documents: readonly string[];
}

// As `exclude` of deno.json has it, and what Deno never looks into.
const leftOut = /^(?:\..*|node_modules|runs|dist)$/;
const example = /^[ \t]*(?:\* ?)?```(?:ts|tsx|js|jsx|typescript|javascript)\b/m;

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `there is no file or folder "${path}"; the value of an option is written behind "=", as in --filter=dense`,
    );
  }
}

function* filesIn(path: string): Generator<string> {
  const { isFile } = statOf(path);
  if (isFile) return yield path;
  for (const { name } of Deno.readDirSync(path)) {
    if (!leftOut.test(name)) yield* filesIn(join(path, name));
  }
}

/**
 * The test files, and the others that have examples, in these files and folders.
 *
 * @param ignored Files and folders that are left out.
 * @throws {UsageError} where there is no such file or folder.
 */
export function findTests(paths: readonly string[], ignored: readonly string[]): TestFiles {
  const without = ignored.map((path) => resolve(path));
  const files = [...new Set(paths.flatMap((path) => [...filesIn(resolve(path))]))]
    .filter((file) => !without.some((one) => file === one || file.startsWith(`${one}${sep}`)))
    .toSorted();
  return {
    tests: files.filter((file) => /_test\.tsx?$/.test(file)),
    documents: files.filter((file) =>
      /(?<!_test)\.(?:tsx?|md)$/.test(file) && example.test(Deno.readTextFileSync(file))
    ),
  };
}

/**
 * Modules that have the tests of a folder each, by the names of their files. The
 * largest are the first, so that none of them is left to run alone at the end.
 */
export function groupTests(tests: readonly string[]): ReadonlyMap<string, string> {
  const folders = [...Map.groupBy(tests, (file) => relative(".", dirname(file)))]
    .toSorted(([, a], [, b]) => b.length - a.length);
  return new Map(
    folders.map(([folder, files], i) => [
      // The number keeps `a/b` and `a-b` apart.
      `${i + 1}-${folder.replaceAll(/\W+/g, "-")}_test.ts`,
      files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`).join(""),
    ]),
  );
}
