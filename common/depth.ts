/**
 * How deep a value is nested, found without recursion: what walks through plain
 * data by calling itself must not be given more levels than the stack has.
 *
 * @module
 */

/**
 * Whether a value of arrays and objects has no more than so many levels.
 *
 * @example
 * ```ts
 * import { isShallow } from "./depth.ts";
 *
 * if (!isShallow({ a: [1] }, 2) || isShallow({ a: [1] }, 1)) throw new Error("two levels");
 * ```
 */
export function isShallow(value: unknown, most: number): boolean {
  const isNested = (each: unknown): each is object =>
    typeof each === "object" && each !== null && !ArrayBuffer.isView(each);
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= most) return false;
    // What is in several places is looked at once in each level.
    level = [...new Set(level.flatMap((each) => Object.values(each).filter(isNested)))];
  }
  return true;
}
