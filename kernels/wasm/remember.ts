/**
 * A cache of a bounded number of entries, as a Map: the oldest are dropped where
 * there would be too many.
 *
 * @module
 */

/** Sets an entry of a cache of at most `most`, and returns its value. */
export function remember<K, V>(cache: Map<K, V>, key: K, value: V, most: number): V {
  cache.delete(key);
  for (const oldest of cache.keys()) {
    if (cache.size < most) break;
    cache.delete(oldest);
  }
  cache.set(key, value);
  return value;
}
