/**
 * Whether waking the workers is worth it under the load that there is: an account
 * of what the last wakes gained and what the caller waited for. Beside processes
 * that compute, a worker loses its processor within its share for some milliseconds,
 * longer than most products take. Where more was lost than gained the caller computes
 * alone for a multiple of the loss, so that it waits for a tenth of the time at most.
 *
 * @module
 */
import { remember } from "./remember.ts";

/** The most that earlier gains may pay for, in milliseconds: some interruptions of a machine that is quiet otherwise. */
const mostGained = 10;

/** What an account begins with, in milliseconds: about what one interruption costs. */
const first = 3;

/** How long the caller computes alone after a loss, as a multiple of it: a tenth of all time is then lost at most. */
const aloneForLoss = 10;

/** No loss, such as that of a machine that was suspended, has it compute alone for longer, in milliseconds. */
const mostAlone = 500;

/** By how much the time that a share should take may rise with each task, since machines get slower too. */
const rise = 1.02;

/** The shares of how many amounts of work are remembered. */
const mostShares = 256;

/** What became of a task; times in milliseconds. */
export interface WakeOutcome {
  /** Multiply-adds of the task. */
  readonly work: number;
  /** What the caller's own share took. */
  readonly own: number;
  /** How many other shares the workers did. */
  readonly others: number;
  /** What the caller spent on waking and waiting. */
  readonly lost: number;
  /** When it was done. */
  readonly now: number;
}

/** The account of a pool. */
export class WakeAccount {
  /** What was gained, less what was lost. */
  #balance = first;
  #aloneUntil = -Infinity;
  /** What a share should take, by the work of the task. */
  readonly #shares = new Map<number, number>();
  /** The task before: most come again and again, and need no look at the map. */
  #last = { work: NaN, share: Infinity };

  /** Whether the workers are to be woken. */
  isWorthWaking(now: number): boolean {
    return now >= this.#aloneUntil;
  }

  /** Enters a task for which they were woken. */
  enter({ work, own, others, lost, now }: WakeOutcome): void {
    if (this.#last.work !== work) {
      remember(this.#shares, this.#last.work, this.#last.share, mostShares);
      this.#last = { work, share: this.#shares.get(work) ?? Infinity };
    }
    // The caller may itself have been interrupted, which is no gain of the others.
    const share = Math.min(own, rise * this.#last.share);
    this.#last.share = share;
    this.#balance = Math.min(mostGained, this.#balance + others * share - lost);
    if (this.#balance >= 0) return;
    this.#aloneUntil = now + Math.min(mostAlone, -aloneForLoss * this.#balance);
    this.#balance = 0;
  }
}
