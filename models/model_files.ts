/**
 * The files that a model is made of: the one that is named, and those beside it,
 * from a folder or from memory. A file can only name files of its own folder.
 *
 * @module
 */
import { quote } from "../common/text.ts";
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

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.search(/[^/\\]*$/));
}

/** A file and those of its folder. */
export function filesOf(path: string): ModelFiles {
  const folder = folderOf(path);
  return {
    path,
    main: () => openSource(path),
    has: (name) => isThere(`${folder}/${name}`),
    beside: async (name) => await openSource(await pathWithin(folder, name)),
  };
}

/** Files in memory, by their names. */
export function filesInMemory(
  name: string,
  bytes: Uint8Array,
  others: Readonly<Record<string, Uint8Array>>,
): ModelFiles {
  const all = new Map(Object.entries(others));
  return {
    path: name,
    main: () => Promise.resolve(bytesSource(name, bytes)),
    has: (other) => Promise.resolve(all.has(other)),
    beside: (other) => {
      const found = all.get(other);
      if (found) return Promise.resolve(bytesSource(other, found));
      throw new ModelFileError(
        `${quote(name)} needs the file ${quote(other)}, which was not given`,
      );
    },
  };
}
