/**
 * What `--kernel` is given: the paths of modules, separated by commas, each of
 * which may name one of its exports behind a `#`. Names of files may have commas
 * and `#` in them too: what exists as it is written is meant.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DensemarkError } from "../../common/errors.ts";
import { quotePath } from "../../common/text.ts";

/** A module that cannot be used as a kernel; the message says which one, why, and what is allowed. */
export class KernelModuleError extends DensemarkError {
  override name = "KernelModuleError";
}

/** Where a kernel's module is. */
export interface ModulePath {
  /** As it was given, which commands that repeat something contain. */
  readonly given: string;
  /** The URL of its file. */
  readonly url: string;
  /** The export that is meant; null where none was named. */
  readonly exported: string | null;
}

/** The path that a text means, which may be a file's URL. */
function fileOf(text: string): string {
  if (!/^file:/i.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch {
    throw new KernelModuleError(`${quotePath(text)} is no URL of a file on this machine`);
  }
}

/** What lies there; null for nothing. */
async function kindOf(path: string): Promise<"file" | "folder" | null> {
  // In a URL, a # is no part of the file's name.
  if (/^file:.*#/i.test(path)) return null;
  try {
    const { isFile, isDirectory } = await Deno.stat(fileOf(path));
    return isFile ? "file" : isDirectory ? "folder" : null;
  } catch (error) {
    if (error instanceof KernelModuleError || error instanceof Deno.errors.NotCapable) throw error;
    return null;
  }
}

/** What a text means that is one path, perhaps with an export; null where there is no such file. */
async function locate(text: string): Promise<ModulePath | null> {
  for (const given of new Set([text, text.trim()])) {
    // What can be an export's name, and not the beginning of the next path.
    const [, before, name] = /^(.+)#([\p{ID_Start}$_][\p{ID_Continue}$]*)$/su.exec(given) ?? [];
    const named = before === undefined || name === undefined ? [] : [[before, name] as const];
    for (const [path, exported] of [[given, null] as const, ...named]) {
      if (await kindOf(path) !== "file") continue;
      return { given, url: pathToFileURL(fileOf(path)).href, exported };
    }
  }
  return null;
}

/** Why a text is no path of a file. */
async function whyNot(text: string): Promise<string> {
  const [, path = ""] = /^(.*?)(#[^#]*)?$/s.exec(text.trim()) ?? [];
  if (path === "") {
    return "--kernel has an empty path; it takes the paths of modules, separated by commas";
  }
  if (await kindOf(path) === "folder") {
    return `${quotePath(path)} is a folder; --kernel takes the path of a module, such as ./mine.ts`;
  }
  if (/^[a-z][a-z+.-]+:/i.test(path) && !/^file:/i.test(path)) {
    return `${
      quotePath(path)
    } is no file; --kernel takes a module on this machine, by its path or file:// URL`;
  }
  const file = fileOf(path);
  return `there is no file ${quotePath(path)}${
    file === path ? "" : `, which is ${quotePath(file)}`
  }`;
}

/**
 * The modules that the text of `--kernel` names.
 *
 * @throws {KernelModuleError} where one is no file.
 */
export async function modulePaths(text: string): Promise<ModulePath[]> {
  const parts = text.split(",");
  const found: ModulePath[] = [];
  for (let first = 0; first < parts.length;) {
    // The longest run of parts that is a file: its name may have commas.
    let located: ModulePath | null = null;
    let end = parts.length + 1;
    while (located === null && --end > first) {
      located = await locate(parts.slice(first, end).join(","));
    }
    if (located === null) throw new KernelModuleError(await whyNot(parts[first] ?? ""));
    found.push(located);
    first = end;
  }
  // The same one twice is one.
  return [...new Map(found.map((one) => [`${one.url}#${one.exported ?? ""}`, one])).values()];
}
