/**
 * The verifier for other projects: any object that fulfils the contract of
 * `kernels/kernel.ts`, or just a matrix product, compared with float64 by the
 * same checks as Densemark's own kernels. Imports nothing third-party.
 *
 * @module
 */
export type { Kernel, KernelTraits, Summation, Tensor } from "../kernels/kernel.ts";
export type {
  CheckReport,
  FailureReport,
  KernelVerification,
} from "../results/verification/schema.ts";
export type { Case, Check, Effort } from "./check.ts";
export { kernelOfProduct, type Multiply } from "./product_kernel.ts";
export { checks, verifyKernel, type VerifyOptions } from "./verify.ts";
