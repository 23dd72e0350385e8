/**
 * The texts among the attributes of an HDF5 object: one or a list of them, of
 * fixed length or in the file's global heap (HDF5 File Format Specification
 * 3.0, III.E and IV.A.2.m). Attributes of other types are passed over.
 *
 * @module
 */
import { quote } from "../../common/text.ts";
import { elementsOf } from "../stored_array.ts";
import { type Hdf5Bytes, padded, textOf } from "./bytes.ts";
import { dataspaceAt, type Datatype, datatypeAt } from "./datatype.ts";
import { type Message, messageType } from "./messages.ts";

interface Attribute {
  readonly name: string;
  readonly type: Datatype;
  readonly count: number;
  readonly scalar: boolean;
  readonly at: number;
}

function attributeOf(file: Hdf5Bytes, { at, length, shared }: Message): Attribute | null {
  const what = "an attribute";
  const version = file.uint8(at, what);
  if (shared || version < 1 || version > 3) {
    file.fail(
      `${what} is ${shared ? "stored elsewhere" : `of version ${version}`}, which is not read`,
    );
  }
  const pad = version === 1 ? padded : (size: number) => size;
  const [nameSize, typeSize, spaceSize] = [2, 4, 6].map((place) => file.uint16(at + place, what));
  const nameAt = at + (version === 3 ? 9 : 8);
  const typeAt = nameAt + pad(nameSize!);
  const spaceAt = typeAt + pad(typeSize!);
  const dataAt = spaceAt + pad(spaceSize!);
  if (dataAt > at + length) file.fail(`${what} is longer than its message: the file was changed`);
  const name = textOf(file.part(nameAt, nameSize!, what));
  if (name === null) file.fail(`${what}'s name cannot be read`);
  // Version 2 and 3 may name a type that is stored elsewhere.
  if (version > 1 && file.uint8(at + 1, what) & 1) return null;
  const type = datatypeAt(file, typeAt);
  const shape = dataspaceAt(file, spaceAt) ?? [0];
  const count = elementsOf(shape);
  // Each value has a byte at least.
  if (count > length || count * type.bytes > at + length - dataAt) {
    file.fail(`the attribute ${quote(name)} says more values than there are: the file was changed`);
  }
  return { name, type, count, scalar: shape.length === 0, at: dataAt };
}

/** The objects of a global heap, by their numbers. */
function heapAt(
  file: Hdf5Bytes,
  address: number,
): Map<number, readonly [at: number, length: number]> {
  const what = "the heap of texts";
  file.expectSignature(address, "GCOL", what);
  const size = file.uint64(address + 8, what);
  file.expect(address, size, what);
  const objects = new Map<number, readonly [number, number]>();
  for (let at = address + 16; at + 16 <= address + size;) {
    const index = file.uint16(at, what);
    if (index === 0) break;
    const length = file.uint64(at + 8, what);
    if (at + 16 + length > address + size) file.fail(`a text is longer than ${what}`);
    objects.set(index, [at + 16, length]);
    at += 16 + padded(length);
  }
  return objects;
}

/** The texts of attributes. */
export class TextAttributes {
  readonly #heaps = new Map<number, ReturnType<typeof heapAt>>();

  constructor(readonly file: Hdf5Bytes) {}

  #text(bytes: Uint8Array, name: string): string {
    return textOf(bytes) ??
      this.file.fail(`the attribute ${quote(name)} is not UTF-8 text`);
  }

  #variable(at: number, name: string): string {
    const what = `the attribute ${quote(name)}`;
    const length = this.file.uint32(at, what);
    if (length === 0) return "";
    const address = this.file.uint64(at + 4, what);
    const heap = this.#heaps.get(address) ?? heapAt(this.file, address);
    this.#heaps.set(address, heap);
    const [start = 0, stored = 0] = heap.get(this.file.uint32(at + 12, what)) ?? [];
    if (stored < length) this.file.fail(`the text of ${what} is not in its heap`);
    return this.#text(this.file.part(start, length, what), name);
  }

  /** The texts of one object, by name: a list for an attribute that is one. */
  of(messages: readonly Message[]): Map<string, string | readonly string[]> {
    const found = new Map<string, string | readonly string[]>();
    for (const message of messages) {
      if (message.type !== messageType.attribute) continue;
      const attribute = attributeOf(this.file, message);
      if (attribute === null) continue;
      const { name, type, count, scalar, at } = attribute;
      // An empty list may have any type.
      if (type.kind !== "string" && type.kind !== "variable string" && count > 0) continue;
      const texts = Array.from({ length: count }, (_, i) => {
        const place = at + i * type.bytes;
        return type.kind === "variable string"
          ? this.#variable(place, name)
          : this.#text(this.file.part(place, type.bytes, name), name);
      });
      if (found.has(name)) this.file.fail(`an object has the attribute ${quote(name)} twice`);
      found.set(name, scalar ? texts[0] ?? "" : texts);
    }
    return found;
  }
}
