/**
 * The resume file of a sweep: checked when it is opened, since it may be
 * anything, and written whole or not at all, so that a process that is killed
 * leaves the one before. A file of other code, engine or stride is renamed.
 *
 * @module
 */
import { UsageError } from "../../common/command.ts";
import { sha256 } from "../../common/sha256.ts";
import { quote, quotePath } from "../../common/text.ts";
import type { KernelName } from "../../kernels/registry.ts";
import { reasonOf, writeWhole } from "../../results/files.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { Ledger, type LedgerFile, schema } from "./ledger.ts";
import { type Head, parseHead, parseKernels, ResumeFileError } from "./parse.ts";

/** The most bytes that a resume file may have; a real one has some 10 000 for each kernel and activation. */
const mostBytes = 64 * 2 ** 20;

/** How often the file is written at most, in milliseconds. */
const saveEvery = 5_000;

const remedy = "delete it, or name another";

/** The text of the file; null where there is none. */
async function readText(path: string): Promise<string | null> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new ResumeFileError("it is no regular file");
    if (size > mostBytes) {
      throw new ResumeFileError(`it has ${size} bytes; at most ${mostBytes} are read`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error instanceof ResumeFileError ? error : new ResumeFileError(reasonOf(error));
  }
}

/** The first of path.old, path.old-2, … that does not exist. */
async function freeName(path: string): Promise<string> {
  for (let i = 1;; i++) {
    const name = i === 1 ? `${path}.old` : `${path}.old-${i}`;
    try {
      await Deno.lstat(name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return name;
      throw error;
    }
  }
}

/** Why a file's findings are of another sweep than this; null where they are of this one. */
function differenceOf(
  head: Head | null,
  fingerprint: Fingerprint,
): string | null {
  if (head === null) return "it is of another version of Densemark";
  const { source, engine, stride, patterns } = head.fingerprint;
  if (source !== fingerprint.source) return "the kernels or the verifier have changed since";
  if (engine !== fingerprint.engine) {
    return `its engine was ${quote(engine, 100)}, this is ${fingerprint.engine}`;
  }
  if (stride !== fingerprint.stride) return `its stride is ${stride}, not ${fingerprint.stride}`;
  return patterns === fingerprint.patterns ? null : "its parts have another size";
}

/** A sweep's ledger and its file. */
export class Resume {
  #lastSave = performance.now();
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    readonly fingerprint: Fingerprint,
    readonly ledger: Ledger,
  ) {}

  /**
   * Opens the file, or begins one. Its ledger has all kernels of `traits`,
   * which gives each one's traits as JSON, and those that were in the file.
   *
   * @throws {UsageError} where there is something at `path` that is no resume file.
   * @throws {FileError} where it cannot be written.
   */
  static async open(
    path: string,
    fingerprint: Fingerprint,
    traits: ReadonlyMap<KernelName, string>,
    notice: (line: string) => void,
  ): Promise<Resume> {
    let found: Ledger | string | null;
    try {
      found = await readLedger(path, fingerprint, traits);
    } catch (error) {
      if (!(error instanceof ResumeFileError)) throw error;
      throw new UsageError(
        `the resume file ${quotePath(path)} cannot be used: ${error.message}; ${remedy}`,
      );
    }
    if (typeof found === "string") {
      try {
        const aside = await freeName(path);
        await Deno.rename(path, aside);
        notice(
          `the resume file was of another sweep (${found}) and is now ${
            quotePath(aside)
          }; this sweep starts over`,
        );
      } catch (error) {
        const why = `is of another sweep (${found}) and cannot be renamed`;
        throw new UsageError(
          `the resume file ${quotePath(path)} ${why}: ${reasonOf(error)}; ${remedy}`,
        );
      }
    }
    const ledger = found instanceof Ledger ? found : new Ledger();
    for (const [kernel, text] of traits) {
      if (ledger.traitsOf(kernel) === undefined) ledger.addKernel(kernel, text);
    }
    const resume = new Resume(path, fingerprint, ledger);
    // Now, rather than fail when hours of work are to be saved.
    await resume.save();
    return resume;
  }

  /** Writes the file. Calls follow each other. */
  save(): Promise<void> {
    this.#lastSave = performance.now();
    const write = async () => {
      const { fingerprint, ledger } = this;
      const kernels = ledger.toJSON();
      const digest = await sha256(JSON.stringify(kernels));
      const file: LedgerFile = { schema, fingerprint, digest, kernels };
      await writeWhole(this.path, `${JSON.stringify(file)}\n`);
    };
    // A write that failed was reported to its own caller.
    this.#saving = this.#saving.catch(() => {}).then(write);
    return this.#saving;
  }

  /** Whether the last write was some seconds ago. */
  get due(): boolean {
    return performance.now() - this.#lastSave > saveEvery;
  }
}

/** The file's ledger; why it is of another sweep; or null where there is no file. */
async function readLedger(
  path: string,
  fingerprint: Fingerprint,
  traits: ReadonlyMap<KernelName, string>,
): Promise<Ledger | string | null> {
  const text = await readText(path);
  if (text === null) return null;
  const head = parseHead(text);
  const difference = differenceOf(head, fingerprint);
  if (head === null || difference !== null) return difference;
  const ledger = await parseKernels(head);
  for (const [kernel, now] of traits) {
    const before = ledger.traitsOf(kernel);
    if (before !== undefined && before !== now) return `${kernel} had other traits`;
  }
  return ledger;
}
