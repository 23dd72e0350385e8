/**
 * For tests: the kernels of this machine that compute formulas.
 *
 * @module
 */
import { kernelsHere } from "../kernels/kernels_testing.ts";
import type { KernelName } from "../kernels/registry.ts";

/** The names of the kernels to be tested that compute formulas. */
export function formulaKernelsHere(): Promise<readonly KernelName[]> {
  return kernelsHere(({ formulas }) => formulas !== undefined);
}
