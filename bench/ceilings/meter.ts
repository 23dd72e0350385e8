/**
 * Times the work of a thread group: finds how often it must be repeated to last
 * long enough for the clock, and warms it up.
 *
 * @module
 */
import { yieldToEventLoop } from "../event_loop.ts";
import type { ThreadGroup } from "./threads.ts";
import type { Work } from "./work.ts";

/** How many times work of `one` second each lasts about so many seconds. */
function timesFor(seconds: number, one: number): number {
  return Math.max(1, Math.min(2 ** 30, Math.round(seconds / Math.max(one, 1e-9))));
}

/** Times the work of a thread group. */
export class Meter {
  /** The fewest seconds that one repetition took, by work: interference makes it only longer. */
  readonly #least = new Map<string, number>();

  constructor(readonly group: ThreadGroup) {}

  /** Repeats work for about so many seconds and returns the seconds of one repetition. */
  time(work: Omit<Work, "times">, threads: number, seconds: number): number {
    const key = `${work.index} ${work.bytes}`;
    // Work that was not timed yet needs some tries until the number of repetitions is right.
    for (let tries = 0;; tries++) {
      const least = this.#least.get(key) ?? seconds;
      const times = timesFor(seconds, least);
      const all = this.group.time({ ...work, times }, threads);
      this.#least.set(key, Math.min(least, all / times));
      if (all > seconds / 3 || tries === 5) return all / times;
    }
  }

  /** Does all of this work on all threads, in turn, for so many seconds, so that V8 optimises it. */
  async warmUp(
    works: readonly Omit<Work, "times">[],
    seconds: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const start = performance.now();
    while (works.length > 0 && performance.now() - start < 1e3 * seconds && !signal?.aborted) {
      await yieldToEventLoop();
      for (const work of works) this.time(work, this.group.threads, 0.001);
    }
  }
}
