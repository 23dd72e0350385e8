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

/** The text of what `packedText()` made. */
export async function unpackedText({ deflated }: Packed): Promise<string> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).text();
}

/** The value of what `packed()` made. */
export async function unpacked(found: Packed): Promise<unknown> {
  return fromColumns(JSON.parse(await unpackedText(found)));
}
