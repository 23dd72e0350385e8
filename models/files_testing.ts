/**
 * Files for tests: .npy and safetensors bytes, and temporary folders of them.
 *
 * @module
 */
import { inFolder as inEmptyFolder } from "../common/deno_testing.ts";
import { encodeSafetensors } from "./encode_safetensors.ts";
import { ModelFileError } from "./errors.ts";
import { bytesSource, type Source } from "./source.ts";

/** One byte string of several. */
export function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const all = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The bytes of numbers, as they lie in memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A .npy file with this header, whatever it says. */
export function npyWith(header: string, data: Uint8Array, version = 1): Uint8Array<ArrayBuffer> {
  const length = new TextEncoder().encode(header).length;
  const size = version === 1
    ? bytesOf(new Uint16Array([length]))
    : bytesOf(new Uint32Array([length]));
  return concat(new Uint8Array([0x93]), "NUMPY", new Uint8Array([version, 0]), size, header, data);
}

/** A float32 .npy file as NumPy writes it. */
export function npy(shape: readonly number[], values: Float32Array): Uint8Array<ArrayBuffer> {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${axes}), }`;
  // Padded so that the data begin at a multiple of 64, with a newline at the end.
  return npyWith(
    `${header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11)}\n`,
    bytesOf(values),
  );
}

/** A safetensors file with this header, whatever it says. */
export function safetensorsWith(header: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new TextEncoder().encode(header).length;
  return concat(bytesOf(new BigUint64Array([BigInt(length)])), header, data);
}

/** A float32 safetensors file. */
export function safetensors(
  arrays: Readonly<Record<string, readonly [shape: readonly number[], values: Float32Array]>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(arrays).map(([name, [shape, values]]) => [name, { shape, values }]),
    ),
    metadata,
  );
}

/** Bytes as a source called `it`. */
export function sourceOf(bytes: Uint8Array): Source {
  return bytesSource("it", bytes);
}

/** Runs a test in a temporary folder with these files, and removes it. */
export async function inFolder(
  files: Readonly<Record<string, Uint8Array | string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  await inEmptyFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(`${folder}/${name}`, concat(content));
    }
    await test(folder);
  });
}

/** True where an action succeeds, false where it is a ModelFileError of one line; anything else is thrown on. */
export async function succeeds(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    const oneLine = error.message.length > 0 && !/\p{Cc}/u.test(error.message);
    if (!oneLine) throw new Error(`no single line: ${JSON.stringify(error.message)}`);
    return false;
  }
}

/** An edit of bytes by a fuzzer: overwrite, insert, remove or cut at a place. */
export interface Edit {
  readonly kind: "overwrite" | "insert" | "remove" | "cut";
  /** Where, as a share of the length. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Bytes after these edits. */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  let changed = concat(bytes);
  for (const { kind, at, bytes: part } of edits) {
    const from = Math.floor(at * changed.length);
    const rest = kind === "insert" ? from : kind === "cut" ? changed.length : from + part.length;
    const put = kind === "overwrite" || kind === "insert" ? part : new Uint8Array();
    changed = concat(changed.subarray(0, from), put, changed.subarray(rest));
  }
  return changed;
}
