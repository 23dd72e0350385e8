/**
 * The errors of work on a GPU that is not yet known to be valid, kept until the
 * caller is told: by the read of what depends on it, or by `finished`.
 *
 * @module
 */
import type { Validity } from "./validity.ts";

/** Validities that are watched, and the first error that was not told. */
export class PendingErrors {
  readonly #open = new Set<Validity>();
  #first: Error | null = null;

  /** Keeps the error of this validity, should it be one. */
  watch(validity: Validity): void {
    this.#open.add(validity);
    void validity.promise.then((error) => {
      this.#open.delete(validity);
      if (error) this.#first ??= error;
    });
  }

  /** Forgets an error that the caller is told. */
  told(error: Error): void {
    if (this.#first === error) this.#first = null;
  }

  /** Resolves when every validity that is watched now is known. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open].map(({ promise }) => promise));
  }

  /** The first error that was not told, which now is; null for none. */
  take(): Error | null {
    const error = this.#first;
    this.#first = null;
    return error;
  }
}
