/**
 * When the first chart of a page is painted. It is drawn alone, since a browser
 * paints nothing before the script that draws is done with all that it does at once.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />

/** Milliseconds after which a page is not waited for: one that is not shown paints nothing. */
const longestWait = 500;

let first: Promise<void> | null = null;

/**
 * Resolves when what was drawn before the first call is painted; at once where that
 * is so already. The page has the time from then on, in milliseconds since it was opened.
 */
export function firstPainted(): Promise<void> {
  first ??= new Promise((resolve) => {
    const done = () => {
      document.documentElement.dataset["painted"] ??= performance.now().toFixed(0);
      resolve();
    };
    // A frame is painted after its callbacks, and before the next task.
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, longestWait);
  });
  return first;
}
