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

/** `dense`, then `dense_1`, and so on. */
export function defaultName(className: string): string {
  const base = snakeCase(className);
  const count = counts.get(base) ?? 0;
  counts.set(base, count + 1);
  return count === 0 ? base : `${base}_${count}`;
}
