/**
 * What training offers: losses, optimizers, schedules, metrics, callbacks, and
 * the types of `compile` and `fit`.
 *
 * @module
 */
export type { Callback, Logs, Progress, Stopped, TrainingRun } from "./callback.ts";
export {
  type Checkpoint,
  type CheckpointOptions,
  csvLogger,
  earlyStopping,
  type EarlyStoppingOptions,
  modelCheckpoint,
} from "./callbacks.ts";
export { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
export {
  binaryCrossentropy,
  type CrossentropyOptions,
  huber,
  type HuberOptions,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from "./elementwise_losses.ts";
export type { History } from "./epochs.ts";
export type { ClassWeight, ExampleData, NestedNumbers } from "./examples.ts";
export type { CompileOptions, EvaluateOptions, FitOptions, ValidationData } from "./fit_options.ts";
export type { FormulaKernel } from "./formula_kernel.ts";
export type { Loss, LossInputs, LossOutputs, TargetKind } from "./loss.ts";
export type { LongName, LossName, ShortName } from "./losses.ts";
export { auc, type AucOptions } from "./auc.ts";
export {
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
  type TopKOptions,
} from "./class_metrics.ts";
export { type F1Options, f1Score } from "./f1_score.ts";
export type { Metric } from "./metric.ts";
export {
  binaryAccuracy,
  type MetricName,
  type OwnMetricName,
  precision,
  recall,
  rootMeanSquaredError,
  type ThresholdOptions,
} from "./metrics.ts";
export type { Nested, NumberArray } from "./number_array.ts";
export { Optimizer, type OptimizerOptions, type Trained } from "./optimizer.ts";
export {
  adadelta,
  type AdadeltaOptions,
  adagrad,
  type AdagradOptions,
  adam,
  adamax,
  type AdamOptions,
  adamW,
  type BetaOptions,
  lion,
  type LionOptions,
  nadam,
  type OptimizerName,
  rmsprop,
  type RmspropOptions,
  sgd,
  type SgdOptions,
} from "./optimizers.ts";
export { optimizerFromConfig } from "./optimizer_config.ts";
export { learningRateScheduler, type PlateauOptions, reduceLROnPlateau } from "./rate_callbacks.ts";
export { type ReporterOptions, textReporter } from "./reporter.ts";
export {
  cosineDecay,
  type CosineOptions,
  type DecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type LearningRate,
  piecewiseConstantDecay,
  type PiecewiseOptions,
  polynomialDecay,
  type PolynomialOptions,
  type Schedule,
} from "./schedules.ts";
export { type PredictOptions, Trainable } from "./trainable.ts";
export type { StepNumbers, UpdateRule } from "./update_rules.ts";
export type { MonitorMode } from "./watched.ts";
