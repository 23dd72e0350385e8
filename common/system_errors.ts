/**
 * Errors that the system reports, told from faults of this code: a file that is
 * not there, a full disk, a permission that Deno was not given, a closed pipe,
 * too little memory. The caller can do something about them.
 *
 * @module
 */
import { DensemarkError, errorLine } from "./errors.ts";

/** A file or folder that could not be written or read; the message says which and why. */
export class FileError extends DensemarkError {
  /** `"FileError"`. */
  override name = "FileError";
}

/** Kinds of Deno's errors that a mistake of this code makes as easily as the system. */
const ownFaults: readonly string[] = ["BadResource", "InvalidData"];

/** How engines say that there was no memory for an array or a WebAssembly memory. */
const noMemory = /allocation failed|could not allocate/i;

/** The system's name of an error, as `ENOSPC`; null where it has none. */
export function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : null;
}

/** Whether an error comes from the system, and not from a fault of this code. */
export function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const kinds = Object.entries(Deno.errors).filter(([name]) => !ownFaults.includes(name));
  return kinds.some(([, kind]) => error instanceof kind) || codeOf(error) !== null ||
    /\(os error \d+\)/.test(error.message) ||
    error instanceof RangeError && noMemory.test(error.message);
}

/** Whether the reader of a pipe or of standard output is gone, as behind `| head`. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || codeOf(error) === "EPIPE";
}

/** What the system's names of errors mean. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links lead in a circle",
  EBUSY: "it is in use, or mounted by itself",
  ETXTBSY: "it is a program that runs",
  EEXIST: "something else has that name",
};

/** Why the system refused, in a few words. */
export function reasonOf(error: unknown): string {
  const known = reasons[codeOf(error) ?? ""];
  if (known !== undefined) return known;
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    const [flag] = /--allow-[a-z]+/.exec(error.message) ?? [];
    if (flag === "--allow-all") {
      return "Deno opens devices and the files of /proc only where it is run with --allow-all";
    }
    return flag === undefined
      ? "Deno was not given the permission"
      : `Deno was not given the permission ${flag}`;
  }
  if (error instanceof RangeError && noMemory.test(error.message)) {
    return "there is not enough memory";
  }
  // Behind the reason Deno says which call it was, and of which file, perhaps a temporary one.
  return errorLine(error).replace(/ \(os error \d+\).*$/, "");
}
