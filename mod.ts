/**
 * Densemark: interchangeable float32 kernels behind one Keras-style Dense
 * layer. This is the library; it imports nothing but itself and runs wherever
 * ES modules do.
 *
 * @example A layer of two units
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, {
 *   units: 2,
 *   activation: "relu",
 *   kernelInitializer: new Float32Array([1, -1, 0, -1, 1, -1]), // [inputs, units]
 * });
 * using x = kernel.tensor([1, 3], new Float32Array([1, 2, 3]));
 * using y = layer.forward(x);
 * const outputs = await y.read();
 * if (`${outputs}` !== "4,0") throw new Error(`${outputs}`);
 * ```
 *
 * @module
 */
export {
  type Activation,
  activations,
  isActivation,
  type Pointwise,
} from "./kernels/activation.ts";
export {
  ArgumentError,
  DensemarkError,
  DeviceError,
  KernelUnavailableError,
  MemoryError,
  OwnershipError,
  ShapeError,
  WorkerError,
} from "./common/errors.ts";
export type { SumTree } from "./common/sum_tree.ts";
export type { ChosenKernel, KernelChoice } from "./kernels/choice.ts";
export type { TensorData } from "./kernels/data.ts";
export { derivative } from "./kernels/formula/derivative.ts";
export {
  abs,
  activated,
  add,
  type Along,
  type BinaryFunction,
  type binaryFunctions,
  choose,
  type Comparison,
  type comparisons,
  div,
  exp,
  expm1,
  type Expression,
  log,
  log1p,
  max,
  min,
  mul,
  neg,
  operand,
  parameter,
  perColumn,
  perRow,
  sign,
  sqrt,
  sub,
  type Term,
  unary,
  type UnaryFunction,
  type unaryFunctions,
} from "./kernels/formula/expression.ts";
export { Formula, formula } from "./kernels/formula/formula.ts";
export { type QuantizedWeight, quantizeWeight } from "./kernels/int8/quantize.ts";
export type {
  AddendPosition,
  FormulaTraits,
  Int8Weight,
  Kernel,
  KernelFactory,
  KernelOptions,
  KernelTraits,
  MatmulOptions,
  Reduced,
  Reduction,
  Summation,
  Tensor,
  ThreadWorker,
} from "./kernels/kernel.ts";
export { readAll } from "./kernels/read_all.ts";
export {
  createKernel,
  type KernelListing,
  type KernelName,
  kernelNames,
  kernelRegistry,
  listKernels,
} from "./kernels/registry.ts";
export { keep, scope } from "./kernels/scope.ts";
export type { Matrix, MatrixData, Transposes } from "./layers/array_matmul.ts";
export { Dense, type DenseOptions } from "./layers/dense.ts";
export type { ForwardOptions } from "./layers/layer_checks.ts";
export type { Initializer, InitializerName } from "./layers/initializers.ts";
export { matmul } from "./layers/matmul.ts";
export { setRandomSeed } from "./layers/seeds.ts";
export { Sequential } from "./layers/sequential.ts";
