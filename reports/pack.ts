/**
 * Packs what a page holds for its script: deflated, since samples and programs are
 * most of a page, with arrays of results as columns, which deflate to less.
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";
import { toJson } from "../results/json.ts";
import { toColumns } from "./columns.ts";
import type { Packed } from "./packed.ts";

/**
 * A value packed.
 *
 * @example
 * ```ts
 * import { packed } from "./pack.ts";
 * import { unpacked } from "./packed.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await unpacked(packed({ a: [1, "</script>"] })), { a: [1, "</script>"] });
 * ```
 */
export function packed(value: object): Packed {
  // As in a result file, so that an error without bound stays one.
  return packedText(toJson(toColumns(value) as object));
}

/** A text packed. */
export function packedText(whole: string): Packed {
  return { deflated: deflateRawSync(whole, { level: 9, memLevel: 9 }).toString("base64") };
}
