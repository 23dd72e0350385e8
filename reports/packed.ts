/**
 * What a page holds for its script: JSON or a text, deflated and in base64. Here is
 * how the page, or any program, reads it back, from the element with the id `data`
 * for the results; `pack.ts` writes it.
 *
 * @module
 */
import { fromColumns } from "./columns.ts";

/** What stands in the element. */
export interface Packed {
  /** A text in UTF-8, deflated without a header (RFC 1951), in base64. */
  readonly deflated: string;
}

/** The bytes of a text in base64; character by character in browsers that cannot do it at once. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The text of what `packedText()` made. */
export async function unpackedText({ deflated }: Packed): Promise<string> {
  const stream = new Blob([bytesOf(deflated)]).stream().pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  return await new Response(stream).text();
}

/** The value of what `packed()` made. */
export async function unpacked(found: Packed): Promise<unknown> {
  return fromColumns(JSON.parse(await unpackedText(found)));
}
