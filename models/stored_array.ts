/**
 * An array of numbers in a file, known by its header and read when asked for,
 * as float32. Formats that float32 cannot hold exactly are rounded, and say so;
 * integers that it does not hold, and what are no plain numbers, are refused.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";

/** Numbers as they stand in a file; those of bfloat16 are their bits as a Uint16Array. */
export type Numbers =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/** The names of the formats of numbers that can be read. */
export type DtypeName =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "bool"
  | `${"" | "u"}int${8 | 16 | 32 | 64}`;

/** A format of numbers that can be read. */
export interface Dtype {
  /** Its name, as NumPy has it. */
  readonly name: DtypeName;
  /** The size of a number, in bytes. */
  readonly bytes: number;
  /** Whether float32 holds every such number. */
  readonly exact: boolean;
  /** The numbers, from little-endian bytes. */
  readonly decode: (buffer: ArrayBuffer) => Float32Array;
  /** Of integers that float32 holds in part alone: each as it stands in the file. */
  readonly integers?: (buffer: ArrayBuffer) => ArrayLike<number | bigint>;
}

/** Half precision, which engines have since 2025. */
function float16Of(buffer: ArrayBuffer): Float16Array<ArrayBuffer> {
  if ("Float16Array" in globalThis) return new Float16Array(buffer);
  throw new ModelFileError("float16 is read where the engine has Float16Array; this one has not");
}

/** Whether float32 holds an integer. */
function isExact(value: number | bigint): boolean {
  const rounded = Math.fround(Number(value));
  return typeof value === "number" ? rounded === value : BigInt(rounded) === value;
}

/** Formats whose numbers float32 holds, or is the usual place for. */
const plain = ([
  ["F64", "float64", 8, false, (buffer) => new Float32Array(new Float64Array(buffer))],
  ["F32", "float32", 4, true, (buffer) => new Float32Array(buffer)],
  ["F16", "float16", 2, true, (buffer) => new Float32Array(float16Of(buffer))],
  // bfloat16 is the upper half of a float32.
  [
    "BF16",
    "bfloat16",
    2,
    true,
    (buffer) =>
      new Float32Array(new Uint32Array(new Uint16Array(buffer)).map((bits) => bits << 16).buffer),
  ],
  ["BOOL", "bool", 1, true, (buffer) => new Float32Array(new Uint8Array(buffer).map(Math.sign))],
  ["U8", "uint8", 1, true, (buffer) => new Float32Array(new Uint8Array(buffer))],
  ["I8", "int8", 1, true, (buffer) => new Float32Array(new Int8Array(buffer))],
  ["U16", "uint16", 2, true, (buffer) => new Float32Array(new Uint16Array(buffer))],
  ["I16", "int16", 2, true, (buffer) => new Float32Array(new Int16Array(buffer))],
] as const satisfies readonly (readonly [string, DtypeName, number, boolean, Dtype["decode"]])[])
  .map(([key, name, bytes, exact, decode]): [string, Dtype] => [
    key,
    { name, bytes, exact, decode },
  ]);

/** Formats of integers, of which only those are read that float32 holds. */
const integers = ([
  ["I32", "int32", 4, (buffer) => new Int32Array(buffer)],
  ["U32", "uint32", 4, (buffer) => new Uint32Array(buffer)],
  ["I64", "int64", 8, (buffer) => new BigInt64Array(buffer)],
  ["U64", "uint64", 8, (buffer) => new BigUint64Array(buffer)],
] as const satisfies readonly (readonly [string, DtypeName, number, Dtype["integers"]])[])
  .map(([key, name, bytes, integers]): [string, Dtype] => [key, {
    name,
    bytes,
    exact: true,
    decode: (buffer) => {
      const values = integers(buffer);
      const floats = new Float32Array(values.length);
      for (let i = 0; i < floats.length; i++) floats[i] = Number(values[i]!);
      return floats;
    },
    integers,
  }]);

/** What can be read, under safetensors' names. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map([...plain, ...integers]);

/** The names of what can be read, for messages. */
export const readable = [...dtypes.values()].map(({ name }) => name).join(", ");

/** How the numbers of each format lie in memory. */
const arrays: Readonly<Record<DtypeName, (buffer: ArrayBuffer) => Numbers>> = {
  float64: (buffer) => new Float64Array(buffer),
  float32: (buffer) => new Float32Array(buffer),
  float16: float16Of,
  bfloat16: (buffer) => new Uint16Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  uint32: (buffer) => new Uint32Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  uint64: (buffer) => new BigUint64Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
};

/** Numbers as they stand in a file, from little-endian bytes that are theirs alone. */
export function nativeOf({ name }: Dtype, bytes: Uint8Array<ArrayBuffer>): Numbers {
  return arrays[name](bytes.buffer);
}

/** The format of a name; undefined for one that is not known. */
export function dtypeNamed(name: string): Dtype | undefined {
  return [...dtypes.values()].find((dtype) => dtype.name === name);
}

/** Turns the bytes of each number round, in place: big-endian as little-endian. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let from = 0; from < bytes.length; from += size) bytes.subarray(from, from + size).reverse();
}

// 512 MiB of float32: every kernel has a copy of its own.
const mostElements = 2 ** 27;

/** An array in a file. */
export interface StoredArray {
  /** Its name in messages, in quotes. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined where its format is none that can be read. */
  readonly dtype: Dtype | undefined;
  /**
   * The first `count` numbers, row-major; all where it is not given.
   *
   * @throws {ModelFileError} where they cannot be read, are too many, or not all finite.
   */
  read(count?: number): Promise<Float32Array>;
  /**
   * All numbers as they stand in the file, row-major.
   *
   * @throws {ModelFileError} where they cannot be read, or are too many.
   */
  native(): Promise<Numbers>;
}

/** The number of elements of a shape; Infinity beyond 2^53. */
export function elementsOf(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, axis) => product * axis, 1);
  return Number.isSafeInteger(count) ? count : Infinity;
}

// As many as NumPy 1 allows.
const mostAxes = 32;

/** Numbers from a header as a shape. @throws {ModelFileError} where they cannot be one. */
export function shapeOf(axes: readonly number[], what: string): number[] {
  if (axes.length > mostAxes) {
    throw new ModelFileError(`${what} has ${axes.length} axes; at most ${mostAxes} are read`);
  }
  return axes.map((axis) => {
    if (Number.isSafeInteger(axis) && axis >= 0) return axis;
    throw new ModelFileError(
      `${what}: every axis of a shape must be a whole number from 0 to 2^53; got ${axis}`,
    );
  });
}

/** @throws {ModelFileError} where there are more than can be read. */
export function expectReadable(name: string, count: number): void {
  if (count > mostElements) {
    throw new ModelFileError(
      `${name}: ${count} numbers; at most ${mostElements} (512 MiB) are read`,
    );
  }
}

/** Bytes as float32 numbers. @throws {ModelFileError} where one is not finite, or an integer that float32 does not hold. */
export function decodeFinite(
  name: string,
  dtype: Dtype,
  bytes: Uint8Array<ArrayBuffer>,
): Float32Array {
  const values = dtype.decode(bytes.buffer);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    const range = dtype.exact ? "" : " as float32";
    throw new ModelFileError(
      `${name}: its number ${at} is ${values[at]}${range}; weights and inputs must be finite`,
    );
  }
  const integers = dtype.integers?.(bytes.buffer) ?? [];
  for (let i = 0; i < integers.length; i++) {
    if (isExact(integers[i]!)) continue;
    throw new ModelFileError(
      `${name}: its number ${i} is ${
        integers[i]
      }, which float32 does not hold exactly; save it as float32`,
    );
  }
  return values;
}

/** What reading an array as float32 means to its numbers; nothing where they are float32. */
export function conversionOf(name: string, { dtype }: StoredArray): string[] {
  if (!dtype || dtype.name === "float32") return [];
  return [`${quote(name)} is ${dtype.name}, ${dtype.exact ? "exact in" : "rounded to"} float32`];
}

/** An array's numbers as float32, each rounded; what float32 does not hold is not refused here. */
export function float32Of(
  { dtype, values }: { readonly dtype: DtypeName; readonly values: Numbers },
): Float32Array<ArrayBuffer> {
  if (values instanceof Float32Array) return values;
  const { buffer, byteOffset, byteLength } = values;
  const own = buffer.slice(byteOffset, byteOffset + byteLength);
  return new Float32Array(dtypeNamed(dtype)!.decode(own));
}

/** A matrix with its axes exchanged, its numbers as they are. */
export function transposed<
  T extends { readonly shape: readonly number[]; readonly values: Numbers },
>(
  matrix: T,
): T {
  const { shape: [rows = 0, columns = 0], values } = matrix;
  const turned = values.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!;
  }
  return { ...matrix, shape: [columns, rows], values: turned };
}
