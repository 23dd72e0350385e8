/**
 * What may be copied into a tensor: every typed array of numbers and every flat
 * array of numbers, converted to float32 by rounding to the nearest. Anything
 * else is refused with what came, before anything is written. A Float32Array is
 * taken as it is, of whatever realm; no other value is ever looked at twice.
 *
 * @module
 */
import { describe, typedArrayLength, typedArrayName } from "../common/describe.ts";
import { ArgumentError, MemoryError, ShapeError } from "../common/errors.ts";

/**
 * The numbers of a tensor, row-major: a `Float32Array`, any other typed array of
 * numbers, or a flat array of numbers. Those that are not float32 are rounded to
 * the nearest; NaN and infinities are numbers too. BigInt arrays, strings, buffers
 * and arrays with holes are refused, and nested arrays, since the shape is given
 * apart: `[[1, 2], [3, 4]].flat()` is what they hold in a row.
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | readonly number[]
  // Float16Array, of which not every version of TypeScript's library knows.
  | (typeof globalThis extends { readonly Float16Array: { readonly prototype: infer T } } ? T
    : never);

/** The text of an error, given how many elements or what else came. */
export type ExplainData = (got: string | number) => string;

const convertible: ReadonlySet<string> = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
]);

/**
 * Room for so many float32 numbers on the JavaScript heap, all 0.
 *
 * @param purpose What it is for, as an error says it: `a tensor [2, 3]`.
 * @throws {MemoryError} where the engine has no room for it.
 */
export function newFloats(size: number, purpose: () => string): Float32Array<ArrayBuffer> {
  return withRoom(() => new Float32Array(size), size, purpose);
}

/** A copy in an ArrayBuffer of its own; see {@linkcode newFloats}. */
export function copyFloats(
  values: Float32Array,
  purpose: () => string,
): Float32Array<ArrayBuffer> {
  return withRoom(() => new Float32Array(values), values.length, purpose);
}

function withRoom<T>(allocate: () => T, size: number, purpose: () => string): T {
  try {
    return allocate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      `no memory for ${purpose()}, ${
        4 * size
      } bytes: ${error.message}; dispose tensors that are no longer needed`,
    );
  }
}

/** What engines inline, and what is true for most data: a Float32Array of this realm, and of its own class. */
function isOrdinary(data: unknown): data is Float32Array {
  return ArrayBuffer.isView(data) && data.constructor === Float32Array;
}

/** Whether data is a Float32Array that has elements, and so was not detached. */
export function isFloat32(data: unknown): data is Float32Array {
  return isOrdinary(data)
    ? data.length > 0
    : typedArrayName(data) === "Float32Array" && typedArrayLength(data) > 0;
}

/** Whether data can be copied as it is: a Float32Array of so many elements. One of none needs a closer look. */
export function isFloat32Of(data: unknown, size: number): data is Float32Array {
  return isFloat32(data) && (isOrdinary(data) ? data.length : typedArrayLength(data)) === size;
}

/** Whether the buffer of a typed array was detached; not every engine has a property that says so. */
function isDetached(array: ArrayBufferView): boolean {
  if (array.byteLength > 0) return false;
  try {
    new Uint8Array(array.buffer);
    return false;
  } catch {
    return true;
  }
}

/** `Array.isArray`, which throws for a revoked proxy. */
function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * Data as float32: the array itself where {@linkcode isFloat32Of} is true, else
 * a copy of its own.
 *
 * @param explain Makes the message of an error of the number of elements, or of the kind that came.
 * @throws {ShapeError} where there are more or fewer than `size` elements.
 * @throws {ArgumentError} where data is neither a typed array of numbers nor a flat array of numbers.
 */
export function float32Of(data: unknown, size: number, explain: ExplainData): Float32Array {
  if (isFloat32Of(data, size)) return data;
  const kind = typedArrayName(data);
  if (kind !== undefined) {
    if (!convertible.has(kind)) {
      throw new ArgumentError(`${explain(describe(data))}, whose elements are no numbers`);
    }
    const array = data as Float64Array<ArrayBuffer>;
    if (isDetached(array)) {
      throw new ArgumentError(
        `${explain(describe(data))} whose buffer was detached or transferred`,
      );
    }
    const length = typedArrayLength(array);
    if (length !== size) throw new ShapeError(explain(length));
    const copy = newFloats(size, () => "a copy as float32");
    // One that its resizable buffer no longer reaches has no elements, and cannot even be copied.
    if (size > 0) copy.set(array);
    return copy;
  }
  if (!isArray(data)) {
    const came = describe(data);
    throw new ArgumentError(`${explain(came)}${hintOf(came)}`);
  }
  return fromArray(data, size, explain);
}

/** What is wanted instead; bytes may be meant as float32, which the caller must say. */
function hintOf(came: string): string {
  return /^an? (?:Shared)?(?:ArrayBuffer|DataView)$/.test(came)
    ? "; make a Float32Array of it"
    : "; data are a typed array of numbers or a flat array of numbers";
}

function isList(value: unknown): boolean {
  return isArray(value) || typedArrayName(value) !== undefined;
}

function notNumber(explain: ExplainData, i: number, value: unknown): ArgumentError {
  const hint = isArray(value) ? "; array.flat() makes a flat one" : hintOf("");
  return new ArgumentError(
    `${explain(`an array whose element ${i} is ${describe(value)}`)}${hint}`,
  );
}

/** The numbers of an array, each read once: it may be a proxy, or have getters. */
function fromArray(
  data: readonly unknown[],
  size: number,
  explain: ExplainData,
): Float32Array {
  const { length } = data;
  // The shape of nested arrays may be right: that they are nested is what is wrong.
  const first: unknown = length > 0 ? data[0] : undefined;
  if (isList(first)) throw notNumber(explain, 0, first);
  if (length !== size) throw new ShapeError(explain(length));
  const copy = newFloats(size, () => "a copy as float32");
  for (let i = 0; i < size; i++) {
    const value = i === 0 ? first : data[i];
    if (typeof value !== "number") throw notNumber(explain, i, value);
    copy[i] = value;
  }
  return copy;
}
