/**
 * The text of bytes that any program may have written: UTF-8 with a byte order
 * mark or without, or UTF-16, which a redirection in Windows PowerShell writes,
 * and with the zeros behind it that a file may end in after a crash.
 *
 * @module
 */

/** The encoding that the first bytes of a text show: a byte order mark, or the zeros beside the first two characters of a text that begins with ASCII. */
function encodingOf([a, b, c, d]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a && b === 0 && c && d === 0) return "utf-16le";
  return a === 0 && b && c === 0 && d ? "utf-16be" : "utf-8";
}

/** The most zeros behind a text that are forgiven: more are no remains of a block. */
const mostZeros = 2 ** 20;

/** How many bytes of a text there are without the zeros behind it. */
function lengthOf(bytes: Uint8Array): number {
  const least = Math.max(0, bytes.length - mostZeros);
  let length = bytes.length;
  while (length > least && bytes[length - 1] === 0) length--;
  return length;
}

/**
 * The text of a file; null where it is none. Without the byte order mark.
 *
 * @example
 * ```ts
 * import { decodeText } from "./decode.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeText(new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])), "{}");
 * assertEquals(decodeText(new Uint8Array([0x7b, 0xff])), null);
 * ```
 */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    const encoding = encodingOf(bytes);
    const length = lengthOf(bytes);
    // A zero may be the second half of the last character.
    const end = encoding === "utf-8" ? length : Math.min(bytes.length, length + length % 2);
    return new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, end));
  } catch {
    return null;
  }
}
