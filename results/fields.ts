/**
 * Reading fields of JSON that somebody else may have written, cut off or
 * edited: every value is taken by name and type, and what does not fit ends the
 * reading with one line that says where, what was found, and what is allowed.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import { cleanText } from "./clean.ts";

/** A result file that cannot be read; the message is one line with the place and what is allowed there. */
export class ResultFileError extends DensemarkError {
  override name = "ResultFileError";
}

/** The most characters that a result file may have: 64 Mi. */
export const maxText = 64 * 2 ** 20;

/**
 * The fields of the object that `text` is as JSON.
 *
 * @throws {ResultFileError} where it is too long, not JSON, or no object.
 */
export function parseFields(text: string): Fields {
  return new Fields(parseJson(text), "");
}

/**
 * The value that `text` is as JSON.
 *
 * @throws {ResultFileError} where it is too long or not JSON.
 */
export function parseJson(text: string): unknown {
  if (text.length > maxText) {
    fail("the file", `has ${text.length} characters; at most ${maxText} (64 MiB) are read`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail("the file", `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Ends the reading where a file is of none of the given versions.
 *
 * @throws {ResultFileError}
 */
export function requireSchema(file: Fields, ...known: readonly string[]): string {
  const found = file.any("schema");
  const schema = known.find((one) => one === found);
  if (schema !== undefined) return schema;
  return fail(
    "schema",
    `is ${show(found)}; this version reads ${known.map(show).join(" and ")} only`,
  );
}

/** By a field's name of today, the name that it had in older files. */
export type FormerNames = Readonly<Record<string, string>>;

/** The fields of one object of the file, read by name and type; `at` is its place in the file. */
export class Fields {
  readonly #at: string;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #formerNames: FormerNames;

  /** @param formerNames what fields were called in older files; read where a field has no value under its name of today. */
  constructor(value: unknown, at: string, formerNames: FormerNames = {}) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail(at || "the file", `is ${show(value)}; it must be an object`);
    }
    this.#at = at;
    this.#fields = new Map(Object.entries(value));
    this.#formerNames = formerNames;
  }

  /** The same fields, of a file whose names were others. */
  withFormerNames(formerNames: FormerNames): Fields {
    return new Fields(Object.fromEntries(this.#fields), this.#at, formerNames);
  }

  place(key: string): string {
    const name = this.#nameOf(key);
    return this.#at === "" ? name : `${this.#at}.${name}`;
  }

  any(key: string): unknown {
    if (!this.has(key)) fail(this.place(key), "is missing");
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

  number(key: string, min: number, max = Number.MAX_VALUE): number {
    const value = this.any(key);
    // JSON writes no infinity, but reads 1e999 as one.
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.#wrong(key, `a finite number${range(min, max)}`);
  }

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
    return found ?? this.#wrong(key, allowed.map((choice) => show(choice)).join(" or "));
  }

  /** A number that may be infinite: the error of a result that is NaN has no bound. */
  unbounded(key: string, min: number): number {
    const value = this.any(key);
    if (typeof value === "number" && value >= min) return value;
    return this.#wrong(key, `a number${range(min, Number.MAX_VALUE)}`);
  }

  numbers(key: string, max = Number.MAX_VALUE): number[] {
    return this.#array(key).map((value, i) =>
      typeof value === "number" && value >= 0 && value <= max ? value : fail(
        `${this.place(key)}[${i}]`,
        `is ${show(value)}; it must be a ${max === Infinity ? "" : "finite "}number >= 0`,
      )
    );
  }

  texts(key: string): string[] {
    return this.#array(key).map((value, i) =>
      typeof value === "string"
        ? value
        : fail(`${this.place(key)}[${i}]`, `is ${show(value)}; it must be a text`)
    );
  }

  counts(key: string): number[] {
    return this.#array(key).map((value, i) =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fail(
        `${this.place(key)}[${i}]`,
        `is ${show(value)}; it must be a whole number, 0 or more`,
      )
    );
  }

  /** The names of the fields, for an object that is a table by name. */
  names(): string[] {
    return [...this.#fields.keys()];
  }

  /** What `read` makes of the field, or null where it is null or missing: for files of others, which leave out what they do not know. */
  maybe<T>(key: string, read: (fields: Fields, key: string) => T): T | null {
    return !this.has(key) || this.any(key) === null ? null : read(this, key);
  }

  list<T>(key: string, read: (fields: Fields) => T): T[] {
    return this.#array(key).map((value, i) =>
      read(new Fields(value, `${this.place(key)}[${i}]`, this.#formerNames))
    );
  }

  object(key: string): Fields {
    return new Fields(this.any(key), this.place(key), this.#formerNames);
  }

  /** What `read` makes of the field, or null where the file says null. */
  optional<T>(key: string, read: (fields: Fields, key: string) => T): T | null {
    return this.any(key) === null ? null : read(this, key);
  }

  /** `{ key: … }` of what `read` makes of the field, or `{}` where the file lacks it: what can be spread into an object. */
  absent<K extends string, T>(
    key: K,
    read: (fields: Fields, key: K) => T,
  ): { readonly [P in K]?: T } {
    return this.has(key) ? { [key]: read(this, key) } as { [P in K]: T } : {};
  }

  /** null, where nothing else makes sense. */
  nothing(key: string): null {
    return this.any(key) === null ? null : this.#wrong(key, "null");
  }

  #array(key: string): unknown[] {
    const value = this.any(key);
    return Array.isArray(value) ? value : this.#wrong(key, "a list");
  }

  #wrong(key: string, allowed: string): never {
    return fail(this.place(key), `is ${show(this.any(key))}; it must be ${allowed}`);
  }
}

function range(min: number, max: number): string {
  if (max !== Number.MAX_VALUE) return ` from ${min} to ${max}`;
  return min === -Number.MAX_VALUE ? "" : ` >= ${min}`;
}

/** A value of the file in a message: short, on one line, without control characters. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(cleanText(value, 40)) : String(value);
}

export function fail(where: string, what: string): never {
  throw new ResultFileError(`Cannot read the results: ${cleanText(`${where} ${what}`, 300)}.`);
}
