/**
 * The names that layers are given by default: Keras's, the class in snake case
 * with a count.
 *
 * @module
 */

/** How many layers of each name were named by default. */
const counts = new Map<string, number>();

/** A class's name in snake case, as Keras 3 makes it for layers and for paths in files: `batch_normalization`, `re_lu`. */
export function snakeCase(className: string): string {
  return className.replace(/\W+/g, "").replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/**
 * The name of a layer: the one that it was given, or `dense`, then `dense_1`, and
 * so on. One that was given counts, so that a layer added to a network that was
 * read gets another.
 */
export function nameOf(className: string, given?: string): string {
  const base = snakeCase(className);
  const count = counts.get(base) ?? 0;
  if (given === undefined) {
    counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }
  const end = given.startsWith(base) ? given.slice(base.length) : "_";
  // No number that is made up has more digits.
  if (/^(_\d{1,9})?$/.test(end)) counts.set(base, Math.max(count, Number(end.slice(1)) + 1));
  return given;
}

/** A name in lower case without underscores: the spellings of Keras and TensorFlow.js of one thing are one. */
export const plainName = (name: string): string => name.replaceAll("_", "").toLowerCase();

/** The one of these names that another spelling of it means. */
export function spelled<N extends string>(names: readonly N[], given: string): N | undefined {
  return names.find((name) => plainName(name) === plainName(given));
}
