/**
 * Work in the order in which it was called, some of which takes its time. What
 * can be done at once is done at once, so that a queue of nothing but such work
 * costs nothing. A failure stays with what could not be written because of it,
 * and is thrown by who reads that.
 *
 * @module
 */

/** A queue; `T` is what is read and written. */
export class Queue<T extends object> {
  /** Resolves when all work is done; null where there is none. Never rejects. */
  #last: Promise<void> | null = null;
  readonly #failed = new WeakMap<T, unknown>();
  /** Failures that no read has thrown yet, wrapped since anything may be thrown. */
  #unseen: { readonly error: unknown }[] = [];

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#last === null;
  }

  /** Does `work` when all before is done: now, where nothing waits. Its errors are its own. */
  then(work: () => void | Promise<void>): void {
    const done = this.#last === null ? work() : this.#last.then(work);
    if (done instanceof Promise) this.#wait(done);
  }

  #wait(done: Promise<void>): void {
    const last = done.then(() => {}, () => {}).then(() => {
      // Nothing was queued meanwhile.
      if (this.#last === last) this.#last = null;
    });
    this.#last = last;
  }

  /**
   * Work that writes `outputs` from `inputs`.
   *
   * @throws what `work` throws, where it is done at once.
   */
  write(inputs: readonly T[], outputs: readonly T[], work: () => void | Promise<void>): void {
    const fail = (error: unknown) => {
      for (const output of outputs) this.#failed.set(output, error);
      this.#unseen.push({ error });
    };
    const guarded = (): void | Promise<void> => {
      const broken = inputs.find((input) => this.#failed.has(input));
      if (broken !== undefined) {
        for (const output of outputs) this.#failed.set(output, this.#failed.get(broken));
        return;
      }
      for (const output of outputs) this.#failed.delete(output);
      return work();
    };
    if (this.#last !== null) return this.#wait(this.#last.then(guarded).catch(fail));
    const done = guarded();
    if (done instanceof Promise) this.#wait(done.catch(fail));
  }

  /** What `look` finds in `input` as all work before leaves it; throws, or rejects with, what kept it from being written. */
  read<Found>(input: T, look: () => Found): Found | Promise<Found> {
    const found = () => {
      if (!this.#failed.has(input)) return look();
      const error = this.#failed.get(input);
      this.#unseen = this.#unseen.filter((one) => one.error !== error);
      throw error;
    };
    if (this.#last === null) return found();
    const read = this.#last.then(found);
    this.#wait(read.then(() => {}));
    return read;
  }

  /** Resolves when all work is done. */
  async settled(): Promise<void> {
    while (this.#last !== null) await this.#last;
  }

  /** Resolves when all work is done; rejects with the first failure that no read has thrown. */
  async finished(): Promise<void> {
    await this.settled();
    const [first] = this.#unseen;
    this.#unseen = [];
    if (first) throw first.error;
  }
}
