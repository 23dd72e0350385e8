/**
 * Reading fields of JSON that may come from anywhere, cut off or edited: every
 * value is taken by name and type, and what does not fit ends the reading with
 * one line that says where, what was found, and what is allowed.
 *
 * @module
 */
import { errorText } from "./errors.ts";
import { cleanText, formatList, quote } from "./text.ts";

/** Ends the reading: throws an error on the place `where` in the file, of which `what` is wrong. */
export type Fail = (where: string, what: string) => never;

/**
 * A {@linkcode Fail} that throws errors of a class, each message one line that
 * starts with `start`.
 *
 * @example
 * ```ts
 * import { failWith, parseFields } from "./json_fields.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const fail = failWith(TypeError, "Cannot read the settings");
 * assertThrows(
 *   () => parseFields('{"size": "large"}', fail).count("size", 1),
 *   TypeError,
 *   'Cannot read the settings: size is "large"; it must be a whole number, 1 or more.',
 * );
 * ```
 */
export function failWith(ErrorClass: new (message: string) => Error, start: string): Fail {
  return (where, what) => {
    throw new ErrorClass(`${start}: ${cleanText(`${where} ${what}`, 300)}.`);
  };
}

/** The most characters that a file may have: 64 Mi. */
export const mostCharacters = 64 * 2 ** 20;

/** The value that `text` is as JSON; ends the reading where it is too long or not JSON. */
export function parseJson(text: string, fail: Fail): unknown {
  if (text.length > mostCharacters) {
    fail("the file", `has ${text.length} characters; at most ${mostCharacters} (64 MiB) are read`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail("the file", `is not JSON: ${errorText(error)}`);
  }
}

/** The fields of the object that `text` is as JSON; ends the reading where it is no object. */
export function parseFields(text: string, fail: Fail): JsonFields {
  return new JsonFields(parseJson(text, fail), fail);
}

/** By a field's present name, the name that it had in older files. */
export type FormerNames = Readonly<Record<string, string>>;

/** How many characters of a wrong text a message shows. */
const shown = 40;

/** The fields of one object of a file, read by name and type. */
export class JsonFields {
  readonly #at: string;
  readonly #fail: Fail;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #formerNames: FormerNames;

  /**
   * @param at its place in the file; empty for the file itself
   * @param formerNames what fields were called in older files; read where a field has no value under its present name
   */
  constructor(value: unknown, fail: Fail, at = "", formerNames: FormerNames = {}) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail(at || "the file", `is ${quote(value, shown)}; it must be an object`);
    }
    this.#at = at;
    this.#fail = fail;
    this.#fields = new Map(Object.entries(value));
    this.#formerNames = formerNames;
  }

  /** The same fields, of a file whose names were others. */
  withFormerNames(formerNames: FormerNames): JsonFields {
    return new JsonFields(Object.fromEntries(this.#fields), this.#fail, this.#at, formerNames);
  }

  /** The place of a field in the file: `results[3].seconds.median`. */
  place(key: string): string {
    const name = this.#nameOf(key);
    return this.#at === "" ? name : `${this.#at}.${name}`;
  }

  /** Ends the reading at a field. */
  fail(key: string, what: string): never {
    return this.#fail(this.place(key), what);
  }

  /** The one of the known versions that the field `schema` names. */
  schema<T extends string>(...known: readonly T[]): T {
    const found = this.any("schema");
    const schema = known.find((one) => one === found);
    if (schema !== undefined) return schema;
    const list = formatList(known.map((one) => quote(one)));
    return this.fail("schema", `is ${quote(found, shown)}; this version reads ${list} only`);
  }

  /** The value of a field that must be there. */
  any(key: string): unknown {
    if (!this.has(key)) this.fail(key, "is missing");
    return this.#fields.get(this.#nameOf(key));
  }

  has(key: string): boolean {
    return this.#fields.has(this.#nameOf(key));
  }

  /** What the file calls the field. */
  #nameOf(key: string): string {
    const former = Object.hasOwn(this.#formerNames, key) ? this.#formerNames[key] : undefined;
    return former !== undefined && !this.#fields.has(key) ? former : key;
  }

  text(key: string): string {
    const value = this.any(key);
    return typeof value === "string" ? value : this.#wrong(key, "a text");
  }

  flag(key: string): boolean {
    const value = this.any(key);
    return typeof value === "boolean" ? value : this.#wrong(key, "true or false");
  }

  /** A finite number in range. */
  number(key: string, min: number, max = Number.MAX_VALUE): number {
    const value = this.any(key);
    // JSON writes no infinity, but reads 1e999 as one.
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.#wrong(key, `a finite number${range(min, max)}`);
  }

  /** A number that may be infinite: the error of a result that is NaN has no bound. */
  unbounded(key: string, min: number): number {
    const value = this.any(key);
    if (typeof value === "number" && value >= min) return value;
    return this.#wrong(key, `a number${range(min, Number.MAX_VALUE)}`);
  }

  /** A whole number in range. */
  count(key: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.any(key);
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    const most = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
    return this.#wrong(key, `a whole number, ${most}`);
  }

  choice<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.any(key);
    const found = allowed.find((choice) => choice === value);
    if (found !== undefined) return found;
    return this.#wrong(key, formatList(allowed.map((one) => quote(one)), { word: "or" }));
  }

  numbers(key: string, max = Number.MAX_VALUE): number[] {
    const fits = (value: unknown): value is number =>
      typeof value === "number" && value >= 0 && value <= max;
    return this.#each(key, `a ${max === Infinity ? "" : "finite "}number >= 0`, fits);
  }

  counts(key: string): number[] {
    const fits = (value: unknown): value is number =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
    return this.#each(key, "a whole number, 0 or more", fits);
  }

  texts(key: string): string[] {
    return this.#each(key, "a text", (value): value is string => typeof value === "string");
  }

  #each<T>(key: string, allowed: string, fits: (value: unknown) => value is T): T[] {
    return this.items(key).map((value, i) => {
      if (fits(value)) return value;
      const where = `${this.place(key)}[${i}]`;
      return this.#fail(where, `is ${quote(value, shown)}; it must be ${allowed}`);
    });
  }

  /** The names of the fields, for an object that is a table by name. */
  names(): string[] {
    return [...this.#fields.keys()];
  }

  object(key: string): JsonFields {
    return new JsonFields(this.any(key), this.#fail, this.place(key), this.#formerNames);
  }

  /** The values of a list, of any types. */
  items(key: string): readonly unknown[] {
    const value = this.any(key);
    return Array.isArray(value) ? value : this.#wrong(key, "a list");
  }

  /** The object of a field; one without fields where it is null or missing. */
  objectOrEmpty(key: string): JsonFields {
    const empty = () => new JsonFields({}, this.#fail, this.place(key), this.#formerNames);
    return this.maybe(key, () => this.object(key)) ?? empty();
  }

  list<T>(key: string, read: (fields: JsonFields) => T): T[] {
    return this.items(key).map((value, i) =>
      read(new JsonFields(value, this.#fail, `${this.place(key)}[${i}]`, this.#formerNames))
    );
  }

  /** What `read` makes of the field, or null where the file says null. */
  optional<T>(key: string, read: (fields: JsonFields, key: string) => T): T | null {
    return this.any(key) === null ? null : read(this, key);
  }

  /** What `read` makes of the field, or null where it is null or missing: for files of other tools, which leave out what they do not know. */
  maybe<T>(key: string, read: (fields: JsonFields, key: string) => T): T | null {
    return !this.has(key) || this.any(key) === null ? null : read(this, key);
  }

  /** `{ key: … }` of what `read` makes of the field, or `{}` where the file lacks it: what can be spread into an object. */
  absent<K extends string, T>(
    key: K,
    read: (fields: JsonFields, key: K) => T,
  ): { readonly [P in K]?: T } {
    return this.has(key) ? { [key]: read(this, key) } as { [P in K]: T } : {};
  }

  /** null, where nothing else makes sense. */
  nothing(key: string): null {
    return this.any(key) === null ? null : this.#wrong(key, "null");
  }

  #wrong(key: string, allowed: string): never {
    return this.fail(key, `is ${quote(this.any(key), shown)}; it must be ${allowed}`);
  }
}

function range(min: number, max: number): string {
  if (max !== Number.MAX_VALUE) return ` from ${min} to ${max}`;
  return min === -Number.MAX_VALUE ? "" : ` >= ${min}`;
}
