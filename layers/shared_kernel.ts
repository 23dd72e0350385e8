/**
 * A kernel for all who own none: made at the first use, kept for the next ones,
 * and replaced after its threads failed. However many uses fail of it at the same
 * time, it is disposed of once, and never the one that took its place.
 *
 * @module
 */
import { WorkerError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { dispose } from "../kernels/trial.ts";

/** The kernel of all uses, once there was one. */
export class SharedKernel {
  #made: Promise<Kernel> | null = null;

  constructor(readonly create: () => Promise<Kernel>) {}

  /**
   * What `action` gives for the kernel.
   *
   * @throws what `create` or `action` throws; where it could not be made, or its threads failed, the next use makes another.
   */
  async use<T>(action: (kernel: Kernel) => Promise<T>): Promise<T> {
    const made = this.#made ??= this.create();
    let kernel: Kernel;
    try {
      kernel = await made;
    } catch (error) {
      this.#forget(made);
      throw error;
    }
    try {
      return await action(kernel);
    } catch (error) {
      // Not waited for: what says that threads are gone may come before all of them are.
      if (error instanceof WorkerError && this.#forget(made)) void dispose(kernel);
      throw error;
    }
  }

  /** Has the next use make another; false where there is another already. */
  #forget(made: Promise<Kernel>): boolean {
    if (this.#made !== made) return false;
    this.#made = null;
    return true;
  }
}
