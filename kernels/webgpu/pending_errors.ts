/**
 * The errors of work on a GPU, which become known later and are kept until one is
 * thrown: by the read of what depends on it, or by `finished`.
 *
 * @module
 */
import type { Validity } from "./validity.ts";

/** The validities that are not known yet, and the first error that was not thrown. */
export class PendingErrors {
  readonly #open = new Set<Validity>();
  #first: Error | null = null;

  /** Keeps the error of this validity, if there will be one. */
  watch(validity: Validity): void {
    this.#open.add(validity);
    void validity.promise.then((error) => {
      this.#open.delete(validity);
      if (error) this.#first ??= error;
    });
  }

  /** Forgets an error that is thrown elsewhere. */
  forget(error: Error): void {
    if (this.#first === error) this.#first = null;
  }

  /** Resolves when all validities that are watched by now are known. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open].map(({ promise }) => promise));
  }

  /** The first error that was not thrown, to be thrown now; null for none. */
  take(): Error | null {
    const error = this.#first;
    this.#first = null;
    return error;
  }
}
