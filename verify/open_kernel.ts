/**
 * Kernels as the verifier's commands open them.
 *
 * @module
 */
import { yellow } from "@std/fmt/colors";
import { printError } from "../common/command.ts";
import { KernelUnavailableError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { kernelMaker } from "./foreign/maker.ts";
import { type KnownKernel, nameOfKernel } from "./repeat_command.ts";

/** Makes a kernel that shares every product between its threads, however small; or prints why it is skipped. */
export async function openKernel(known: KnownKernel): Promise<Kernel | null> {
  try {
    const { create } = await kernelMaker(known);
    return await create({ serialBelow: 0 });
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    printError(yellow(`${nameOfKernel(known)} SKIPPED: ${error.message}`));
    return null;
  }
}
