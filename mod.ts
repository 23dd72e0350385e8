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
  NetworkLayer,
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
export type {
  ActivationExpression,
  ActivationFunction,
  ActivationParameter,
  ActivationParameters,
  DenseOperands,
  GradientOperands,
} from "./layers/activation_function.ts";
export {
  type ActivationAlias,
  type ActivationLike,
  type ActivationName,
  activationNames,
  getActivation,
  type NamedActivation,
} from "./layers/activations.ts";
export { ActivationLayer, type ActivationLayerOptions } from "./layers/activation_layer.ts";
export type { Matrix, MatrixData, Transposes } from "./layers/array_matmul.ts";
export type { Axis } from "./layers/axis_activation.ts";
export { BaseLayer } from "./layers/base_layer.ts";
export {
  BatchNormalization,
  type BatchNormalizationOptions,
} from "./layers/batch_normalization.ts";
export {
  type Constraint,
  type ConstraintLike,
  type ConstraintName,
  getConstraint,
  type NamedConstraint,
} from "./layers/constraints.ts";
export { Dense, type DenseOptions } from "./layers/dense.ts";
export { DenseSettings, type InputSpec } from "./layers/dense_settings.ts";
export type { LoraOptions } from "./layers/dense_variants.ts";
export { Dropout, type DropoutOptions } from "./layers/dropout.ts";
export { ELU, type ELUOptions } from "./layers/elu_layer.ts";
export { Flatten } from "./layers/flatten.ts";
export { foldLayers } from "./layers/fold.ts";
export { layerClasses, layerFromConfig, modelFromConfig } from "./layers/from_config.ts";
export { FunctionLayer } from "./layers/function_layer.ts";
export type { Initializer, InitializerName, NamedInitializer } from "./layers/initializers.ts";
export { Input, type InputOptions } from "./layers/input_layer.ts";
export type { KerasConfig, KerasVersion } from "./layers/keras_objects.ts";
export type { BackwardOptions, Layer, Variable } from "./layers/layer.ts";
export { LayerStack } from "./layers/layer_stack.ts";
export type { ForwardOptions } from "./layers/layer_checks.ts";
export type {
  Computed,
  CreateTensor,
  GradientRequest,
  LayerOptions,
} from "./layers/layer_options.ts";
export type { LayerVariable, VariableOptions } from "./layers/layer_variable.ts";
export { LeakyReLU, type LeakyReLUOptions } from "./layers/leaky_relu_layer.ts";
export { matmul } from "./layers/matmul.ts";
export { Normalization, type NormalizationOptions } from "./layers/normalization.ts";
export type { ForwardPass } from "./layers/pending_forwards.ts";
export { PReLU, type PReLUOptions } from "./layers/prelu.ts";
export type {
  QuantizationMode,
  QuantizationOptions,
  QuantizeOptions,
} from "./layers/quantization.ts";
export type { ReadOptions } from "./layers/read_options.ts";
export {
  getRegularizer,
  type NamedRegularizer,
  type Regularizer,
  type RegularizerLike,
} from "./layers/regularizers.ts";
export { ReLU, type ReLUOptions } from "./layers/relu_layer.ts";
export { Rescaling, type RescalingOptions } from "./layers/rescaling.ts";
export { Reshape, type ReshapeOptions } from "./layers/reshape.ts";
export { setRandomSeed } from "./layers/seeds.ts";
export { Sequential, type SequentialOptions } from "./layers/sequential.ts";
export { ShapeLayer } from "./layers/shape_layers.ts";
export { Softmax, type SoftmaxOptions } from "./layers/softmax_layer.ts";
export { VariableOwner, type VariableStore } from "./layers/variable_owner.ts";
export type { ShapedData, WeightValues } from "./layers/shaped_data.ts";
export * from "./layers/training/mod.ts";
