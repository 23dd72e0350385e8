/**
 * What keeps a report safe although it shows texts from elsewhere: a content
 * security policy that runs and loads nothing but what is named by its hash,
 * and the embedding of data so that no text in it can end its element.
 *
 * @module
 */

/** The source expression of an inline script or style: the SHA-256 of exactly this text. */
async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

/**
 * A policy for one self-contained page: no connection, no frame, no form, no
 * base; images from data: URLs only; the inline styles and scripts given. With
 * `workers` these may also start workers of their own text, and compile
 * WebAssembly there and nothing else: no text becomes JavaScript.
 */
export async function contentSecurityPolicy(
  styles: readonly string[],
  scripts: readonly string[],
  { workers = false }: { readonly workers?: boolean } = {},
): Promise<string> {
  const sources = async (texts: readonly string[]) =>
    texts.length === 0 ? "'none'" : (await Promise.all(texts.map(hash))).join(" ");
  return [
    "default-src 'none'",
    `script-src ${await sources(scripts)}${workers ? " 'wasm-unsafe-eval'" : ""}`,
    ...(workers ? ["worker-src blob:"] : []),
    `style-src ${await sources(styles)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * A value as JSON that can stand inside a script element. Escaping </script
 * alone is not enough: <!--<script puts the parser into a state in which
 * </script no longer ends the element.
 */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
