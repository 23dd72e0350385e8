/**
 * The kernels from elsewhere that a command line names: they are looked into
 * before anything is run, since their names are those of what is timed.
 *
 * @module
 */
import { readOptions, textOf } from "../common/command.ts";
import { kernelNames } from "../kernels/registry.ts";
import { foreignKernels } from "../verify/foreign/inspect.ts";
import type { ForeignKernel } from "../verify/foreign/kernel_module.ts";
import { peerNames } from "./peers/peers.ts";
import { options } from "./options.ts";

/**
 * The kernels of `--kernel`; none where it was not given.
 *
 * @throws {KernelModuleError} where one cannot be used.
 */
export async function foreignKernelsOf(args: readonly string[]): Promise<ForeignKernel[]> {
  const { given, ...rest } = readOptions(args, options);
  const paths = textOf({ given, ...rest }, "kernel");
  if (paths === undefined || given.has("help")) return [];
  return await foreignKernels(paths, [...kernelNames, ...peerNames]);
}
