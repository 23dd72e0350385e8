/**
 * For tests: which kernels this machine can run. For one that it cannot, an
 * ignored test is registered that says why; where DENSEMARK_REQUIRE_ALL=1 makes
 * skipping a failure, it is tested like the others and fails there.
 *
 * @module
 */
import { createKernel, type KernelName, kernelNames, listKernels } from "./registry.ts";
import { WasmKernel } from "./wasm/wasm_kernel.ts";

/** The names of the kernels to test: all in the registry that can run here. */
export async function kernelsHere(): Promise<readonly KernelName[]> {
  if (Deno.env.get("DENSEMARK_REQUIRE_ALL") === "1") return kernelNames;
  return (await listKernels()).flatMap((kernel) => {
    if (kernel.available) return [kernel.name];
    Deno.test({ name: `${kernel.name} (SKIP: ${kernel.reason})`, ignore: true, fn: () => {} });
    return [];
  });
}

/** The names of those that compute in WebAssembly, for tests of its memory and its code. */
export async function wasmKernelsHere(): Promise<readonly KernelName[]> {
  const names: KernelName[] = [];
  for (const { name, available } of await listKernels()) {
    if (!available) continue;
    await using kernel = await createKernel(name);
    if (kernel instanceof WasmKernel) names.push(name);
  }
  return names;
}
