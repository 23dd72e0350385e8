/**
 * Zip archives, as .keras and .npz files are, by zip.js: read with every check
 * that it has (CRC-32, ambiguous or overlapping entries), and written without
 * compression, as NumPy and Keras do. What entries declare is added up before
 * the first is unpacked.
 *
 * @module
 */
import {
  type Entry,
  type FileEntry,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from "@zip.js/zip.js";
import { errorText } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";

const options = { useWebWorkers: false } as const;
const mostEntries = 10_000;

/** Unpacked bytes of all entries together: at least so many, and so many for each byte of the file. */
const zipExpansion = { least: 2 ** 26, perByte: 16 } as const;

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/** What zip.js does, with whatever it throws as one line. */
async function attempt<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError(`${name} is no sound zip archive: ${errorText(error)}`);
  }
}

const isFile = (entry: Entry): entry is FileEntry => !entry.directory;

/** A zip archive in memory. */
export class Zip {
  private constructor(
    readonly name: string,
    /** Of the archive, in bytes. */
    readonly size: number,
    readonly entries: ReadonlyMap<string, FileEntry>,
  ) {}

  /**
   * @param name The archive's name in messages, in quotes.
   * @throws {ModelFileError} where it is none, or would unpack to more than {@linkcode zipExpansion} allows.
   */
  static async open(name: string, bytes: Uint8Array): Promise<Zip> {
    return await attempt(name, async () => {
      const reader = new ZipReader(new Uint8ArrayReader(bytes), {
        ...options,
        checkSignature: true,
        strictness: "strict",
        // The names are keys here, never paths.
        filenameValidation: "tolerant",
      });
      const entries = new Map<string, FileEntry>();
      const most = Math.max(zipExpansion.least, zipExpansion.perByte * bytes.length);
      let total = 0;
      for await (const entry of reader.getEntriesGenerator()) {
        if (!isFile(entry)) continue;
        const { filename, uncompressedSize, encrypted } = entry;
        const what = `${name}: its entry ${quote(filename, 200)}`;
        if (entries.has(filename)) throw new ModelFileError(`${what} is there twice`);
        if (encrypted) throw new ModelFileError(`${what} is encrypted, which is not read`);
        total += uncompressedSize;
        if (!(total <= most)) {
          throw new ModelFileError(
            `${what} would unpack to ${uncompressedSize} bytes; of a file of ${bytes.length} at most ${most} are unpacked`,
          );
        }
        entries.set(filename, entry);
        if (entries.size > mostEntries) {
          throw new ModelFileError(`${name} has more than ${mostEntries} entries`);
        }
      }
      return new Zip(name, bytes.length, entries);
    });
  }

  has(entry: string): boolean {
    return this.entries.has(entry);
  }

  /** The names of the entries in quotes, the first of many, for messages. */
  get names(): string {
    return formatList([...this.entries.keys()].map((entry) => quote(entry)), { most: 8 }) ||
      "nothing";
  }

  /** The bytes of an entry. @throws {ModelFileError} where it is missing, or not what the archive says of it. */
  async read(entry: string): Promise<Uint8Array<ArrayBuffer>> {
    const found = this.entries.get(entry);
    if (!found) {
      throw new ModelFileError(`${this.name} has no entry ${quote(entry)}; it has ${this.names}`);
    }
    const where = `${this.name}: ${quote(entry, 200)}`;
    return await attempt(where, async () => {
      const bytes = new Uint8Array(found.uncompressedSize);
      let length = 0;
      const whole = new WritableStream<Uint8Array>({
        write: (part) => {
          if (length + part.length > bytes.length) {
            throw new ModelFileError(
              `${where} unpacks to more than the ${bytes.length} bytes it says`,
            );
          }
          bytes.set(part, length);
          length += part.length;
        },
      });
      await found.getData(whole, { ...options, checkSignature: true });
      if (length !== bytes.length) {
        throw new ModelFileError(`${where} unpacks to ${length} bytes; it says ${bytes.length}`);
      }
      return bytes;
    });
  }
}

/** A zip archive of these entries, stored as they are. */
export async function encodeZip(
  entries: Readonly<Record<string, Uint8Array>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    ...options,
    level: 0,
    // As Keras dates them, so that equal models give equal files.
    lastModDate: new Date(1980, 0, 1),
    extendedTimestamp: false,
    dataDescriptor: false,
  });
  for (const [name, bytes] of Object.entries(entries)) {
    await writer.add(name, new Uint8ArrayReader(bytes));
  }
  return new Uint8Array(await writer.close());
}
