/**
 * JSON from a file, read strictly: a repeated key is an error (JSON.parse
 * silently takes the last, RFC 8259 leaves it open), and every value is checked
 * for its type before it is used.
 *
 * @module
 */
import { ModelFileError } from "./errors.ts";
import { plain, quote } from "./quote.ts";

/** An object of a JSON text. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The place after the string that begins at `start` of a valid JSON text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The first key that an object of a valid JSON text has twice, or null. */
function repeatedKey(text: string): string | null {
  const open: Set<string>[] = [];
  // In valid JSON a string before a colon is a key, and braces outside strings are objects'.
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      let next = end;
      while (" \n\r\t".includes(text[next] ?? ":")) next++;
      if (text[next] === ":") {
        const key = JSON.parse(text.slice(at, end)) as string;
        if (open.at(-1)?.has(key)) return key;
        open.at(-1)?.add(key);
      }
      at = end - 1;
    }
  }
  return null;
}

/**
 * The object that a JSON text is.
 *
 * @throws {ModelFileError} where it is not JSON, no object, or an object in it has a key twice.
 */
export function parseObject(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(
      `${what} is not JSON: ${error instanceof Error ? plain(error.message) : ""}`,
    );
  }
  const object = objectOf(value, what);
  const repeated = repeatedKey(text);
  if (repeated !== null) throw new ModelFileError(`${what} has the key ${quote(repeated)} twice`);
  return object;
}

/** A value that must be an object. */
export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new ModelFileError(`${what} must be a JSON object; got ${quote(value)}`);
}

/** The value of an object's own key, or undefined. */
export function valueOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A value that must be a text and not empty. */
export function textOf(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ModelFileError(`${what} must be a text; got ${quote(value)}`);
}

/** A value that must be true or false; `otherwise` where there is none. */
export function booleanOf(value: unknown, what: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === "boolean") return value;
  throw new ModelFileError(`${what} must be true or false; got ${quote(value)}`);
}
