/**
 * Safetensors files: eight bytes that give the header's length, a JSON header
 * that says where each tensor lies, and the tensors (format of the `safetensors`
 * library). All that its specification forbids is refused: repeated keys, and
 * tensors that overlap, leave gaps or end beyond the file.
 *
 * @module
 */
import { ModelFileError } from "./errors.ts";
import { type JsonObject, objectOf, parseObject, valueOf } from "./json.ts";
import { quote } from "./quote.ts";
import { decodeText, type Source } from "./source.ts";
import {
  decodeFinite,
  dtypes,
  elementsOf,
  expectReadable,
  readable,
  shapeOf,
  type StoredArray,
} from "./stored_array.ts";

// Room for some 40,000 tensors; JSON takes some sixty times its size in memory at worst.
const longestHeader = 2 ** 22;

/** Bytes of the formats that may be in the file but are not read. */
const unread: Readonly<Record<string, number>> = {
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I32: 4,
  U32: 4,
  I64: 8,
  U64: 8,
};

/** What a safetensors file holds. */
export interface Safetensors {
  readonly metadata: JsonObject;
  readonly arrays: ReadonlyMap<string, StoredArray>;
}

interface Entry extends StoredArray {
  readonly begin: number;
  readonly end: number;
}

function entryOf(source: Source, key: string, value: unknown, dataAt: number): Entry {
  const name = `${source.name}: ${quote(key)}`;
  const entry = objectOf(value, name);
  const format = valueOf(entry, "dtype");
  const axes = valueOf(entry, "shape");
  const offsets = valueOf(entry, "data_offsets");
  if (typeof format !== "string" || !Array.isArray(axes) || !Array.isArray(offsets)) {
    throw new ModelFileError(`${name} must have a dtype, a shape and data_offsets`);
  }
  const shape = shapeOf(axes, name);
  const [begin, end]: unknown[] = offsets;
  const whole = (offset: unknown): offset is number => Number.isSafeInteger(offset);
  if (offsets.length !== 2 || !whole(begin) || !whole(end) || begin < 0 || end < begin) {
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
  return {
    name,
    shape,
    dtype,
    begin,
    end,
    read: async (count = elementsOf(shape)) => {
      if (!dtype) {
        throw new ModelFileError(
          `${name} has the dtype ${quote(format)}; those that are read are ${readable}`,
        );
      }
      expectReadable(name, count);
      const data = await source.read(dataAt + begin, count * dtype.bytes);
      return decodeFinite(name, dtype, data);
    },
  };
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
  const entries = Object.entries(header).filter(([key]) => key !== "__metadata__");
  const arrays = new Map(entries.map(([key, value]) => [key, entryOf(source, key, value, dataAt)]));
  expectContiguous([...arrays.values()], source, size - dataAt);
  const metadata = objectOf(valueOf(header, "__metadata__") ?? {}, `__metadata__ of ${name}`);
  return { metadata, arrays };
}
