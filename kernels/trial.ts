/**
 * Whether a kernel can be made on this machine: it is made for a moment. Whatever
 * its factory does, throw, reject or never answer, becomes a reason, so that one
 * kernel says nothing of the others.
 *
 * @module
 */
import { DensemarkError, errorLine } from "../common/errors.ts";
import type { Kernel, KernelTraits } from "./kernel.ts";

/** What came of it. */
export type Trial =
  | { readonly available: true; readonly traits: KernelTraits }
  | { readonly available: false; readonly reason: string };

/** The longest delay of a timer, in milliseconds, nearly 25 days; one that is longer ends at once. */
const longestDelay = 2 ** 31 - 1;

/**
 * Makes a kernel and disposes it again, however long after the limit it comes.
 *
 * @param limit Milliseconds after which it is given up; never where no timer can wait so long.
 */
export async function tryKernel(create: () => Promise<Kernel>, limit: number): Promise<Trial> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Trial>((resolve) => {
    if (limit > longestDelay) return;
    const reason = `it was not ready within ${limit / 1e3} s`;
    timer = setTimeout(() => resolve({ available: false, reason }), limit);
  });
  let disposed: Promise<void> = Promise.resolve();
  const trial = async (): Promise<Trial> => {
    try {
      const kernel = await create();
      const { traits } = kernel;
      disposed = dispose(kernel);
      return { available: true, traits };
    } catch (error) {
      return { available: false, reason: reasonOf(error) };
    }
  };
  try {
    const outcome = await Promise.race([trial(), late]);
    await Promise.race([disposed, late]);
    return outcome;
  } finally {
    clearTimeout(timer);
  }
}

/** Why a kernel cannot be made, in a line: our own errors say it, any other is a failure. */
export function reasonOf(error: unknown): string {
  const text = errorLine(error);
  return error instanceof DensemarkError ? text : `it failed: ${text}`;
}

/** Disposes of a kernel; an error in it is passed over. */
export async function dispose(kernel: Kernel): Promise<void> {
  try {
    await kernel[Symbol.asyncDispose]();
  } catch {
    // Nothing can be done about it here.
  }
}
