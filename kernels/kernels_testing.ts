/**
 * For tests: which kernels this machine can run. One that it lacks is an
 * ignored test that says why, or, where DENSEMARK_REQUIRE_ALL=1 says that
 * skipping is failing, among the others and fails there.
 *
 * @module
 */
import { type KernelName, kernelNames, listKernels } from "./registry.ts";

/** The names of the kernels to be tested; for each other one an ignored test is registered. */
export async function kernelsHere(): Promise<readonly KernelName[]> {
  if (Deno.env.get("DENSEMARK_REQUIRE_ALL") === "1") return kernelNames;
  return (await listKernels()).flatMap((kernel) => {
    if (kernel.available) return [kernel.name];
    // Shown as ignored with its reason, for a machine without the hardware; where all is required it fails above.
    Deno.test({ name: `${kernel.name} (SKIP: ${kernel.reason})`, ignore: true, fn: () => {} });
    return [];
  });
}
