/**
 * What HDF5 does to a chunk before it is stored, undone: deflate, shuffle and
 * the checksum of Fletcher (HDF5 File Format Specification 3.0, IV.A.2.l). No
 * step may give more bytes than the chunk has, so that a bomb is cut short.
 *
 * @module
 */
import { type Hdf5Bytes, padded } from "./bytes.ts";
import { inflate } from "../inflate.ts";
import type { Message } from "./messages.ts";

const names: Readonly<Record<number, string>> = {
  4: "szip",
  5: "nbit",
  6: "scale-offset",
  32000: "LZF",
  32001: "Blosc",
  32004: "LZ4",
  32008: "bitshuffle",
  32015: "Zstandard",
};

const deflate = 1;
const shuffle = 2;
const fletcher32 = 3;
const mostFilters = 8;

/** The numbers of a pipeline's filters, in the order in which they were applied. */
export function filtersAt(file: Hdf5Bytes, { at: start }: Message): number[] {
  const what = "a list of filters";
  const version = file.uint8(start, what);
  const count = file.uint8(start + 1, what);
  if ((version !== 1 && version !== 2) || count > mostFilters) {
    file.fail(`${what} is of version ${version} with ${count} filters, which is not read`);
  }
  let at = start + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = file.uint16(at, what);
    const named = version === 1 || id > 255;
    const length = named ? file.uint16(at + 2, what) : 0;
    const values = file.uint16(at + (named ? 6 : 4), what);
    const data = at + (named ? 8 : 6);
    at = version === 1
      ? data + padded(length) + 4 * (values + values % 2)
      : data + length + 4 * values;
    if (![deflate, shuffle, fletcher32].includes(id)) {
      file.fail(
        `its values are packed with ${
          names[id] ?? `the filter ${id}`
        }, which is not read; those that are read are gzip, shuffle and Fletcher32`,
      );
    }
    return id;
  });
}

function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  const plain = new Uint8Array(bytes.length);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < count; i++) plain[i * size + j] = bytes[j * count + i]!;
  }
  // What makes no whole element stays where it is.
  plain.set(bytes.subarray(count * size), count * size);
  return plain;
}

/** HDF5's form of Fletcher's checksum: 16-bit words, the first byte the upper one. */
export function fletcher(bytes: Uint8Array): number {
  let first = 0;
  let second = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    first = (first + (bytes[i]! << 8) + (bytes[i + 1] ?? 0)) % 65535;
    second = (second + first) % 65535;
  }
  return ((second << 16) | first) >>> 0;
}

/**
 * A chunk's values.
 *
 * @param mask The filters that this chunk was stored without, a bit for each.
 * @param length How many bytes there must be at the end.
 * @param size Of an element, in bytes.
 */
export async function unfilter(
  file: Hdf5Bytes,
  stored: Uint8Array,
  filters: readonly number[],
  { mask, length, size }: { mask: number; length: number; size: number },
): Promise<Uint8Array> {
  let bytes = stored;
  for (const [i, id] of [...filters.entries()].reverse()) {
    if (mask & (1 << i)) continue;
    if (id === shuffle) bytes = unshuffle(bytes, size);
    else if (id === deflate) {
      // A checksum may have been added before.
      const plain = await inflate("deflate", bytes, length + 4);
      bytes = plain ??
        file.fail("a chunk cannot be unpacked: the file was changed, or it is a bomb");
    } else {
      const at = bytes.length - 4;
      if (at < 0) file.fail("a chunk is shorter than its checksum");
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, 4);
      const right = fletcher(bytes.subarray(0, at));
      if (view.getUint32(0, true) !== right) {
        file.fail("a chunk's Fletcher32 checksum is wrong: the file was changed");
      }
      bytes = bytes.subarray(0, at);
    }
  }
  if (bytes.length !== length) {
    file.fail(`a chunk has ${bytes.length} bytes; its shape needs ${length}`);
  }
  return bytes;
}
