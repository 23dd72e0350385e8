/**
 * A BLAS that several kernels of a process use: it is opened once, its number of
 * threads, which is the process's and not a kernel's, is set before each product,
 * and the last kernel closes it.
 *
 * @module
 */
import { type Blas, type NativeRuntime, openBlas } from "./blas.ts";

const open = new Map<string | undefined, SharedBlas>();

/** An open library and how many kernels have it. */
export class SharedBlas {
  #kernels = 0;

  private constructor(readonly blas: Blas, readonly wanted: string | undefined) {}

  /**
   * The library of this name, or the first that there is, for one kernel more.
   *
   * @throws {KernelUnavailableError} as {@linkcode openBlas} does.
   */
  static for(runtime: NativeRuntime, wanted: string | undefined): SharedBlas {
    let shared = open.get(wanted);
    if (!shared) {
      shared = new SharedBlas(openBlas(runtime, wanted), wanted);
      open.set(wanted, shared);
    }
    shared.#kernels++;
    return shared;
  }

  /** The library, which computes by so many threads. Others may have set another number; to set it again takes nanoseconds. */
  useThreads(threads: number): Blas {
    this.blas.setThreads?.(threads);
    return this.blas;
  }

  /** Gives it back for one kernel. */
  release(): void {
    if (--this.#kernels > 0) return;
    open.delete(this.wanted);
    this.blas.close();
  }
}
