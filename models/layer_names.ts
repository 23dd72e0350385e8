/**
 * Names of layers for programs that do not take every name: signs that are not
 * allowed become an underscore, and names stay different.
 *
 * @module
 */

/** Each name without what `unsafe` finds, in their order; all are different and none is empty. */
export function safeNames(names: readonly string[], unsafe: RegExp): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = name.replaceAll(unsafe, "_") || "layer";
    let own = safe;
    for (let i = 2; taken.has(own); i++) own = `${safe}_${i}`;
    taken.add(own);
    return own;
  });
}

/** What Keras and the library's own layers do not take. */
export const unsafeForKeras = /\//g;

/** What TensorFlow.js does not take; nor does it take anything but a letter or a digit at the beginning. */
export const unsafeForTfjs = /[^-\w.]/g;
