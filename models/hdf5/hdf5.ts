/**
 * An HDF5 file, as Keras reads and writes them: groups, datasets of numbers and
 * attributes of text. Objects are reached by their paths alone, the tree is
 * never walked, and no link is followed but the plain ones of groups, so that
 * circles and other files do not matter.
 *
 * @module
 */
import { formatList, quote } from "../../common/text.ts";
import { DensemarkError } from "../../common/errors.ts";
import { ModelFileError } from "../errors.ts";
import type { StoredWeight } from "../stored_model.ts";
import { dtypes, elementsOf, expectReadable, nativeOf, swapBytes } from "../stored_array.ts";
import { TextAttributes } from "./attributes.ts";
import { Hdf5Bytes } from "./bytes.ts";
import { dataOf } from "./data.ts";
import { dataspaceAt, datatypeAt } from "./datatype.ts";
import { type Link, linksOf } from "./links.ts";
import { type Message, messagesOf, messageType } from "./messages.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Unpacked bytes of all datasets together: at least so many, and so many for each byte of the file. */
const expansion = { least: 2 ** 26, perByte: 16 } as const;

/** Where an HDF5 file begins in bytes: behind a user block of 512, 1024, 2048 bytes, and so on, if any; -1 for none. */
function startOf(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at = at === 0 ? 512 : 2 * at) {
    if (signature.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Whether bytes are an HDF5 file. */
export function isHdf5(bytes: Uint8Array): boolean {
  return startOf(bytes) >= 0;
}

/** The address of the root group, by the superblock; addresses count from where a user block of so many bytes ends. */
function rootOf(file: Hdf5Bytes, userBlock: number): number {
  const what = "the file's superblock";
  const version = file.uint8(8, what);
  if (version > 3) file.fail(`${what} has the version ${version}; 0 to 3 are read`);
  const [offsets, lengths] = version < 2 ? [13, 14] : [9, 10];
  if (file.uint8(offsets, what) !== 8 || file.uint8(lengths, what) !== 8) {
    file.fail("its addresses have not 8 bytes, which is not read");
  }
  const base = version < 2 ? (version === 0 ? 24 : 28) : 12;
  // Programs that put a block before a file leave the address at 0.
  const start = file.uint64(base, what);
  if (start !== 0 && start !== userBlock) {
    file.fail(`${what} says that it begins at byte ${start}; it begins at ${userBlock}`);
  }
  const end = file.uint64(base + 16, what) - start;
  if (end > file.size) {
    file.fail(`it says that it has ${end} bytes; it has ${file.size}: it was cut`);
  }
  return file.uint64(base + (version < 2 ? 40 : 24), what);
}

/** A file of HDF5 in memory. */
export class Hdf5File {
  readonly #file: Hdf5Bytes;
  readonly #attributes: TextAttributes;
  readonly #root: number;
  /** By path; the root's is empty. */
  readonly #messages = new Map<string, Message[]>();
  readonly #links = new Map<string, Map<string, Link>>();
  #unpacked = 0;

  /**
   * @param name The file's name in messages, in quotes.
   * @param stored How many bytes it was stored in, where it was packed itself: what its sets unpack to is bounded by that.
   */
  constructor(readonly name: string, bytes: Uint8Array, readonly stored: number = bytes.length) {
    const start = startOf(bytes);
    if (start < 0) throw new ModelFileError(`${name} is no HDF5 file`);
    this.#file = new Hdf5Bytes(name, bytes.subarray(start));
    this.#attributes = new TextAttributes(this.#file);
    this.#root = rootOf(this.#file, start);
  }

  /** An action, whose errors are named with the path that they are about. */
  #at<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#named(path, error);
    }
  }

  #named(path: string, error: unknown): unknown {
    const start = `${this.name}: `;
    if (!(error instanceof DensemarkError) || !error.message.startsWith(start)) return error;
    const rest = error.message.slice(start.length);
    // The innermost path is the one that it is about.
    if (rest.startsWith('"')) return error;
    return new ModelFileError(`${start}${quote(path === "" ? "/" : path, 200)}: ${rest}`);
  }

  #messagesAt(path: string): Message[] {
    const known = this.#messages.get(path);
    if (known) return known;
    const address = path === "" ? this.#root : this.#addressOf(path);
    const messages = this.#at(path, () => messagesOf(this.#file, address));
    this.#messages.set(path, messages);
    return messages;
  }

  #linksAt(path: string): Map<string, Link> {
    const known = this.#links.get(path);
    if (known) return known;
    const links = this.#at(path, () => linksOf(this.#file, this.#messagesAt(path)));
    this.#links.set(path, links);
    return links;
  }

  /** The link that a path ends in; undefined where there is none. */
  #linkOf(path: string): Link | undefined {
    const at = path.lastIndexOf("/");
    const parent = path.slice(0, Math.max(0, at));
    if (parent !== "" && !this.has(parent)) return undefined;
    return this.#linksAt(parent).get(path.slice(at + 1));
  }

  #addressOf(path: string): number {
    const link = this.#linkOf(path);
    if (link?.kind === "object") return link.address;
    return this.#file.fail(
      `${quote(path, 200)} ${
        link
          ? `is ${link.kind === "soft" ? "a soft" : "an external"} link, which is never followed`
          : "is missing"
      }`,
    );
  }

  /** Whether there is an object of that path, or a link in its place. */
  has(path: string): boolean {
    return this.#linkOf(path) !== undefined;
  }

  /** The names in a group. */
  namesIn(path: string): string[] {
    return [...this.#linksAt(path).keys()];
  }

  /** Whether an object is a dataset. */
  isDataset(path: string): boolean {
    return this.#messagesAt(path).some(({ type }) => type === messageType.dataspace);
  }

  #textsAt(path: string): Map<string, string | readonly string[]> {
    return this.#at(path, () => this.#attributes.of(this.#messagesAt(path)));
  }

  /** A text among the attributes of an object; null where there is none. */
  text(path: string, key: string): string | null {
    const value = this.#textsAt(path).get(key);
    return typeof value === "string" ? value : null;
  }

  /**
   * A list of texts among the attributes of an object; null where there is none.
   * Keras splits long ones over `key0`, `key1`, and so on.
   */
  texts(path: string, key: string): readonly string[] | null {
    const all = this.#textsAt(path);
    const value = all.get(key);
    if (typeof value === "object") return value;
    const parts: string[] = [];
    let found = false;
    for (let i = 0; typeof all.get(`${key}${i}`) === "object"; i++) {
      parts.push(...all.get(`${key}${i}`) as readonly string[]);
      found = true;
    }
    return found ? parts : null;
  }

  /**
   * The numbers of a dataset, as they stand in the file.
   *
   * @param name What the weight is called.
   * @throws {ModelFileError} where they are no numbers, not all there, or more than can be read.
   */
  async numbers(path: string, name: string): Promise<StoredWeight> {
    try {
      return await this.#numbers(path, name);
    } catch (error) {
      throw this.#named(path, error);
    }
  }

  async #numbers(path: string, name: string): Promise<StoredWeight> {
    const file: Hdf5Bytes = this.#file;
    const messages = this.#messagesAt(path);
    const find = (type: number) => messages.find((message) => message.type === type);
    const [space, typeMessage] = [find(messageType.dataspace), find(messageType.datatype)];
    if (!space || !typeMessage) file.fail("it is no dataset");
    if (typeMessage.shared || space.shared) {
      file.fail("its type is stored elsewhere, which is not read");
    }
    const type = datatypeAt(file, typeMessage.at);
    const dtype = type.kind === "number" ? dtypes.get(type.key) : undefined;
    if (type.kind !== "number" || !dtype) {
      const kind = type.kind === "other" ? type.name : "texts";
      file.fail(
        `it holds ${kind}; those that are read are ${
          formatList([...dtypes.values()].map((each) => each.name))
        }`,
      );
    }
    const shape = dataspaceAt(file, space.at) ?? file.fail("it has no values");
    const count = elementsOf(shape);
    expectReadable(`${this.name}: ${quote(path, 200)}`, count);
    const total = count * type.bytes;
    this.#unpacked += total;
    const most = Math.max(expansion.least, expansion.perByte * this.stored);
    if (this.#unpacked > most) {
      file.fail(
        `its shape says ${total} bytes; of a file of ${this.stored} at most ${most} are unpacked`,
      );
    }
    const bytes = await dataOf(file, { shape, size: type.bytes, messages });
    if (type.bigEndian) swapBytes(bytes, type.bytes);
    // Keras keeps bfloat16 as its bits.
    const isBits = type.key === "U16" && this.text(path, "dtype") === "bfloat16";
    const format = isBits ? dtypes.get("BF16")! : dtype;
    return { name, shape, dtype: format.name, values: nativeOf(format, bytes) };
  }
}
