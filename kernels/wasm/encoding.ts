/**
 * The encoding of WebAssembly code as typed values: an expression is the bytes
 * that leave one value of a known type on the stack. So code is written in the
 * usual order, and TypeScript rejects operands of the wrong type.
 *
 * @module
 */
/** The types of values that are used here. */
export type ValueType = "i32" | "f32" | "v128";

export const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Bytes in order, nested as they were put together, since copying them at every step took most of the time, or joined. */
export type Code = Uint8Array | readonly (number | Code)[];

/** Bytes that leave one value of type T on the stack. */
export interface Value<T extends ValueType> {
  readonly type: T;
  readonly code: Code;
}

/** Bytes that leave the stack as they found it. */
export interface Statement {
  readonly type: "statement";
  readonly code: Code;
}

/** An i32, or a whole number that stands for a constant. */
export type I32 = Value<"i32"> | number;
export type F32 = Value<"f32">;
export type V128 = Value<"v128">;

/** A whole number >= 0 in LEB128. */
export function unsigned(value: number): number[] {
  if (value < 128) return [value];
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low + 128 : low);
  } while (value > 0);
  return bytes;
}

/** A 32-bit whole number in signed LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (value |= 0;; value >>= 7) {
    const low = value & 0x7f;
    if ((value === low && low < 64) || (value >> 6) === -1) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** An expression of this type and these bytes. */
export function value<T extends ValueType>(type: T, code: Code): Value<T> {
  return { type, code };
}

/** A statement of these bytes. */
export function statement(code: Code): Statement {
  return { type: "statement", code };
}

/** A constant i32; addresses above 2^31 wrap, as i32 has no sign of its own. */
export function int(operand: I32): Code {
  return typeof operand === "number" ? [0x41, signed(operand)] : operand.code;
}

/** The number of bytes. */
export function sizeOfCode(code: Code): number {
  if (code instanceof Uint8Array) return code.length;
  let size = 0;
  for (let i = 0; i < code.length; i++) {
    const part = code[i]!;
    size += typeof part === "number" ? 1 : sizeOfCode(part);
  }
  return size;
}

/** Writes the bytes from `at` on, and returns where they end. */
export function writeCode(code: Code, to: Uint8Array, at = 0): number {
  if (code instanceof Uint8Array) {
    to.set(code, at);
    return at + code.length;
  }
  for (let i = 0; i < code.length; i++) {
    const part = code[i]!;
    if (typeof part === "number") to[at++] = part;
    else at = writeCode(part, to, at);
  }
  return at;
}

/** The same bytes, joined: for code that stands in several places, or whose length is asked for several times. */
export function joined(code: Code): Uint8Array {
  const bytes = new Uint8Array(sizeOfCode(code));
  writeCode(code, bytes);
  return bytes;
}
