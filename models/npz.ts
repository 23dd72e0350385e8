/**
 * NumPy's .npz files, read and written: a zip archive of .npy files, each under
 * its array's name, as `numpy.savez` writes it and `numpy.load` reads it.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { readNpy } from "./npy.ts";
import { bytesSource } from "./source.ts";
import { type DtypeName, elementsOf, type StoredArray } from "./stored_array.ts";
import { bytesOfWeight, type StoredWeight } from "./stored_model.ts";
import { encodeZip, type Zip } from "./zip.ts";

const extension = ".npy";

/** The arrays of an archive, by their names without `.npy`. */
export async function readNpz(zip: Zip): Promise<Map<string, StoredArray>> {
  const arrays = new Map<string, StoredArray>();
  for (const entry of zip.entries.keys()) {
    if (!entry.endsWith(extension)) {
      throw new ModelFileError(`${zip.name}: its entry ${quote(entry, 200)} is no .npy file`);
    }
    const name = entry.slice(0, -extension.length);
    const array = await readNpy(bytesSource(entry, await zip.read(entry), `${zip.name}: `));
    arrays.set(name, array);
  }
  return arrays;
}

/** NumPy's names of the formats. */
const descriptions: Readonly<Record<Exclude<DtypeName, "bfloat16">, string>> = {
  float64: "<f8",
  float32: "<f4",
  float16: "<f2",
  bool: "|b1",
  uint8: "|u1",
  int8: "|i1",
  uint16: "<u2",
  int16: "<i2",
  uint32: "<u4",
  int32: "<i4",
  uint64: "<u8",
  int64: "<i8",
};

/**
 * A .npy file, version 1.
 *
 * @throws {ModelFileError} for bfloat16, which NumPy does not have.
 */
export function encodeNpy(weight: StoredWeight): Uint8Array<ArrayBuffer> {
  const { name, shape, dtype } = weight;
  if (dtype === "bfloat16") {
    throw new ModelFileError(`${quote(name)} is bfloat16, which NumPy's files cannot hold`);
  }
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const start = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': (${axes}), }`;
  // Padded so that the numbers begin at a multiple of 64, with a newline before them.
  const length = 64 * Math.ceil((start.length + 11) / 64) - 10;
  const header = `\x93NUMPY\x01\x00${String.fromCharCode(length % 256, length >> 8)}${
    start.padEnd(length - 1)
  }\n`;
  const data = bytesOfWeight(weight);
  const bytes = new Uint8Array(header.length + data.length);
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
  bytes.set(data, header.length);
  return bytes;
}

/**
 * A .npz file.
 *
 * @param arrays By the names that they have there.
 *
 * @example
 * ```ts
 * import { encodeNpz, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([1, 2, 3, 4, 5, 6]);
 * const w = { name: "w", shape: [2, 3], dtype: "float32", values } as const;
 * const bytes = await encodeNpz(new Map([["dense/w", w]]));
 * const { layers } = await readModelBytes("mlp.npz", bytes);
 * if (`${layers[0]?.weights[0]?.values}` !== "1,2,3,4,5,6") throw new Error("not the same");
 * ```
 */
export async function encodeNpz(
  arrays: ReadonlyMap<string, StoredWeight>,
): Promise<Uint8Array<ArrayBuffer>> {
  const files = [...arrays].map(([name, weight]): [string, Uint8Array] => {
    const { length } = weight.values;
    if (length !== elementsOf(weight.shape)) {
      throw new ModelFileError(
        `${quote(name)} has ${length} numbers; its shape needs ${elementsOf(weight.shape)}`,
      );
    }
    return [`${name}${extension}`, encodeNpy(weight)];
  });
  return await encodeZip(Object.fromEntries(files));
}
