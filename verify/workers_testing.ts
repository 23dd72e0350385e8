/**
 * Workers of any code, for tests of what a pool does with them.
 *
 * @module
 */

/** The URL of a module of this JavaScript. */
export function moduleOf(code: string): URL {
  return new URL(`data:application/javascript,${encodeURIComponent(code)}`);
}
