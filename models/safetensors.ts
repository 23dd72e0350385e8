/**
 * Safetensors files: eight bytes that give the header's length, a JSON header
 * that says where each tensor lies, and the tensors (format of the `safetensors`
 * library). All that its specification forbids is refused: repeated keys, and
 * tensors that overlap, leave gaps or end beyond the file.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { formatList, quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { parseObject } from "./json.ts";
import { decodeText, type Source } from "./source.ts";
import {
  decodeFinite,
  dtypes,
  elementsOf,
  expectReadable,
  nativeOf,
  readable,
  shapeOf,
  type StoredArray,
} from "./stored_array.ts";

// Room for some 40,000 tensors; JSON takes some sixty times its size in memory at worst.
const longestHeader = 2 ** 22;

/** The key of the header that names no tensor. */
const metadataKey = "__metadata__";

/** Bytes of the formats that may be in the file but are not read. */
const unread: Readonly<Record<string, number>> = {
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** What a safetensors file holds. */
export interface Safetensors {
  readonly metadata: JsonFields;
  readonly arrays: ReadonlyMap<string, StoredArray>;
}

interface Entry extends StoredArray {
  readonly begin: number;
  readonly end: number;
}

function entryOf(source: Source, header: JsonFields, key: string, dataAt: number): Entry {
  const name = `${source.name}: ${quote(key)}`;
  const entry = header.object(key);
  const format = entry.text("dtype");
  const shape = shapeOf(entry.counts("shape"), name);
  const offsets = entry.counts("data_offsets");
  const [begin = 0, end = 0] = offsets;
  if (offsets.length !== 2 || end < begin) {
    throw new ModelFileError(`${name}: data_offsets must be two whole numbers, begin <= end`);
  }
  if (dataAt + end > source.size) {
    throw new ModelFileError(
      `${name} ends at byte ${dataAt + end}, beyond the file's end at ${source.size}`,
    );
  }
  const dtype = dtypes.get(format);
  const bytes = dtype?.bytes ?? (Object.hasOwn(unread, format) ? unread[format] : undefined);
  if (bytes !== undefined && elementsOf(shape) * bytes !== end - begin) {
    throw new ModelFileError(
      `${name}: its shape [${shape.join(", ")}] of ${quote(format)} needs ${
        elementsOf(shape) * bytes
      } bytes; its data_offsets give ${end - begin}`,
    );
  }
  const bytesOf = async (count: number) => {
    if (!dtype) {
      throw new ModelFileError(
        `${name} has the dtype ${quote(format)}; those that are read are ${readable}`,
      );
    }
    expectReadable(name, count);
    return { known: dtype, data: await source.read(dataAt + begin, count * dtype.bytes) };
  };
  return {
    name,
    shape,
    dtype,
    begin,
    end,
    read: async (count = elementsOf(shape)) => {
      const { known, data } = await bytesOf(count);
      return decodeFinite(name, known, data);
    },
    native: async () => {
      const { known, data } = await bytesOf(elementsOf(shape));
      return nativeOf(known, data);
    },
  };
}

/** The names of tensors in quotes, the first of many, for messages. */
export function formatNames(arrays: ReadonlyMap<string, StoredArray>): string {
  return formatList([...arrays.keys()].map((name) => quote(name)), { most: 8 });
}

/** @throws {ModelFileError} where the entries do not fill the data exactly, one after the other. */
function expectContiguous(entries: readonly Entry[], { name }: Source, length: number): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of sorted) {
    if (entry.begin < end) throw new ModelFileError(`${entry.name} overlaps another tensor`);
    if (entry.begin > end) {
      throw new ModelFileError(
        `${name}: bytes ${end} to ${entry.begin} of its data belong to no tensor`,
      );
    }
    end = entry.end;
  }
  if (end !== length) {
    throw new ModelFileError(`${name}: bytes ${end} to ${length} of its data belong to no tensor`);
  }
}

/**
 * The tensors of a safetensors file.
 *
 * @throws {ModelFileError} where it is no such file.
 */
export async function readSafetensors(source: Source): Promise<Safetensors> {
  const { name, size } = source;
  if (size < 10) throw new ModelFileError(`${name} is no safetensors file: it has ${size} bytes`);
  const start = await source.read(0, 9);
  const long = new DataView(start.buffer).getBigUint64(0, true);
  if (start[8] !== "{".charCodeAt(0)) {
    throw new ModelFileError(`${name} is no safetensors file: no JSON object begins at byte 8`);
  }
  if (long > BigInt(size - 8)) {
    throw new ModelFileError(
      `${name}: its header says it has ${long} bytes; the file has ${size - 8} after its length`,
    );
  }
  if (long > longestHeader) {
    throw new ModelFileError(
      `${name}: its header has ${long} bytes; at most ${longestHeader} are read`,
    );
  }
  const length = Number(long);
  const what = `the header of ${name}`;
  const header = parseObject(decodeText(await source.read(8, length), what), what);
  const dataAt = 8 + length;
  const keys = header.names().filter((key) => key !== metadataKey);
  const arrays = new Map(keys.map((key) => [key, entryOf(source, header, key, dataAt)]));
  expectContiguous([...arrays.values()], source, size - dataAt);
  return { metadata: header.objectOrEmpty(metadataKey), arrays };
}
