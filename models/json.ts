/**
 * JSON from a file, read strictly: a repeated key is an error (JSON.parse
 * silently takes the last, RFC 8259 leaves it open), and every value is checked
 * for its type before it is used.
 *
 * @module
 */
import { withoutBareNumbers } from "../common/bare_numbers.ts";
import { failWith, type JsonFields, parseFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";

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
 * The fields of the object that a JSON text is.
 *
 * @param what The text's name in messages.
 * @throws {ModelFileError} where it is not JSON, no object, or an object in it has a key twice.
 */
export function parseObject(text: string, what: string): JsonFields {
  // Python writes NaN and Infinity, which are numbers of what is not read here.
  const json = withoutBareNumbers(text);
  const fields = parseFields(json, failWith(ModelFileError, what));
  const repeated = repeatedKey(json);
  if (repeated !== null) throw new ModelFileError(`${what} has the key ${quote(repeated)} twice`);
  return fields;
}

/** A text that is not empty; `otherwise` where the field is null or missing. */
export function nameOf(fields: JsonFields, key: string, otherwise: string): string {
  const name = fields.maybe(key, () => fields.text(key)) ?? otherwise;
  return name === "" ? fields.fail(key, "is empty; it must be a name") : name;
}

/** True or false; `otherwise` where the field is missing. */
export function flagOf(fields: JsonFields, key: string, otherwise: boolean): boolean {
  return fields.has(key) ? fields.flag(key) : otherwise;
}
