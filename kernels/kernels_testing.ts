/**
 * For tests: which kernels this machine can run.
 *
 * @module
 */
import { KernelUnavailableError } from "../common/errors.ts";
import { testWhere } from "../common/requirements_testing.ts";
import { createKernel, type KernelName, kernelNames, listKernels } from "./registry.ts";
import { NativeKernel } from "./native/native_kernel.ts";
import { WasmKernel } from "./wasm/wasm_kernel.ts";

/** Why this machine cannot run a kernel; null where it can. */
export async function whyNoKernel(name: KernelName): Promise<string | null> {
  try {
    await using _ = await createKernel(name);
    return null;
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    return error.message;
  }
}

/** The names of the kernels to be tested; for each other one a test is registered that is skipped. */
export async function kernelsHere(): Promise<readonly KernelName[]> {
  const here: KernelName[] = [];
  for (const name of kernelNames) {
    const missing = await whyNoKernel(name);
    if (missing === null) here.push(name);
    else testWhere(missing, name, () => {});
  }
  return here;
}

/** The names of those that compute in WebAssembly alone, products too, for tests of its memory and its code. */
export async function wasmKernelsHere(): Promise<readonly KernelName[]> {
  const names: KernelName[] = [];
  for (const { name, available } of await listKernels()) {
    if (!available) continue;
    await using kernel = await createKernel(name);
    if (kernel instanceof WasmKernel && !(kernel instanceof NativeKernel)) names.push(name);
  }
  return names;
}
