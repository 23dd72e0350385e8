/**
 * Writing safetensors files (format of the `safetensors` library): the length of
 * a JSON header, the header, and the numbers of all tensors behind it.
 *
 * @module
 */

/** A float32 array to be written, row-major. */
export interface Array32 {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * A float32 safetensors file.
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
  arrays: Readonly<Record<string, Array32>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = Object.entries(arrays).map(([name, { shape, values }]) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }];
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
