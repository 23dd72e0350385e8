/**
 * For tests of cleaning: reports that want to be more than text in every field,
 * and whether anything of that is left.
 *
 * @module
 */

const unsafe = "\u001b[31mred\u202e\n" + "x".repeat(10_000);

/** The same with a hostile field that no schema knows in every object, and its name hostile too. */
export function withUnknownFields<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withUnknownFields) as T;
  const fields = Object.entries(value).map(([key, field]) => [key, withUnknownFields(field)]);
  const later = { text: unsafe, list: [unsafe], object: { [unsafe]: unsafe } };
  return Object.fromEntries([...fields, ["later", later]]) as T;
}

/** The same with hostile endings of all texts. */
export function flooding<T>(value: T): T {
  if (typeof value === "string") return `${value}${unsafe}` as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(flooding) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, flooding(field)]),
  ) as T;
}

/** Whether JSON has neither control characters, nor what reorders text, nor a flood. */
export function isClean(json: string): boolean {
  return !/\\u00[01]|\\[nrt]|[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(json) &&
    !json.includes("x".repeat(2001));
}
