/**
 * A folder that one command works in at a time, since two that go on with the same
 * run would remove each other's copies. The system frees what a process held that
 * was killed (flock(2), LockFileEx), so that no lock is left behind.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../common/command.ts";
import { quotePath } from "../common/text.ts";
import { FileError, reasonOf } from "./files.ts";

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { create: true, write: true });
  } catch (error) {
    throw new FileError(`cannot write ${quotePath(path)}: ${reasonOf(error)}`);
  }
}

/** Whether a file is still the one at its path: one that had the lock may have removed it meanwhile. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const { ino } = await file.stat();
  return await Deno.stat(path).then((there) => there.ino === ino, () => false);
}

/**
 * Keeps other commands that ask for it out of a folder until it is disposed.
 *
 * @throws {UsageError} where one is at work there.
 * @throws {FileError} where the folder takes no files.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const path = join(folder, ".lock");
  while (true) {
    const file = await openLock(path);
    // Some file systems have no locks: there nothing is kept out.
    if (!await file.tryLock(true).catch(() => true)) {
      file.close();
      throw new UsageError(
        `another command works in the folder ${
          quotePath(folder)
        }; wait for its end, or name another with --out`,
      );
    }
    if (await isAt(path, file)) return { [Symbol.dispose]: () => unlock(path, file) };
    file.close();
  }
}

function unlock(path: string, file: Deno.FsFile): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Where open files cannot be removed it stays, empty.
  }
  file.close();
}
