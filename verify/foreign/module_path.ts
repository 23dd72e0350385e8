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
async function kindOf(text: string): Promise<"file" | "folder" | null> {
  try {
    const { isFile, isDirectory } = await Deno.stat(fileOf(text));
    return isFile ? "file" : isDirectory ? "folder" : null;
  } catch (error) {
    if (error instanceof KernelModuleError || error instanceof Deno.errors.NotCapable) throw error;
    return null;
  }
}

/** A text that is one path. */
async function modulePath(text: string): Promise<ModulePath> {
  const at = text.lastIndexOf("#");
  const whole = await kindOf(text);
  const split = whole === null && at > 0;
  const path = split ? text.slice(0, at) : text;
  const kind = split ? await kindOf(path) : whole;
  if (kind === "file") {
    const exported = split ? text.slice(at + 1) : null;
    return { given: text, url: pathToFileURL(fileOf(path)).href, exported };
  }
  if (kind === "folder") {
    throw new KernelModuleError(
      `${quotePath(path)} is a folder; --kernel takes the path of a module, such as ./mine.ts`,
    );
  }
  if (/^[a-z][a-z+.-]+:/i.test(path) && !/^file:/i.test(path)) {
    throw new KernelModuleError(
      `${quotePath(path)} is no file; --kernel takes a module on this machine, by its path or ` +
        "file:// URL",
    );
  }
  const file = fileOf(path);
  throw new KernelModuleError(
    `there is no file ${quotePath(path)}${file === path ? "" : `, which is ${quotePath(file)}`}`,
  );
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
    let next = first + 1;
    // The longest run of parts that is a file: its name has commas.
    for (let end = parts.length; end > first + 1; end--) {
      const [file = ""] = parts.slice(first, end).join(",").split("#");
      const whole = parts.slice(first, end).join(",");
      if (await kindOf(whole) !== "file" && await kindOf(file) !== "file") continue;
      next = end;
      break;
    }
    const part = parts.slice(first, next).join(",");
    const trimmed = await kindOf(part) === null ? part.trim() : part;
    if (trimmed === "") {
      throw new KernelModuleError(
        "--kernel has an empty path; it takes the paths of modules, separated by commas",
      );
    }
    found.push(await modulePath(trimmed));
    first = next;
  }
  // The same one twice is one.
  return [...new Map(found.map((one) => [`${one.url}#${one.exported ?? ""}`, one])).values()];
}
