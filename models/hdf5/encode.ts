/**
 * Writing HDF5 files of groups and plain datasets, in the oldest layout, which
 * every reader knows (HDF5 File Format Specification 3.0): superblock 0, groups
 * as one table of names with its heap, each array in one piece. Nothing has a
 * date, so that equal content gives equal files.
 *
 * @module
 */
import { quote } from "../../common/text.ts";
import { ModelFileError } from "../errors.ts";
import { dtypeNamed, elementsOf } from "../stored_array.ts";
import { padded } from "./bytes.ts";
import { bytesOfWeight, type StoredWeight } from "../stored_model.ts";

/** A group: what it holds, by name. */
export interface Hdf5Group {
  readonly [name: string]: Hdf5Group | StoredWeight;
}

const none = 2n ** 64n - 1n;
const superblockSize = 96;
// A table of names has room for twice as many, a node of a tree for twice as many tables.
const leafK = 16;
const leastInternalK = 16;
const heapStart = 32;

function isArray(value: Hdf5Group | StoredWeight): value is StoredWeight {
  return ArrayBuffer.isView(value.values);
}

/** Bytes that grow, with addresses given before the content is known. */
class Writer {
  #bytes = new Uint8Array(2 ** 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Room for so many bytes, zeros at first, at a multiple of eight. */
  reserve(length: number): number {
    const at = padded(this.#length);
    this.#length = at + length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }

  set(at: number, bytes: ArrayLike<number>): void {
    this.#bytes.set(bytes, at);
  }

  text(at: number, text: string): void {
    this.set(at, new TextEncoder().encode(text));
  }

  /** A whole number of so many bytes. */
  number(at: number, size: 1 | 2 | 4 | 8, value: number | bigint): void {
    const view = new DataView(this.#bytes.buffer);
    if (size === 1) view.setUint8(at, Number(value));
    else if (size === 2) view.setUint16(at, Number(value), true);
    else if (size === 4) view.setUint32(at, Number(value), true);
    else view.setBigUint64(at, BigInt(value), true);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Place of the sign, of the exponent and its size, size of the mantissa, and bias. */
const floats: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  float16: [15, 10, 5, 10, 15],
  float32: [31, 23, 8, 23, 127],
  float64: [63, 52, 11, 52, 1023],
};

/** A datatype's message. */
function datatype({ name, dtype }: StoredWeight): number[] {
  const size = dtypeNamed(dtype)!.bytes;
  const float = floats[dtype];
  if (float) {
    const [sign, exponentAt, exponent, mantissa, bias] = float;
    const start = [0x11, 0x20, sign, 0, size, 0, 0, 0, 0, 0, 8 * size, 0];
    return [...start, exponentAt, exponent, 0, mantissa, bias % 256, bias >> 8, 0, 0];
  }
  const isSigned = dtype.startsWith("int");
  if (!isSigned && !dtype.startsWith("uint")) {
    throw new ModelFileError(`${quote(name)} is ${dtype}, which is not written to HDF5`);
  }
  return [0x10, isSigned ? 8 : 0, 0, 0, size, 0, 0, 0, 0, 0, 8 * size, 0];
}

/** An object's header of these messages; returns its address and where the data of each message lie. */
function header(
  writer: Writer,
  messages: readonly (readonly [type: number, length: number])[],
): { readonly address: number; readonly places: readonly number[] } {
  const size = messages.reduce((sum, [, length]) => sum + 8 + padded(length), 0);
  const address = writer.reserve(16 + size);
  writer.number(address, 1, 1);
  writer.number(address + 2, 2, messages.length);
  writer.number(address + 4, 4, 1);
  writer.number(address + 8, 4, size);
  let at = address + 16;
  const places = messages.map(([type, length]) => {
    writer.number(at, 2, type);
    writer.number(at + 2, 2, padded(length));
    const place = at + 8;
    at = place + padded(length);
    return place;
  });
  return { address, places };
}

function writeArray(writer: Writer, weight: StoredWeight): number {
  const { shape, name, values } = weight;
  if (values.length !== elementsOf(shape)) {
    throw new ModelFileError(
      `${quote(name)} has ${values.length} numbers; its shape needs ${elementsOf(shape)}`,
    );
  }
  const type = datatype(weight);
  const { address, places: [space, typeAt, fill, layout] } = header(writer, [
    [0x01, 8 + 8 * shape.length],
    [0x03, type.length],
    [0x05, 4],
    [0x08, 18],
  ]);
  writer.set(space!, [1, shape.length]);
  for (const [i, axis] of shape.entries()) writer.number(space! + 8 + 8 * i, 8, axis);
  writer.set(typeAt!, type);
  // No value stands for what was not written: all is.
  writer.set(fill!, [2, 2, 2, 0]);
  const data = bytesOfWeight(weight);
  const at = data.length > 0 ? writer.reserve(data.length) : null;
  if (at !== null) writer.set(at, data);
  writer.set(layout!, [3, 1]);
  writer.number(layout! + 2, 8, at ?? none);
  writer.number(layout! + 10, 8, data.length);
  return address;
}

/** Where a group lies. */
interface Placed {
  readonly address: number;
  readonly tree: number;
  readonly heap: number;
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/** Writes the tables of a group's names, and returns where each lies and how far its names reach. */
function writeTables(
  writer: Writer,
  group: Hdf5Group,
  names: readonly string[],
  heap: number,
  internalK: number,
): { readonly at: number; readonly last: number }[] {
  const tables: { at: number; last: number }[] = [];
  let offset = 8;
  for (let from = 0; from < names.length; from += 2 * leafK) {
    const part = names.slice(from, from + 2 * leafK);
    const at = writer.reserve(8 + 2 * leafK * 40);
    writer.text(at, "SNOD");
    writer.number(at + 4, 1, 1);
    writer.number(at + 6, 2, part.length);
    let last = offset;
    for (const [i, name] of part.entries()) {
      const value = group[name]!;
      const entry = at + 8 + 40 * i;
      const text = new TextEncoder().encode(name);
      writer.set(heap + heapStart + offset, text);
      writer.number(entry, 8, offset);
      if (isArray(value)) writer.number(entry + 8, 8, writeArray(writer, value));
      else {
        const below = writeGroup(writer, value, internalK);
        writer.number(entry + 8, 8, below.address);
        // A copy of where the group's table lies.
        writer.number(entry + 16, 4, 1);
        writer.number(entry + 24, 8, below.tree);
        writer.number(entry + 32, 8, below.heap);
      }
      last = offset;
      offset += padded(text.length + 1);
    }
    tables.push({ at, last });
  }
  return tables;
}

function writeGroup(writer: Writer, group: Hdf5Group, internalK: number): Placed {
  const names = Object.keys(group).sort(compare);
  const { address, places: [table] } = header(writer, [[0x11, 16]]);
  const tree = writer.reserve(24 + 16 * 2 * internalK + 8);
  // Each name ends with a zero; the first is empty.
  const heapSize = names.reduce(
    (sum, name) => sum + padded(new TextEncoder().encode(name).length + 1),
    8,
  );
  const heap = writer.reserve(heapStart + heapSize);
  writer.number(table!, 8, tree);
  writer.number(table! + 8, 8, heap);
  writer.text(heap, "HEAP");
  writer.number(heap + 8, 8, heapSize);
  // The list of free places has none.
  writer.number(heap + 16, 8, 1);
  writer.number(heap + 24, 8, heap + heapStart);
  writer.text(tree, "TREE");
  writer.number(tree + 8, 8, none);
  writer.number(tree + 16, 8, none);
  const tables = writeTables(writer, group, names, heap, internalK);
  writer.number(tree + 6, 2, tables.length);
  for (const [i, { at, last }] of tables.entries()) {
    writer.number(tree + 32 + 16 * i, 8, at);
    writer.number(tree + 40 + 16 * i, 8, last);
  }
  return { address, tree, heap };
}

/** The names in the largest group. */
function mostNames(group: Hdf5Group): number {
  return Object.values(group).reduce(
    (most, value) => isArray(value) ? most : Math.max(most, mostNames(value)),
    Object.keys(group).length,
  );
}

/**
 * An HDF5 file of a group and all that is below it.
 *
 * @throws {ModelFileError} for numbers that are not written: bool and bfloat16.
 *
 * @example
 * ```ts
 * import { encodeHdf5 } from "./encode.ts";
 * import { Hdf5File } from "./hdf5.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Float32Array([1, 2]);
 * const bytes = encodeHdf5({ a: { w: { name: "w", shape: [2], dtype: "float32", values } } });
 * assertEquals((await new Hdf5File("it", bytes).numbers("a/w", "w")).values, values);
 * ```
 */
export function encodeHdf5(root: Hdf5Group): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.reserve(superblockSize);
  const tables = Math.ceil(mostNames(root) / (2 * leafK));
  const internalK = Math.max(leastInternalK, Math.ceil(tables / 2));
  const { address, tree, heap } = writeGroup(writer, root, internalK);
  writer.set(0, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0]);
  writer.number(16, 2, leafK);
  writer.number(18, 2, internalK);
  writer.number(32, 8, none);
  writer.number(40, 8, writer.length);
  writer.number(48, 8, none);
  writer.number(64, 8, address);
  writer.number(72, 4, 1);
  writer.number(80, 8, tree);
  writer.number(88, 8, heap);
  return writer.bytes;
}
