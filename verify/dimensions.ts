/**
 * The dimensions of a product as text: MxNxK, as a case's id has them.
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";

/**
 * Dimensions as they are written in a case's id.
 *
 * @example
 * ```ts
 * import { formatDimensions, parseDimensions } from "./dimensions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatDimensions({ m: 1, n: 96, k: 768 }), "1x96x768");
 * assertEquals(parseDimensions("1x96x768"), { m: 1, n: 96, k: 768 });
 * assertEquals(parseDimensions("1x96"), null);
 * ```
 */
export function formatDimensions({ m, n, k }: Dimensions): string {
  return `${m}x${n}x${k}`;
}

/** What {@linkcode formatDimensions} made; null where a text is none, or has more than 8 digits in a row. */
export function parseDimensions(text: string): Dimensions | null {
  const [found, m, n, k] = /^(\d{1,8})x(\d{1,8})x(\d{1,8})$/.exec(text) ?? [];
  return found === undefined ? null : { m: Number(m), n: Number(n), k: Number(k) };
}
