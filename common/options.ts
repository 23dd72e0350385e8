/**
 * Options given as an object: unknown names and values of a wrong type are
 * refused by name, so that a typo is never a default in silence. Each option is
 * read once, and the caller works on the copy.
 *
 * @module
 */
import { describe } from "./describe.ts";
import { ArgumentError } from "./errors.ts";
import { formatList, quote } from "./text.ts";

/** What an option must be, as the end of "must be …", for a value that it is not; null for one that is allowed. */
export type OptionCheck = (value: unknown) => string | null;

/** How each option of T is checked; `undefined` stands for the default and is always allowed. */
export type OptionChecks<T> = Readonly<Record<keyof T & string, OptionCheck>>;

/** Allows true and false. */
export const boolean: OptionCheck = (value) => typeof value === "boolean" ? null : "true or false";

/** Allows whole numbers in [low, high]. */
export function wholeNumber(low: number, high: number, most = `${high}`): OptionCheck {
  return (value) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high
      ? null
      : `a whole number from ${low} to ${most}`;
}

/** Allows the seeds of `createRandom`. */
export const seedNumber: OptionCheck = wholeNumber(0, 2 ** 32 - 1, "2^32 - 1");

/** Allows these texts. */
export function oneOf(...allowed: readonly string[]): OptionCheck {
  const wanted = `one of ${formatList(allowed.map((each) => `"${each}"`))}`;
  return (value) => (allowed as readonly unknown[]).includes(value) ? null : wanted;
}

/** Leaves the check to who uses the option. */
export const unchecked: OptionCheck = () => null;

/**
 * A copy of the options that were given.
 *
 * @param owner Whose options they are, as messages begin: `Dense`.
 * @throws {ArgumentError} where an option is unknown or not what it must be.
 *
 * @example A typo is refused by name
 * ```ts
 * import { boolean, checkOptions } from "./options.ts";
 *
 * let message = "";
 * try {
 *   checkOptions<{ useBias?: boolean }>("Dense", { usebias: true }, { useBias: boolean });
 * } catch (error) {
 *   message = `${error}`;
 * }
 * if (!message.endsWith('Dense has no option "usebias"; there is useBias')) throw new Error(message);
 * ```
 */
export function checkOptions<T extends object>(
  owner: string,
  given: unknown,
  checks: OptionChecks<T>,
): T {
  const names = Object.keys(checks);
  const known = `there ${names.length === 1 ? "is" : "are"} ${formatList(names)}`;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ArgumentError(
      `${owner} takes its options as an object, ${known}; got ${describe(given)}`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw new ArgumentError(`${owner} has no option ${quote(name)}; ${known}`);
    }
  }
  const options: Record<string, unknown> = {};
  for (const [name, check] of Object.entries<OptionCheck>(checks)) {
    const value = (given as Record<string, unknown>)[name];
    if (value === undefined) continue;
    const wanted = check(value);
    if (wanted !== null) {
      throw new ArgumentError(
        `${owner}'s option ${name} must be ${wanted}; got ${describe(value)}`,
      );
    }
    options[name] = value;
  }
  return options as T;
}
