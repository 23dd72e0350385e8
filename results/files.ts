/**
 * Files on disk, whose names come from anywhere. A file appears under its name
 * only when it is complete, so that nothing half-written is ever read, whatever
 * happens in between.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { decodeText } from "../common/decode.ts";
import { FileError, reasonOf } from "../common/system_errors.ts";
import { quotePath } from "../common/text.ts";
import { formatBytes } from "../common/units.ts";
import { expectRoom, writeWhole } from "./whole_file.ts";

export { FileError, reasonOf } from "../common/system_errors.ts";
export { expectWritable, isStandardOutput, writeWhole } from "./whole_file.ts";

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
        folderReason(error)
      }; choose one that can be written with --out`,
    );
  }
}

/**
 * Makes a folder, and those above it, where it is not there yet, and makes sure
 * that it takes files.
 *
 * @throws {FileError} where that is not possible.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing = await missingFolders(path);
  try {
    await Deno.mkdir(path, { recursive: true });
    await expectRoom(path);
  } catch (error) {
    await removeEmpty(missing);
    throw new FileError(
      `cannot make the folder ${quotePath(path)}, or write into it: ${
        folderReason(error)
      }; choose one that can be written with --out`,
    );
  }
}

/** Why a folder cannot be made or written. */
function folderReason(error: unknown): string {
  if (error instanceof FileError) return error.message;
  return error instanceof Deno.errors.AlreadyExists
    ? "something that is no folder has that name"
    : reasonOf(error);
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

/** Names of standard input, which Deno opens by none of them without all permissions. */
const standardInput = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/0)$/;

/** The bytes at a path; null where they are more than `most`. What is seen to be too large is not opened. */
async function readAtMost(path: string, most: number): Promise<Uint8Array | null> {
  let stream = Deno.stdin.readable;
  if (!standardInput.test(path)) {
    const { isDirectory, isFile, size } = await Deno.stat(path);
    if (isDirectory) throw new FileError("it is a folder");
    if (isFile && size > most) return null;
    // Those of /proc have no size.
    if (isFile && size > 0) return await Deno.readFile(path);
    stream = (await Deno.open(path)).readable;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    // A pipe has no size, and a device may never end.
    if (length > most) return null;
  }
  return await new Blob(chunks).bytes();
}

/**
 * Reads a text of at most so many bytes, from a file, a pipe, or standard input
 * as `/dev/stdin`; see `decodeText()` for the encodings.
 *
 * @throws {FileError} where it cannot be read, or is no text.
 */
export async function readText(path: string, mostBytes: number): Promise<string> {
  const refuse = (reason: string) => new FileError(`cannot read ${quotePath(path)}: ${reason}`);
  let bytes: Uint8Array | null;
  try {
    bytes = await readAtMost(path, mostBytes);
  } catch (error) {
    const reason = error instanceof FileError ? error.message : reasonOf(error);
    throw refuse(path === "-" ? `${reason}; standard input is /dev/stdin` : reason);
  }
  if (bytes === null) {
    throw refuse(`it is too large; at most ${formatBytes(mostBytes)} are read`);
  }
  const text = decodeText(bytes);
  if (text === null) throw refuse(packedAs(bytes) ?? "it is no text in UTF-8 or UTF-16");
  return text;
}

/** That bytes are compressed, by their first ones, as artifacts of continuous integration are; null where they are not. */
function packedAs(bytes: Uint8Array): string | null {
  const kinds = {
    gzip: [0x1f, 0x8b],
    zip: [0x50, 0x4b, 0x03, 0x04],
    zstd: [0x28, 0xb5, 0x2f, 0xfd],
  };
  const [kind] =
    Object.entries(kinds).find(([, first]) => first.every((byte, i) => bytes[i] === byte)) ??
      [];
  return kind === undefined ? null : `it is compressed (${kind}); unpack it first`;
}
