/**
 * The bits of float32 numbers: comparisons that must be exact are of bits, since
 * NaN equals nothing and −0 equals 0.
 *
 * @module
 */

// One number seen as both, made once: the verifier asks for millions.
const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** The bits of `value`, rounded to float32, as a whole number. */
export function bitsOf(value: number): number {
  asFloat[0] = value;
  return asBits[0]!;
}

/** The float32 number that has these bits. */
export function floatOf(bits: number): number {
  asBits[0] = bits;
  return asFloat[0]!;
}

/** The bits of every number of an array, in the same memory. */
export function bitPatterns({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/**
 * The bits of `value`, rounded to float32, in hexadecimal.
 *
 * @example
 * ```ts
 * import { hexBits } from "./float_bits.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([1, -0].map(hexBits), ["0x3f800000", "0x80000000"]);
 * ```
 */
export function hexBits(value: number): string {
  return `0x${bitsOf(value).toString(16).padStart(8, "0")}`;
}
