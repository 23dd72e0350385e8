/**
 * Text from a file in a message: short, in quotes, and without the characters
 * that a terminal obeys (ECMA-48 controls) or that change the reading direction.
 *
 * @module
 */

/** Names in messages are cut here. */
const longest = 80;

/**
 * A value as a message shows it; arrays and objects by their kind alone, which
 * may be too large or too deep to print.
 *
 * @example
 * ```ts
 * import { quote } from "./quote.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quote("fc1"), '"fc1"');
 * assertEquals(quote([1, 2]), "an array");
 * ```
 */
export function quote(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(plain(value, longest));
}

/** A path in quotes. */
export function quotePath(path: string): string {
  return JSON.stringify(plain(path, 400));
}

/** Text without characters that a terminal obeys, cut where it is long. */
export function plain(text: string, most = 240): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** The names in quotes, the first few of many. */
export function list(names: Iterable<string>, most = 8): string {
  const all = [...names];
  const rest = all.length > most ? ` and ${all.length - most} more` : "";
  return all.slice(0, most).map(quote).join(", ") + rest;
}
