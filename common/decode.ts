/**
 * The text of bytes that any program may have written: UTF-8 with a byte order
 * mark or without, or UTF-16, which a redirection in Windows PowerShell writes,
 * and with the zeros behind it that a file may end in after a crash.
 *
 * @module
 */

/** The encoding that the first bytes of a text show: a byte order mark, or the zero beside the first character of a text that begins with ASCII. */
function encodingOf([first, second]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== undefined && first > 0 && second === 0) return "utf-16le";
  return first === 0 && second !== undefined && second > 0 ? "utf-16be" : "utf-8";
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
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    return text.replace(/\0+$/, "");
  } catch {
    return null;
  }
}
