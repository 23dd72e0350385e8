/**
 * Rests for the rest of the program: work that goes on for long gives way every
 * so often, so that a page stays alive, and an abort or Ctrl-C arrives.
 *
 * @module
 */

/** How long work goes on before others have their turn, in milliseconds. */
const longest = 50;

/** Gives way now and then. */
export class Pace {
  #last = performance.now();

  /** Waits for a turn of the event loop, where the last one is long ago. */
  async rest(): Promise<void> {
    if (performance.now() - this.#last < longest) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#last = performance.now();
  }
}
