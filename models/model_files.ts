/**
 * The files that a model is made of: the one that is named, and those beside it,
 * from a folder or from memory. A file can only name files of its own folder.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { quote, quotePath } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { bytesSource, folderOf, isThere, openSource, pathWithin, type Source } from "./source.ts";

/** A model's files. */
export interface ModelFiles {
  /** The path or name of the one that was named. */
  readonly path: string;
  /** Opens it. @throws {ModelFileError} where it cannot be read. */
  main(): Promise<Source>;
  /** Whether there is a file of that name beside it. */
  has(name: string): Promise<boolean>;
  /** Opens a file beside it. @throws {ModelFileError} where there is none, or the name leads elsewhere. */
  beside(name: string): Promise<Source>;
}

/** The bytes of a file: those that a view shows, or all of a buffer. */
export type FileBytes = Uint8Array | ArrayBuffer;

/** What was given as bytes. @throws {ArgumentError} where it is something else. */
function bytesOf(name: string, given: unknown): Uint8Array {
  if (ArrayBuffer.isView(given)) {
    return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  }
  // Of any realm.
  if (Object.prototype.toString.call(given) === "[object ArrayBuffer]") {
    return new Uint8Array(given as ArrayBuffer);
  }
  throw new ArgumentError(
    `the bytes of ${quotePath(name)} must be a Uint8Array or an ArrayBuffer; got ${
      describe(given)
    }`,
  );
}

/** The path that a URL of a file means. @throws {ArgumentError} of what is no path and no such URL. */
export function pathOf(given: unknown): string {
  if (typeof given === "string") return given;
  if (given instanceof URL && given.protocol === "file:") {
    // On Windows a slash stands before the drive.
    return decodeURIComponent(given.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
  }
  throw new ArgumentError(
    given instanceof URL
      ? `readModelFile() reads files; of ${quote(given.href)} give the bytes to readModelBytes()`
      : `readModelFile() takes a path, or a URL of a file; got ${describe(given)}`,
  );
}

/** A file's name as another file has it, without the folder that both lie in. */
const inFolder = (name: string): string => name.replace(/^(?:\.\/)+/, "");

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.search(/[^/\\]*$/));
}

/** The name or path of a file of weights without its ending: `mlp` of `mlp.weights.h5` and of `mlp.safetensors.index.json`. */
export function baseOf(path: string): string {
  return path.replace(/(\.safetensors\.index|\.weights)?\.\w+$/, "");
}

/** A file and those of its folder. */
export function filesOf(path: string): ModelFiles {
  const folder = folderOf(path);
  return {
    path,
    main: () => openSource(path),
    has: (name) => isThere(`${folder}/${name}`),
    beside: async (name) => await openSource(await pathWithin(folder, inFolder(name))),
  };
}

/** Files in memory, by their names. */
export function filesInMemory(
  name: string,
  bytes: FileBytes,
  others: Readonly<Record<string, FileBytes>>,
): ModelFiles {
  if (typeof name !== "string") {
    throw new ArgumentError(`readModelBytes() takes the file's name first; got ${describe(name)}`);
  }
  const own = bytesOf(name, bytes);
  const all = new Map(
    Object.entries(others).map(([other, given]) => [inFolder(other), bytesOf(other, given)]),
  );
  return {
    path: name,
    main: () => Promise.resolve(bytesSource(name, own)),
    has: (other) => Promise.resolve(all.has(other)),
    beside: (other) => {
      const found = all.get(inFolder(other));
      if (found) return Promise.resolve(bytesSource(other, found));
      throw new ModelFileError(
        `${quote(name)} needs the file ${quote(other)}, which was not given`,
      );
    },
  };
}
