/**
 * What an argument is, in a few words, for errors that say what came: safe for
 * every value, also for one whose properties throw or whose text is endless.
 *
 * @module
 */
import { quote } from "./text.ts";

/** A BigInt may be millions of digits long. */
const mostShown = 10n ** 20n;

const ofTypedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The getter of a property that every typed array has, which no object can pretend to be. */
function getterOf<T>(property: "length" | typeof Symbol.toStringTag): (this: unknown) => T {
  return Object.getOwnPropertyDescriptor(ofTypedArrays, property)!.get as (this: unknown) => T;
}

const nameGetter = getterOf<string | undefined>(Symbol.toStringTag);
const lengthGetter = getterOf<number>("length");

/**
 * The name of a typed array's kind, such as `Float32Array`, whatever realm it
 * comes from; undefined for everything else, also for what only inherits from one.
 */
export function typedArrayName(value: unknown): string | undefined {
  return nameGetter.call(value);
}

/** How many elements a typed array has now: 0 once its buffer was detached. */
export function typedArrayLength(value: unknown): number {
  return lengthGetter.call(value);
}

/** `a Map`, `an ArrayBuffer`. */
function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** The name of an object's class; `object` for those without one. */
function className(value: object): string {
  const { constructor } = (Object.getPrototypeOf(value) ?? {}) as { constructor?: unknown };
  const name = typeof constructor === "function" ? constructor.name : "";
  return name === "" || name === "Object" ? "object" : name;
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const kind = typedArrayName(value);
  if (kind !== undefined) return `${withArticle(kind)} of ${typedArrayLength(value)}`;
  if (value instanceof Promise) return "a Promise, which await turns into its value";
  return withArticle(className(value));
}

/**
 * A value as the end of a message "…; got".
 *
 * @example
 * ```ts
 * import { describe } from "./describe.ts";
 *
 * const texts = [undefined, "two", 2n, Math.max, [1, 2], new Map()].map(describe).join(", ");
 * const wanted = 'undefined, "two", 2n, the function max, an array of 2, a Map';
 * if (texts !== wanted) throw new Error(texts);
 * ```
 */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case "string":
      return quote(value, 40);
    case "bigint":
      return value < mostShown && value > -mostShown ? `${value}n` : "a BigInt";
    case "symbol":
      return "a symbol";
    case "function":
      return functionName(value);
    case "object":
      try {
        return describeObject(value);
      } catch {
        return "an object"; // one whose properties throw
      }
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

/** The name of a function, which may be anything, as it is writable. */
function functionName(value: object): string {
  try {
    const { name } = value as { name: unknown };
    return typeof name === "string" && name !== "" ? `the function ${name}` : "a function";
  } catch {
    return "a function";
  }
}
