/**
 * For tests: a machine that gives another number of processors, or none.
 *
 * @module
 */

/** Runs with `navigator.hardwareConcurrency` replaced. */
export function withProcessors<T>(count: unknown, run: () => T): T {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: count, configurable: true });
  const restore = () => {
    // The getter of its prototype is seen again.
    delete (navigator as { hardwareConcurrency?: unknown }).hardwareConcurrency;
  };
  let result: T | undefined;
  try {
    result = run();
    return result;
  } finally {
    if (result instanceof Promise) result.then(restore, restore);
    else restore();
  }
}
