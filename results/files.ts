/**
 * Files on disk, whose names come from anywhere. A file appears under its name
 * only when it is complete, so that nothing half-written is ever read, whatever
 * happens in between.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { DensemarkError, errorLine } from "../common/errors.ts";
import { quotePath } from "../common/text.ts";
import { formatBytes } from "../common/units.ts";

/** A file or folder that could not be written or read; the message says which and why. */
export class FileError extends DensemarkError {
  /** `"FileError"`. */
  override name = "FileError";
}

/** Why the system refused, in a few words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "Deno was not given the permission";
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (code === "ENOSPC") return "the disk is full";
  if (code === "EDQUOT") return "the disk quota is used up";
  if (code === "EROFS") return "the file system is read-only";
  return errorLine(error);
}

/**
 * Makes a new folder inside `parent`, which is made too; a number is added to
 * the name where it is taken.
 *
 * @throws {FileError} where that is not possible.
 */
export async function createFolder(parent: string, name: string): Promise<string> {
  try {
    await Deno.mkdir(parent, { recursive: true });
    for (let i = 1;; i++) {
      const folder = join(parent, i === 1 ? name : `${name}-${i}`);
      try {
        await Deno.mkdir(folder);
        return folder;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists) || i === 1000) throw error;
      }
    }
  } catch (error) {
    throw new FileError(
      `cannot make a folder in ${quotePath(parent)}: ${
        reasonOf(error)
      }; choose one that can be written with --out`,
    );
  }
}

/**
 * Makes a folder, and those above it, where it is not there yet.
 *
 * @throws {FileError} where that is not possible.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new FileError(
      `cannot make the folder ${quotePath(path)}: ${
        reasonOf(error)
      }; choose one that can be written with --out`,
    );
  }
}

/**
 * Writes a file whole or not at all.
 *
 * @throws {FileError} where it cannot be written.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new FileError(`cannot write ${quotePath(path)}: ${reasonOf(error)}`);
  }
}

/** Which of several files were written, and why the others were not, a line each. */
export interface Written {
  readonly paths: readonly string[];
  readonly problems: readonly string[];
}

/** Writes files, each whole or not at all; one that cannot be written keeps none of the others from it. */
export async function writeEach(
  files: Iterable<readonly [path: string, text: string]>,
  write: (path: string, text: string) => Promise<void> = writeWhole,
): Promise<Written> {
  const [paths, problems]: [string[], string[]] = [[], []];
  for (const [path, text] of files) {
    try {
      await write(path, text);
      paths.push(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      problems.push(error.message);
    }
  }
  return { paths, problems };
}

/** The folder and those above it that are not there yet, the innermost first. */
export async function missingFolders(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path);; folder = dirname(folder)) {
    try {
      await Deno.lstat(folder);
      return missing;
    } catch (error) {
      // What cannot be looked at cannot be made either, and is said then.
      if (!(error instanceof Deno.errors.NotFound)) return missing;
      missing.push(folder);
    }
  }
}

/** Removes those of these folders that are empty, in their order. */
export async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await Deno.remove(folder).catch(() => {});
}

/**
 * Reads a text file of at most so many bytes.
 *
 * @throws {FileError} where it cannot be read.
 */
export async function readText(path: string, mostBytes: number): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size <= mostBytes) return await Deno.readTextFile(path);
  } catch (error) {
    throw new FileError(`cannot read ${quotePath(path)}: ${reasonOf(error)}`);
  }
  throw new FileError(
    `cannot read ${quotePath(path)}: it is too large; at most ${formatBytes(mostBytes)} are read`,
  );
}
