/**
 * Long loops of a bench give way to the event loop now and then.
 *
 * @module
 */

/** Lets the event loop run once: promises alone never let a signal such as Ctrl-C through. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
