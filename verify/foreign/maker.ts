/**
 * Makes kernels of either kind: those of the registry by their name, those from
 * elsewhere by their module.
 *
 * @module
 */
import { createKernel } from "../../kernels/registry.ts";
import type { KnownKernel } from "../repeat_command.ts";
import { type KernelModule, loadKernelModule } from "./kernel_module.ts";

/** How this thread makes a kernel. */
export async function kernelMaker(
  kernel: KnownKernel,
): Promise<Pick<KernelModule, "create" | "heedsOptions">> {
  return typeof kernel === "string"
    ? { create: (options) => createKernel(kernel, options), heedsOptions: true }
    : await loadKernelModule(kernel);
}
