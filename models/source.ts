/**
 * Where a model's bytes come from: a file of which only the parts that are
 * needed are read, so that a header that lies about sizes costs nothing. Only
 * regular files are opened: a pipe would wait, a device never end.
 *
 * @module
 */
import { decodeText as textOf } from "../common/decode.ts";
import { isSystemError } from "../common/system_errors.ts";
import { cleanText, quote, quotePath } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";

/** A number of bytes that can be read in parts. */
export interface Source {
  /** Its name in messages, in quotes. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * A copy of the bytes from `offset` on.
   *
   * @throws {ModelFileError} where there are not so many.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

function expectWithin({ name, size }: Source, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new ModelFileError(
      `${name} ends early: bytes ${offset} to ${offset + length} are needed of ${size}`,
    );
  }
}

/**
 * Bytes in memory as a source.
 *
 * @param before What stands before its name in messages, such as the file that it is in.
 */
export function bytesSource(name: string, bytes: Uint8Array, before = ""): Source {
  const source: Source = {
    name: `${before}${quotePath(name)}`,
    size: bytes.length,
    read: (offset, length) => {
      expectWithin(source, offset, length);
      return Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length)));
    },
  };
  return source;
}

/** The errors of the system as ModelFileError; any other error is a bug and stays as it is. */
async function withReason<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    const reason = missing ? "there is no such file" : cleanText(error.message, 240);
    throw new ModelFileError(`cannot read ${quotePath(path)}: ${reason}`);
  }
}

async function readPart(path: string, offset: number, length: number) {
  using file = await Deno.open(path, { read: true });
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) {
      throw new ModelFileError(`${quotePath(path)} became shorter while it was read`);
    }
    done += count;
  }
  return bytes;
}

/**
 * A file as a source. It is opened for each read, so that a model of many files
 * holds none open.
 *
 * @throws {ModelFileError} where it cannot be read, or is no regular file.
 */
export async function openSource(path: string): Promise<Source> {
  if (!("Deno" in globalThis)) {
    throw new ModelFileError(
      "files are opened in Deno alone; give their bytes to readModelBytes()",
    );
  }
  return await withReason(path, async () => {
    // Before opening: to open a pipe waits for its other end.
    const { isFile, isDirectory, size } = await Deno.stat(path);
    const name = quotePath(path);
    if (!isFile) {
      throw new ModelFileError(
        `${name} is ${isDirectory ? "a folder" : "no regular file"}; a file is needed`,
      );
    }
    const source: Source = {
      name,
      size,
      read: (offset, length) => {
        expectWithin(source, offset, length);
        return withReason(path, () => readPart(path, offset, length));
      },
    };
    return source;
  });
}

/** Whether there is a file of that name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** The most bytes of a JSON text, which takes some sixty times its size in memory at worst. */
export const longestJson = 2 ** 22;

/** A source's text, in an encoding of `decodeText()` of common/. */
export async function readJson(source: Source): Promise<string> {
  if (source.size > longestJson) {
    throw new ModelFileError(
      `${source.name} has ${source.size} bytes; at most ${longestJson} are read as JSON`,
    );
  }
  const text = textOf(await source.read(0, source.size));
  if (text === null) throw new ModelFileError(`${source.name} is no text in UTF-8 or UTF-16`);
  return text;
}

/** UTF-8 as text, of a part of a file. @throws {ModelFileError} where it is not UTF-8. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ModelFileError(`${what} is not UTF-8 text`);
  }
}

/** The folder that a file lies in. */
export function folderOf(path: string): string {
  return /^(.*)[/\\][^/\\]*$/.exec(path)?.[1] || (/^[/\\]/.test(path) ? "/" : ".");
}

/**
 * The path of a file that another file names: below `folder`, links followed.
 *
 * @throws {ModelFileError} where the name, or a link, leads out of the folder.
 */
export function pathWithin(folder: string, name: string): Promise<string> {
  const path = `${folder.replace(/\/$/, "")}/${name}`;
  return withReason(path, async () => {
    const parts = name.split("/");
    const odd = parts.some((part) => part === "" || part === "." || part === "..");
    if (odd || /[\\:\p{C}]/u.test(name)) {
      throw new ModelFileError(
        `a weight's file must lie in the model's folder, without "..", ":" or "\\" in its name; got ${
          quote(name)
        }`,
      );
    }
    const root = (await Deno.realPath(folder)).replace(/[/\\]$/, "");
    const real = await Deno.realPath(path);
    if (!real.startsWith(root) || !/^[/\\]/.test(real.slice(root.length))) {
      throw new ModelFileError(
        `${quotePath(path)} is a link that leads out of the model's folder`,
      );
    }
    return path;
  });
}
