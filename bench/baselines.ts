/**
 * Saved baselines: result files under a name, so that later runs can be
 * compared with `--against NAME`. They lie in the folder `baselines` beside the
 * dated folders of the runs.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../common/command.ts";
import { quote } from "../common/text.ts";
import { makeFolder, writeWhole } from "../results/files.ts";
import { toJson } from "../results/json.ts";
import type { Results } from "../results/schema.ts";

/** The folder's name; no run has it, since those begin with a date. */
export const baselinesFolder = "baselines";

const longestName = 64;
// Files of these names cannot be made on Windows, with whatever ending.
const ofWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
// What git calls commits by itself: a baseline would take the name's meaning away.
const ofGit = /^([A-Z]+_)?HEAD$/i;

/** Why a text cannot be the name of a saved baseline; null where it can. */
export function faultOfName(name: string): string | null {
  if (!/^\w[\w.-]*$/.test(name) || name.length > longestName) {
    return `must be letters, digits, dots, - and _, begin with no dot or -, and have at most ${longestName} characters`;
  }
  if (name.endsWith(".") || name.includes("..")) {
    return "must neither end with a dot nor have two in a row";
  }
  if (/\.json$/i.test(name)) return "must not end in .json, which means a file";
  if (ofWindows.test(name)) return "is a device on Windows";
  if (ofGit.test(name)) return "means a commit to git";
  return null;
}

/**
 * The name, if it is allowed.
 *
 * @throws {UsageError} that says what is.
 *
 * @example
 * ```ts
 * import { baselineName } from "./baselines.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(baselineName("v1.2-laptop"), "v1.2-laptop");
 * assertThrows(() => baselineName("../main"), Error, "--save");
 * ```
 */
export function baselineName(text: string): string {
  const fault = faultOfName(text);
  if (fault !== null) throw new UsageError(`--save ${fault}; got ${quote(text)}`);
  return text;
}

/** Where a baseline lies, of runs in the folder `out`. */
function baselinePath(out: string, name: string): string {
  return join(out, baselinesFolder, `${name}.json`);
}

/** The path of a saved baseline; null where the text names none. */
export async function savedBaseline(out: string, text: string): Promise<string | null> {
  if (faultOfName(text) !== null) return null;
  const path = baselinePath(out, text);
  try {
    return (await Deno.stat(path)).isFile ? path : null;
  } catch {
    return null;
  }
}

/** The names of all saved baselines, sorted. */
export async function savedBaselines(out: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(join(out, baselinesFolder))) {
      const [, base] = /^(.*)\.json$/s.exec(name) ?? [];
      if (base !== undefined && await savedBaseline(out, base) !== null) names.push(base);
    }
  } catch {
    // No folder, no names.
  }
  return names.sort();
}

/** What became of `--save`, a line for people, and whether it was saved. */
export interface Saving {
  readonly saved: boolean;
  readonly line: string;
}

/**
 * Saves a run under a name, in place of an older one; a run that would make
 * later comparisons wrong is not saved.
 *
 * @param regression whether the run has a confirmed regression, which a new baseline would hide
 * @throws {FileError} where it cannot be written.
 */
export async function saveBaseline(
  out: string,
  name: string,
  results: Results,
  regression: boolean,
): Promise<Saving> {
  const timed = results.results.some(({ seconds }) => seconds !== null);
  const reason = results.partial
    ? "this run was stopped early. Consider running it again to its end"
    : !timed
    ? "nothing was timed. Consider looking at the errors above"
    : regression
    ? "it has a regression, which the next comparison would no longer show. Consider saving it by a run without --fail-on-regression, if it is meant to be"
    : null;
  if (reason !== null) {
    return { saved: false, line: `the baseline ${name} was not saved, since ${reason}` };
  }
  const replaced = await savedBaseline(out, name) !== null;
  await makeFolder(join(out, baselinesFolder));
  const path = baselinePath(out, name);
  await writeWhole(path, toJson(results));
  const line = `saved as the baseline ${name}${
    replaced ? ", in place of the older one" : ""
  }: ${path}`;
  return { saved: true, line };
}
