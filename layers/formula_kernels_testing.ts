/**
 * For tests: the kernels of this machine that compute formulas.
 *
 * @module
 */
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";

/** The names of the kernels to be tested that compute formulas. */
export async function formulaKernelsHere(): Promise<readonly KernelName[]> {
  const names: KernelName[] = [];
  for (const name of await kernelsHere()) {
    await using kernel = await createKernel(name);
    if (kernel.traits.formulas) names.push(name);
  }
  return names;
}
