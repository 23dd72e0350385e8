/**
 * What WebAssembly code is made of here: an expression is the bytes that leave
 * one value of a known type on the stack, so that code is written as it is
 * read and TypeScript refuses operands of the wrong type.
 *
 * @module
 */
/** The types of values there are here. */
export type ValueType = "i32" | "f32" | "v128";

export const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Bytes that leave one value of type T on the stack. */
export interface Value<T extends ValueType> {
  readonly type: T;
  readonly code: readonly number[];
}

/** Bytes that leave the stack as they found it. */
export interface Statement {
  readonly type: "statement";
  readonly code: readonly number[];
}

/** An i32, or a whole number that stands for a constant. */
export type I32 = Value<"i32"> | number;
export type F32 = Value<"f32">;
export type V128 = Value<"v128">;

/** A whole number >= 0 in LEB128. */
export function unsigned(value: number): number[] {
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

/** An expression of a type. */
export function value<T extends ValueType>(type: T, code: readonly number[]): Value<T> {
  return { type, code };
}

/** A statement of these bytes. */
export function statement(code: readonly number[]): Statement {
  return { type: "statement", code };
}

/** A constant i32; addresses above 2^31 wrap, as i32 has no sign of its own. */
export function int(operand: I32): readonly number[] {
  return typeof operand === "number" ? [0x41, ...signed(operand)] : operand.code;
}
