/**
 * The results inside a page: JSON, deflated and in base64, since samples are most
 * of it. The page's script unpacks it; so can any program, from the element with
 * the id `data`.
 *
 * @module
 */
import { toJson } from "../results/json.ts";

/** What stands in the element. */
export interface Packed {
  /** JSON in UTF-8, deflated without a header (RFC 1951), in base64. */
  readonly deflated: string;
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<ArrayBuffer> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer();
}

/**
 * A value packed.
 *
 * @example
 * ```ts
 * import { packed, unpacked } from "./packed.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await unpacked(await packed({ a: [1, "</script>"] })), { a: [1, "</script>"] });
 * ```
 */
export async function packed(value: object): Promise<Packed> {
  // As in a result file, so that an error without bound stays one.
  return await packedText(toJson(value));
}

/** A text packed. */
export async function packedText(whole: string): Promise<Packed> {
  const bytes = new TextEncoder().encode(whole);
  const deflated = new Uint8Array(await through(bytes, new CompressionStream("deflate-raw")));
  let text = "";
  // In parts, since all at once would be too many arguments.
  for (let i = 0; i < deflated.length; i += 32768) {
    text += String.fromCharCode(...deflated.subarray(i, i + 32768));
  }
  return { deflated: btoa(text) };
}

/** The value of what {@linkcode packed} made. */
export async function unpacked({ deflated }: Packed): Promise<unknown> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const json = await through(bytes, new DecompressionStream("deflate-raw"));
  return JSON.parse(new TextDecoder().decode(json));
}
