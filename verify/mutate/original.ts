/**
 * A kernel as it is, before its mutants: that it passes, what it compiles, how long
 * each case takes and which code it reaches. Kept in the folder of the run, so that
 * one that goes on need not verify it again.
 *
 * @module
 */
import { join } from "node:path";
import { failWith, type JsonFields, parseFields } from "../../common/json_fields.ts";
import { ResultFileError } from "../../results/fields.ts";
import { makeFolder, readText, writeWhole } from "../../results/files.ts";
import type { Modules } from "./population.ts";
import type { Reached, ReachedCase } from "./probe.ts";
import type { Reach } from "./reach.ts";

/** What is known of a kernel as it is. */
export interface Original {
  readonly modules: Modules;
  readonly reach: Reach;
}

const mostBytes = 512 * 2 ** 20;

const pathOf = (folder: string, kernel: string) => join(folder, "original", `${kernel}.json`);

type Pairs = readonly (readonly [string, string])[];

/** Keeps what was found; `key` says of which code it is. */
export async function writeOriginal(
  folder: string,
  kernel: string,
  key: string,
  { modules, reach: { cases, creation, makers } }: Original,
): Promise<void> {
  await makeFolder(join(folder, "original"));
  const named = (pairs: Pairs) => pairs.map(([name, bytes]) => ({ name, bytes }));
  const text = JSON.stringify({
    key,
    modules: named([...modules].map(([name, bytes]) => [name, bytes.toBase64()] as const)),
    makers: named([...makers]),
    creation,
    cases,
  });
  await writeWhole(pathOf(folder, kernel), text);
}

const reached = (fields: JsonFields): Reached => ({
  regions: fields.text("regions"),
  modules: fields.texts("modules"),
});

const reachedCase = (fields: JsonFields): ReachedCase => ({
  check: fields.text("check"),
  id: fields.text("id"),
  seconds: fields.number("seconds", 0),
  ...reached(fields),
});

const pair = (fields: JsonFields) => [fields.text("name"), fields.text("bytes")] as const;

/** What is kept of a kernel; null where nothing is, or it is of other code. */
export async function readOriginal(
  folder: string,
  kernel: string,
  key: string,
): Promise<Original | null> {
  const path = pathOf(folder, kernel);
  if (!await Deno.stat(path).then(() => true, () => false)) return null;
  const fail = failWith(ResultFileError, `Cannot read what is known of ${kernel}`);
  const fields = parseFields(await readText(path, mostBytes), fail);
  if (fields.text("key") !== key) return null;
  const modules = new Map(
    fields.list("modules", pair).map(([name, bytes]) => [name, Uint8Array.fromBase64(bytes)]),
  );
  return {
    modules,
    reach: {
      cases: fields.list("cases", reachedCase),
      creation: reached(fields.object("creation")),
      makers: new Map(fields.list("makers", pair)),
    },
  };
}
