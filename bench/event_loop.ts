/**
 * Lets the bench's long loops yield to the event loop, and gives a signal such as
 * Ctrl-C, which every process of a run receives, the time to arrive here too.
 *
 * @module
 */

/** Lets the event loop run once: promises alone never let a signal such as Ctrl-C through. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Milliseconds in which Ctrl-C, or what a job's end sends, has reached every process of a group. */
const signalTime = 200;

/** Waits until the signal is given that this process is to stop, but only so long as that may take to arrive. */
export function signalOrMoment(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, signalTime);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
