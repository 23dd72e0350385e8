/**
 * SHA-256 as text.
 *
 * @module
 */

/**
 * The SHA-256 of a text's UTF-8 or of bytes, in 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import { sha256 } from "./sha256.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((await sha256("abc")).slice(0, 8), "ba7816bf");
 * ```
 */
export async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
