/**
 * The bytes of an HDF5 file, with every access checked and counted. A file may
 * describe structures that lead to each other again and again, so the bytes
 * that are looked at are budgeted by the file's size: whatever a file says, its
 * reading ends.
 *
 * @module
 */
import { ModelFileError } from "../errors.ts";

// A structure may be read once for each of a handful of purposes, such as its links and its attributes.
const readsOfEachByte = 16;
const leastBudget = 2 ** 20;

/** The address that stands for none. */
export const undefinedAddress = Infinity;

/** A length with what is left empty behind it, so that the next thing begins at a multiple of 8. */
export const padded = (length: number): number => 8 * Math.ceil(length / 8);

/** An HDF5 file in memory. */
export class Hdf5Bytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #budget: number;

  /** @param name The file's name in messages, in quotes. */
  constructor(readonly name: string, bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = leastBudget + readsOfEachByte * bytes.length;
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** Ends the reading. */
  fail(what: string): never {
    throw new ModelFileError(`${this.name}: ${what}`);
  }

  /** Counts bytes that are looked at. @throws {ModelFileError} where they are too many for a file of this size. */
  spend(length: number): void {
    this.#budget -= length;
    if (!(this.#budget >= 0)) {
      this.fail("its structures lead to each other again and again; a sound file reads each once");
    }
  }

  /** Holds that a part lies within the file, and counts it. */
  expect(at: number, length: number, what: string): void {
    if (!(Number.isSafeInteger(at) && at >= 0 && length >= 0 && at + length <= this.size)) {
      this.fail(
        `${what} is at bytes ${at} to ${
          at + length
        }; the file has ${this.size}: it was cut or changed`,
      );
    }
    this.spend(length);
  }

  /** The bytes themselves, not a copy. */
  part(at: number, length: number, what: string): Uint8Array {
    this.expect(at, length, what);
    return this.#bytes.subarray(at, at + length);
  }

  uint8(at: number, what: string): number {
    this.expect(at, 1, what);
    return this.#view.getUint8(at);
  }

  uint16(at: number, what: string): number {
    this.expect(at, 2, what);
    return this.#view.getUint16(at, true);
  }

  uint32(at: number, what: string): number {
    this.expect(at, 4, what);
    return this.#view.getUint32(at, true);
  }

  /** A number of eight bytes: exact to 2^53, beyond it near enough to be refused; all ones are {@linkcode undefinedAddress}. */
  uint64(at: number, what: string): number {
    this.expect(at, 8, what);
    const value = this.#view.getBigUint64(at, true);
    return value === 2n ** 64n - 1n ? undefinedAddress : Number(value);
  }

  /** Whether these letters stand at a place. */
  hasSignature(at: number, signature: string): boolean {
    this.expect(at, signature.length, `the signature ${signature}`);
    return [...signature].every((letter, i) => this.#bytes[at + i] === letter.charCodeAt(0));
  }

  /** Holds that these letters stand at a place. */
  expectSignature(at: number, signature: string, what: string): void {
    if (!this.hasSignature(at, signature)) {
      this.fail(`${what} at byte ${at} does not begin with ${signature}: the file was changed`);
    }
  }
}

/** Bytes as text, without the zeros that HDF5 fills it up with; null where it is not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    return null;
  }
}
