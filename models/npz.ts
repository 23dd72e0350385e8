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
import type { DtypeName, StoredArray } from "./stored_array.ts";
import { bytesOfWeight, type StoredModel, type StoredWeight } from "./stored_model.ts";
import { weightsByKey } from "./weight_keys.ts";
import { encodeZip, type Zip } from "./zip.ts";
import { expectConsistent } from "./consistent.ts";

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
 * A model's weights as a .npz file, each to the bit under `layer.weight`. Its
 * layers go beside it, as {@linkcode kerasJson} writes them: `mlp.json` for
 * `mlp.npz`.
 *
 * @throws {ModelFileError} for a weight in bfloat16, which NumPy does not have, and where two have one name.
 *
 * @example There and back
 * ```ts
 * import { encodeNpz, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([1, 2, 3, 4, 5, 6]);
 * const kernel = { name: "kernel", shape: [2, 3], dtype: "float32", values } as const;
 * const config = { units: 3, use_bias: false };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: null, notes: [] };
 * const back = await readModelBytes("mlp.npz", await encodeNpz(model));
 * if (`${back.layers[0]?.weights[0]?.values}` !== "1,2,3,4,5,6") throw new Error("not the same");
 * ```
 */
export async function encodeNpz(model: StoredModel): Promise<Uint8Array<ArrayBuffer>> {
  expectConsistent(model);
  const files = [...weightsByKey(model)].map(([key, weight]): [string, Uint8Array] => [
    `${key}${extension}`,
    encodeNpy(weight),
  ]);
  return await encodeZip(Object.fromEntries(files));
}
