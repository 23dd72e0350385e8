/**
 * The verifier for other projects: any object that fulfils the contract of
 * `kernels/kernel.ts`, or just a matrix product, compared with float64 by the
 * same checks as Densemark's own kernels. Imports nothing third-party.
 *
 * @module
 */
export type { Random } from "../common/random.ts";
export { type Activation, activations, type Pointwise } from "../kernels/activation.ts";
export type { Dimensions } from "../kernels/checks.ts";
export type {
  AddendPosition,
  Kernel,
  KernelOptions,
  KernelTraits,
  MatmulOptions,
  Summation,
  Tensor,
} from "../kernels/kernel.ts";
export type {
  ActivationReport,
  CheckReport,
  Coverage,
  FailureReport,
  Growth,
  KernelVerification,
  ProbedTree,
  ShapeClass,
  SummationReport,
  SumTree,
} from "../results/verification/schema.ts";
export type { Case, Check, Context, Effort } from "./check.ts";
export type { Measures, Outcome } from "./compare.ts";
export type { Half } from "./halves.ts";
export type { Repeat } from "./repeat_command.ts";
export { kernelOfProduct, type Multiply } from "./product_kernel.ts";
export { checks, verifyKernel, type VerifyOptions } from "./verify.ts";
