/**
 * Long loops of a bench give way to the event loop now and then, and what ends
 * a process of it may be meant for all of them.
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
