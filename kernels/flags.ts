/**
 * The check of an operation's options, all of which are true or false.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";

/**
 * Checks the options of an operation, all of which are true or false.
 *
 * @throws {ArgumentError} where one is unknown or neither.
 */
export function checkFlags(operation: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(
      `${operation} takes its options as an object, ${names.join(", ")}; got ${describe(options)}`,
    );
  }
  const [first, second, third] = names;
  // deno-lint-ignore guard-for-in -- checked below, where it is rare
  for (const name in options) {
    // For small products even this counts: three comparisons are faster than includes().
    if (name === first || name === second || name === third) {
      const value = (options as Record<string, unknown>)[name];
      if (value === true || value === false || value === undefined) continue;
      throw new ArgumentError(
        `${operation}'s option ${name} must be true or false; got ${describe(value)}`,
      );
    }
    // What a program has put on the prototype of all objects is no option.
    if (!Object.hasOwn(options, name)) continue;
    throw new ArgumentError(
      `${operation} has no option ${quote(name)}; there are ${names.join(", ")}`,
    );
  }
}
