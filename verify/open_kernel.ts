/**
 * Kernels as the verifier's commands open them.
 *
 * @module
 */
import { yellow } from "@std/fmt/colors";
import { printError } from "../common/command.ts";
import { KernelUnavailableError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";

/** Makes a kernel that shares every product between its threads, however small; or prints why it is skipped. */
export async function openKernel(name: KernelName): Promise<Kernel | null> {
  try {
    return await createKernel(name, { serialBelow: 0 });
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    printError(yellow(`${name} SKIPPED: ${error.message}`));
    return null;
  }
}
