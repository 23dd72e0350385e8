/**
 * Writing safetensors files (format of the `safetensors` library): the length of
 * a JSON header, the header, and the numbers of all tensors behind it.
 *
 * @module
 */
import { kerasJson } from "./keras_json.ts";
import { type DtypeName, dtypes, type Numbers } from "./stored_array.ts";
import type { StoredModel } from "./stored_model.ts";
import { weightsByKey } from "./weight_keys.ts";
import { expectConsistent } from "./consistent.ts";

/** An array to be written, row-major. */
export interface WrittenArray {
  readonly shape: readonly number[];
  readonly values: Numbers | Float32Array;
  /** Default float32. */
  readonly dtype?: DtypeName;
}

const keys: ReadonlyMap<string, string> = new Map(
  [...dtypes].map(([key, { name }]) => [name, key]),
);

/**
 * A safetensors file of these arrays.
 *
 * @param metadata Texts for its `__metadata__`.
 *
 * @example
 * ```ts
 * import { encodeSafetensors } from "./encode_safetensors.ts";
 * import { readSafetensors } from "./safetensors.ts";
 * import { bytesSource } from "./source.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Float32Array([1, 2]);
 * const bytes = encodeSafetensors({ w: { shape: [2, 1], values } });
 * const { arrays } = await readSafetensors(bytesSource("it", bytes));
 * assertEquals(await arrays.get("w")?.read(), values);
 * ```
 */
export function encodeSafetensors(
  arrays: Readonly<Record<string, WrittenArray>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = Object.entries(arrays).map(([name, { shape, values, dtype = "float32" }]) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype: keys.get(dtype), shape, data_offsets: [begin, end] }];
  });
  const header = JSON.stringify({
    ...(metadata ? { __metadata__: metadata } : {}),
    ...Object.fromEntries(entries),
  });
  // Padded so that the numbers begin at a multiple of their size.
  const text = new TextEncoder().encode(header);
  const length = 8 * Math.ceil(text.length / 8);
  const bytes = new Uint8Array(8 + length + end).fill(" ".charCodeAt(0), 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  let at = 8 + length;
  for (const { values: { buffer, byteOffset, byteLength } } of Object.values(arrays)) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/**
 * A model as one safetensors file: every weight to the bit under
 * `layer.weight`, and its layers as Keras's JSON under `model` in the metadata,
 * by which {@linkcode readModelFile} reads it again.
 *
 * @throws {ModelFileError} where two weights have one name.
 *
 * @example There and back
 * ```ts
 * import { encodeSafetensorsModel, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([0.5, -0.25]);
 * const model = {
 *   name: "small",
 *   format: "by hand",
 *   producer: null,
 *   layers: [{
 *     className: "Dense",
 *     name: "fc",
 *     config: { units: 1, use_bias: false, activation: "relu" },
 *     weights: [{ name: "kernel", shape: [2, 1], dtype: "float32", values }],
 *   }],
 *   inputShape: [2],
 *   notes: [],
 * } as const;
 * const { layers } = await readModelBytes("m.safetensors", encodeSafetensorsModel(model));
 * const dense = layers.find(({ className }) => className === "Dense");
 * if (`${dense?.weights[0]?.values}` !== "0.5,-0.25") throw new Error("not as it was written");
 * ```
 */
export function encodeSafetensorsModel(model: StoredModel): Uint8Array<ArrayBuffer> {
  expectConsistent(model);
  const json = kerasJson(model);
  return encodeSafetensors(
    Object.fromEntries(weightsByKey(model)),
    json === null ? undefined : { format: "keras", model: json },
  );
}
