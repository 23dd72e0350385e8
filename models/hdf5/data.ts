/**
 * The values of an HDF5 dataset, as bytes: in one piece, in the object's own
 * header, or in chunks that a B-tree finds (HDF5 File Format Specification 3.0,
 * III.A.1 and IV.A.2.i). Nothing is allocated before what the file declares was
 * compared with what it has: each chunk must be there once, and what unpacks to
 * more than {@linkcode mostExpansion} times its bytes is refused, as by Keras.
 *
 * @module
 */
import { elementsOf } from "../stored_array.ts";
import { type Hdf5Bytes, undefinedAddress } from "./bytes.ts";
import { filtersAt, unfilter } from "./filters.ts";
import { type Message, messageType } from "./messages.ts";

/** Unpacked bytes of a dataset for each byte that it is stored in. */
const mostExpansion = 1000;

/** What is known of a dataset before its values are read. */
export interface Dataset {
  readonly shape: readonly number[];
  /** The size of an element, in bytes. */
  readonly size: number;
  readonly messages: readonly Message[];
}

interface Chunk {
  readonly at: number;
  readonly length: number;
  readonly mask: number;
  readonly offsets: readonly number[];
}

/** The chunks that a B-tree leads to; no more than `most`. */
function chunksOf(file: Hdf5Bytes, root: number, rank: number, most: number): Chunk[] {
  const what = "a node of the B-tree of chunks";
  const entry = 8 + 8 * (rank + 1);
  const chunks: Chunk[] = [];
  const seen = new Set<number>();
  const visit = (address: number, below: number) => {
    if (seen.has(address)) file.fail(`${what} is reached twice: a sound tree reads each once`);
    seen.add(address);
    file.expectSignature(address, "TREE", what);
    const type = file.uint8(address + 4, what);
    const level = file.uint8(address + 5, what);
    if (type !== 1 || level >= below) file.fail(`${what} is of another kind than its parent says`);
    const entries = file.uint16(address + 6, what);
    for (let i = 0; i < entries; i++) {
      const at = address + 24 + i * (entry + 8);
      const child = file.uint64(at + entry, what);
      if (level > 0) {
        visit(child, level);
        continue;
      }
      if (chunks.length === most) file.fail(`it has more than the ${most} chunks of its shape`);
      chunks.push({
        at: child,
        length: file.uint32(at, what),
        mask: file.uint32(at + 4, what),
        offsets: Array.from({ length: rank }, (_, axis) => file.uint64(at + 8 + 8 * axis, what)),
      });
    }
  };
  visit(root, 256);
  return chunks;
}

/** Copies a chunk into the array, row by row of its last axis, without what reaches beyond. */
function place(
  whole: Uint8Array,
  shape: readonly number[],
  chunk: Uint8Array,
  chunkShape: readonly number[],
  offsets: readonly number[],
  size: number,
): void {
  const last = shape.length - 1;
  const width = Math.min(chunkShape[last]!, shape[last]! - offsets[last]!) * size;
  const index = chunkShape.map(() => 0);
  for (let from = 0; from < chunk.length; from += chunkShape[last]! * size) {
    let to = 0;
    let inside = true;
    for (let axis = 0; axis <= last; axis++) {
      const at = offsets[axis]! + index[axis]!;
      inside &&= at < shape[axis]!;
      to = to * shape[axis]! + at;
    }
    if (inside) whole.set(chunk.subarray(from, from + width), to * size);
    for (let axis = last - 1; axis >= 0; axis--) {
      if (++index[axis]! < chunkShape[axis]!) break;
      index[axis] = 0;
    }
  }
}

async function chunked(
  file: Hdf5Bytes,
  { shape, size, messages }: Dataset,
  at: number,
  total: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const what = "the layout of a dataset";
  const rank = file.uint8(at + 2, what) - 1;
  const root = file.uint64(at + 3, what);
  if (rank !== shape.length || rank < 1) {
    file.fail(`${what} has ${rank} axes; its shape ${shape.length}`);
  }
  const chunkShape = Array.from({ length: rank }, (_, i) => file.uint32(at + 11 + 4 * i, what));
  const length = elementsOf(chunkShape) * size;
  const counts = shape.map((axis, i) => Math.ceil(axis / chunkShape[i]!));
  const count = elementsOf(counts);
  if (chunkShape.includes(0)) file.fail(`${what} has chunks without values`);
  if (root === undefinedAddress) file.fail("none of its values are in the file");
  const pipeline = messages.find(({ type }) => type === messageType.filters);
  const filters = pipeline ? filtersAt(file, pipeline) : [];
  // A node of the tree has some bytes for each chunk.
  if (!(count <= file.size)) {
    file.fail(`its shape needs ${count} chunks; the file has ${file.size} bytes`);
  }
  const chunks = chunksOf(file, root, rank, count);
  const stored = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  // Chunks reach beyond the shape at its ends: they are bounded by themselves.
  if (Math.max(total, length) > mostExpansion * stored) {
    file.fail(
      `its shape needs ${total} bytes, in chunks of ${length}; it has ${stored}, and more than ${mostExpansion} times that is refused`,
    );
  }
  if (chunks.length !== count) {
    file.fail(`it has ${chunks.length} chunks; its shape needs ${count}`);
  }
  const whole = new Uint8Array(total);
  const seen = new Set<number>();
  for (const { at: start, length: bytes, mask, offsets } of chunks) {
    const position = offsets.reduce((sum, offset, axis) => {
      const step = offset / chunkShape[axis]!;
      if (!Number.isInteger(step) || step >= counts[axis]!) {
        file.fail("a chunk lies beside the grid of its shape: the file was changed");
      }
      return sum * counts[axis]! + step;
    }, 0);
    if (seen.has(position)) file.fail("a chunk is there twice: the file was changed");
    seen.add(position);
    const packed = file.part(start, bytes, "a chunk");
    const plain = await unfilter(file, packed, filters, { mask, length, size });
    place(whole, shape, plain, chunkShape, offsets, size);
  }
  return whole;
}

/** A copy of the bytes of a dataset's values, row-major, in the order that its datatype says. */
export async function dataOf(file: Hdf5Bytes, dataset: Dataset): Promise<Uint8Array<ArrayBuffer>> {
  const what = "the layout of a dataset";
  const { shape, size, messages } = dataset;
  const total = elementsOf(shape) * size;
  if (messages.some(({ type }) => type === messageType.externalFiles)) {
    file.fail("its values lie in another file, which is never opened");
  }
  const layout = messages.find(({ type }) => type === messageType.layout);
  if (!layout) file.fail("it has no values");
  const { at } = layout;
  const version = file.uint8(at, what);
  if (version !== 3 && version !== 4) {
    file.fail(`${what} has the version ${version}; 3 and 4 are read`);
  }
  const kind = file.uint8(at + 1, what);
  if (total === 0) return new Uint8Array();
  if (kind === 0) {
    const stored = file.uint16(at + 2, what);
    if (stored !== total) file.fail(`its shape needs ${total} bytes; it has ${stored}`);
    return new Uint8Array(file.part(at + 4, stored, "its values"));
  }
  if (kind === 1) {
    const address = file.uint64(at + 2, what);
    const stored = file.uint64(at + 10, what);
    if (address === undefinedAddress) file.fail("none of its values are in the file");
    if (stored !== total) file.fail(`its shape needs ${total} bytes; it has ${stored}`);
    return new Uint8Array(file.part(address, stored, "its values"));
  }
  if (kind !== 2) file.fail("it is made of parts of other datasets, which are never opened");
  if (version === 4) {
    file.fail(
      'it has an index of chunks that h5py\'s libver="latest" writes, which is not read; save with the default libver',
    );
  }
  return await chunked(file, dataset, at, total);
}
