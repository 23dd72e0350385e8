/**
 * Deflated bytes inflated by the platform, up to a given length: where there
 * are more, the rest is never made.
 *
 * @module
 */

/** The bytes, of which some may be missing where the input was cut; null where they cannot be inflated, or are more than `most`. */
export async function inflate(
  format: "deflate" | "deflate-raw",
  bytes: Uint8Array,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const stream = new Blob([new Uint8Array(bytes)]).stream()
    .pipeThrough(new DecompressionStream(format));
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > most) {
        await reader.cancel();
        return null;
      }
      parts.push(next.value);
    }
  } catch {
    return null;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
