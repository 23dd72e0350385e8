/**
 * Writing a file whose name comes from anywhere, without destroying what is
 * there. A regular file is written beside its place and renamed, so that nothing
 * half-written is ever read; it keeps its links, its owner and its mode. Where a
 * rename would part it from them, or is not possible, it is written in its place,
 * as vim does with `backupcopy=auto`. Whatever else can take text, a pipe, a
 * terminal or /dev/null, is written through, and what cannot, or is protected, is
 * refused before anything is touched.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import {
  codeOf,
  FileError,
  isClosedPipe,
  isSystemError,
  reasonOf,
} from "../common/system_errors.ts";
import { quotePath } from "../common/text.ts";

/** What a path leads to. */
type Target =
  | { readonly kind: "file"; readonly path: string; readonly old: Deno.FileInfo | null }
  | { readonly kind: "open"; readonly path: string; readonly append: boolean }
  | { readonly kind: "stream"; readonly stream: { write(bytes: Uint8Array): Promise<number> } };

/** Names of the open files of this process, the shell's `>(…)` among them. */
const descriptor = /^\/(?:dev\/(?:fd\/|std(?:in|out|err)$)|proc\/[^/]+\/(?:task\/[^/]+\/)?fd\/)/;
/** Of these Deno opens none by name without all permissions, but they are open. */
const standardOutput = /^\/(?:dev\/stdout|(?:dev|proc\/self)\/fd\/1)$/;
const standardError = /^\/(?:dev\/stderr|(?:dev|proc\/self)\/fd\/2)$/;

/** Whether a path names standard output, to which nothing else is to be printed then. */
export function isStandardOutput(path: string): boolean {
  return standardOutput.test(path);
}

/** As many links as Linux follows. */
const mostLinks = 40;

const failure = (path: string, reason: string) =>
  new FileError(`cannot write ${quotePath(path)}: ${reason}`);

/** The end of a chain of links, which need not be there; an open file of this process is none. */
async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let i = 0; i < mostLinks; i++) {
    if (descriptor.test(at) || !(await infoOf(at))?.isSymlink) return at;
    // Its folder may be a link too, from which the target is not to be counted.
    at = resolve(await Deno.realPath(dirname(at)), await Deno.readLink(at));
  }
  throw new FileError("its links lead in a circle");
}

/** What is at a path itself; null where nothing is. */
async function infoOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Why text cannot go where this is; null where it can. */
function objection({ isDirectory, isBlockDevice, isSocket, mode }: Deno.FileInfo): string | null {
  if (isDirectory) return "it is a folder";
  if (isBlockDevice) return "it is a disk, or a part of one";
  if (isSocket) return "it is a socket";
  // A user who may write everything is not to overwrite what was protected either.
  return mode !== null && (mode & 0o222) === 0 ? "it is read-only" : null;
}

async function targetOf(path: string): Promise<Target> {
  if (/[/\\]$/.test(path)) throw new FileError("its name is one of a folder");
  const at = await followLinks(path);
  if (standardOutput.test(at)) return { kind: "stream", stream: Deno.stdout };
  if (standardError.test(at)) return { kind: "stream", stream: Deno.stderr };
  // Behind what others have written there, as the shell's >> has it.
  if (descriptor.test(at)) return { kind: "open", path: at, append: true };
  const old = await infoOf(at);
  const against = old && objection(old);
  if (against) throw new FileError(against);
  if (old !== null && !old.isFile) return { kind: "open", path: at, append: false };
  // Its own permissions count, not only those of its folder, which renaming asks for.
  if (old !== null) (await Deno.open(at, { write: true })).close();
  return { kind: "file", path: at, old };
}

async function writeAll(
  stream: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
}

/** An empty file in a folder, which is renamed or removed later. */
async function createTemporary(folder: string, mode: number | null): Promise<string> {
  // Not made of the file's name, which may be as long as names can be.
  const path = join(folder, `.${crypto.randomUUID()}.tmp`);
  // Until it has the mode of the old file, no other user may read it.
  const options = { write: true, createNew: true, ...(mode !== null && { mode: 0o600 }) };
  try {
    (await Deno.open(path, options)).close();
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new FileError("its folder takes no new file: permission denied");
  }
}

/** Bytes that must fit before work begins whose result is to be kept: a full disk may still take an empty file. */
const leastRoom = 2 ** 16;

/** Makes sure that a folder takes a new file that is not empty. */
async function tryFolder(folder: string): Promise<void> {
  const path = await createTemporary(folder, null);
  try {
    await Deno.writeFile(path, new Uint8Array(leastRoom), { create: false });
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** Gives a new file the owner and the mode of the old one; false where the owner cannot be set. */
async function keepOwner(path: string, { mode, uid, gid }: Deno.FileInfo): Promise<boolean> {
  if (mode === null || uid === null || gid === null) return true;
  const made = await Deno.stat(path);
  if (made.uid !== uid || made.gid !== gid) {
    try {
      await Deno.chown(path, uid, gid);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    }
  }
  // After the owner, since to change that may take away a part of the mode.
  await Deno.chmod(path, mode & 0o7777);
  return true;
}

/** Puts a new file in the place of an old one; false where that is a mount of its own, as in a container. */
async function rename(from: string, to: string): Promise<boolean> {
  try {
    await Deno.rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EBUSY") throw error;
    return false;
  }
}

/** Writes to a file as it is; what was there comes back where that fails. */
async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const before = await Deno.readFile(path).catch(() => null);
  try {
    await Deno.writeFile(path, bytes, { create: false });
  } catch (error) {
    if (before !== null) await Deno.writeFile(path, before, { create: false }).catch(() => {});
    throw error;
  }
}

async function replace(
  { path, old }: Extract<Target, { kind: "file" }>,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = await createTemporary(dirname(path), old?.mode ?? null);
  try {
    // Also where it is not to be renamed: if the disk is full, nothing has been touched yet.
    await Deno.writeFile(temporary, bytes, { create: false });
    const parts = old !== null && ((old.nlink ?? 1) > 1 || !await keepOwner(temporary, old));
    if (!parts && await rename(temporary, path)) return;
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await Deno.remove(temporary);
  await overwrite(path, bytes);
}

/** Passes on that a reader has gone, which is no fault; any other error becomes one of the file. */
async function asFileError<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (isClosedPipe(error)) throw error;
    throw failure(path, error instanceof FileError ? error.message : reasonOf(error));
  }
}

/**
 * Writes a file whole or not at all: what was there stays where it cannot be
 * written. A link stays, and the file that it leads to is written; a file keeps
 * its other names (hard links), its owner and its mode; a pipe or a device is
 * written through.
 *
 * @throws {FileError} where it cannot be written, with the reason.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await asFileError(path, async () => {
    const target = await targetOf(path);
    if (target.kind === "file") return await replace(target, bytes);
    if (target.kind === "stream") return await writeAll(target.stream, bytes);
    using file = await Deno.open(target.path, { write: true, append: target.append });
    await writeAll(file, bytes);
  });
}

/**
 * Makes sure that a file can be written, so far as that can be known, before
 * the work whose result it is to take.
 *
 * @throws {FileError} where it cannot.
 */
export async function expectWritable(path: string): Promise<void> {
  await asFileError(path, async () => {
    const target = await targetOf(path);
    if (target.kind === "file") await tryFolder(dirname(target.path));
  });
}

/**
 * Makes sure that a folder takes new files.
 *
 * @throws what the system throws where it does not.
 */
export async function expectRoom(folder: string): Promise<void> {
  await tryFolder(folder);
}
