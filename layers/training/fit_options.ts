/**
 * What `compile`, `fit`, `evaluate` and `predict` may be given, with Keras's
 * names in camelCase, and their checks.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import {
  boolean,
  checkOptions,
  type OptionCheck,
  type OptionChecks,
  seedNumber,
  unchecked,
  wholeNumber,
} from "../../common/options.ts";
import { formatList } from "../../common/text.ts";
import type { Callback } from "./callback.ts";
import type { ClassWeight, ExampleData } from "./examples.ts";
import type { Loss } from "./loss.ts";
import { type LossName, readLoss } from "./losses.ts";
import type { Metric } from "./metric.ts";
import { checkMetric, checkNames, type MetricName } from "./metrics.ts";
import { share } from "../numbers.ts";
import type { Optimizer } from "./optimizer.ts";
import { type OptimizerName, readOptimizer } from "./optimizers.ts";

/** How a model is to be trained. */
export interface CompileOptions {
  /** What changes the weights; default `rmsprop`, as in Keras. One that was given stays the caller's to dispose. */
  readonly optimizer?: OptimizerName | Optimizer;
  /** What is made small. */
  readonly loss: LossName | Loss;
  /** What is looked at besides. */
  readonly metrics?: readonly (MetricName | Metric | Loss)[];
}

/** The same, checked. */
export interface Compiled {
  readonly optimizer: Optimizer;
  /** Whether the optimizer was made here. */
  readonly own: boolean;
  readonly loss: Loss;
  /** Keras's name of the loss where it was given by name, with Keras's defaults. */
  readonly lossName: string | null;
  readonly metrics: readonly (MetricName | Metric | Loss)[];
}

/** @throws {ArgumentError} where an option is missing, unknown or not allowed. */
export function readCompileOptions(given: CompileOptions): Compiled {
  const { optimizer = "rmsprop", loss, metrics = [] } = checkOptions<CompileOptions>(
    "compile()",
    given,
    { optimizer: unchecked, loss: unchecked, metrics: unchecked },
  );
  if (!Array.isArray(metrics)) {
    throw new ArgumentError(`compile()'s metrics must be an array; got ${describe(metrics)}`);
  }
  for (const metric of metrics) checkMetric(metric);
  checkNames(metrics);
  return {
    loss: readLoss(loss),
    lossName: typeof loss === "string" ? readLoss(loss).name : null,
    optimizer: readOptimizer(optimizer),
    own: typeof optimizer === "string",
    metrics: [...metrics],
  };
}

/** Examples to validate with: inputs, targets, and what each counts. */
export type ValidationData =
  | readonly [x: ExampleData, y: ExampleData]
  | readonly [x: ExampleData, y: ExampleData, sampleWeight: ExampleData];

/** How a model is judged. */
export interface EvaluateOptions {
  /** How many examples go through the model at once; default 32. */
  readonly batchSize?: number;
  /** What each example counts in the loss, or each row of the results ([examples, steps]), numbers of at least 0. */
  readonly sampleWeight?: ExampleData;
}

/** How a model is trained. */
export interface FitOptions extends EvaluateOptions {
  /** How often each example is seen; default 1. */
  readonly epochs?: number;
  /** What each class counts in the loss, by its number; not together with `sampleWeight`. */
  readonly classWeight?: ClassWeight;
  /** The share of the examples, the last ones, that are kept for validation, from 0, which is none, to below 1. */
  readonly validationSplit?: number;
  /** Examples for validation, instead of a share of those of training. */
  readonly validationData?: ValidationData;
  /** How many examples are validated at once; default `batchSize`. */
  readonly validationBatchSize?: number;
  /** After how many epochs validation takes place; default 1, after each. */
  readonly validationFreq?: number;
  /** Whether the examples are put into another order before each epoch; default true. */
  readonly shuffle?: boolean;
  /** The seed of that order; by default a fresh one, see {@linkcode setRandomSeed}. */
  readonly seed?: number;
  /** The epoch to begin with, counted from 0, when training goes on; default 0. */
  readonly initialEpoch?: number;
  /** What is called meanwhile. */
  readonly callbacks?: readonly Callback[];
  /** 0 for silence, which is the default; 1 for a bar, 2 for one line for each epoch. */
  readonly verbose?: 0 | 1 | 2;
  /** Whether training ends at a loss that is not finite, with the weights of the last good step; default true. */
  readonly terminateOnNaN?: boolean;
  /** An `AbortSignal`, which ends the training when it is aborted; what was learned is kept. */
  readonly signal?: { readonly aborted: boolean };
}

const count = wholeNumber(1, 2 ** 32);
const methods: Readonly<Record<Exclude<keyof Callback, "logs">, true>> = {
  onTrainBegin: true,
  onEpochBegin: true,
  onProgress: true,
  onEpochEnd: true,
  onTrainEnd: true,
};
const isCallback = (value: unknown) => {
  if (typeof value !== "object" || value === null) return false;
  const { logs = [] } = value as { readonly logs?: unknown };
  if (!Array.isArray(logs) || !logs.every((name) => typeof name === "string")) return false;
  const given = Object.keys(methods)
    .map((name) => (value as Readonly<Record<string, unknown>>)[name] ?? null)
    .filter((each) => each !== null);
  // Without any of these methods it is something else, or one is misspelt.
  if (given.length === 0) return value.constructor === Object && Object.keys(value).length === 0;
  return given.every((each) => typeof each === "function");
};
const callbackList: OptionCheck = (value) =>
  Array.isArray(value) && value.every(isCallback)
    ? null
    : `an array of callbacks, as earlyStopping() makes them, with functions ${
      formatList(Object.keys(methods))
    }`;
const abortSignal: OptionCheck = (value) =>
  typeof (value as { readonly aborted?: unknown } | null)?.aborted === "boolean"
    ? null
    : "an AbortSignal";

const evaluateChecks: OptionChecks<EvaluateOptions> = {
  batchSize: count,
  sampleWeight: unchecked,
};

const fitChecks: OptionChecks<FitOptions> = {
  ...evaluateChecks,
  epochs: wholeNumber(0, 2 ** 32),
  classWeight: (value) => typeof value === "object" && value !== null ? null : "an object",
  validationSplit: share,
  validationData: unchecked,
  validationBatchSize: count,
  validationFreq: count,
  shuffle: boolean,
  seed: seedNumber,
  initialEpoch: wholeNumber(0, 2 ** 32),
  callbacks: callbackList,
  verbose: (value) => value === 0 || value === 1 || value === 2 ? null : "0, 1 or 2",
  terminateOnNaN: boolean,
  signal: abortSignal,
};

/** @throws {ArgumentError} where an option is unknown or not allowed. */
export function readEvaluateOptions(owner: string, given: EvaluateOptions): EvaluateOptions {
  return checkOptions<EvaluateOptions>(owner, given, evaluateChecks);
}

/** @throws {ArgumentError} where an option is unknown or not allowed. */
export function readFitOptions(given: FitOptions): FitOptions {
  const options = checkOptions<FitOptions>("fit()", given, fitChecks);
  const { validationSplit, validationData } = options;
  if (validationSplit && validationData !== undefined) {
    throw new ArgumentError("fit() takes validationSplit or validationData, not both");
  }
  if (
    validationData !== undefined &&
    !(Array.isArray(validationData) && (validationData.length === 2 || validationData.length === 3))
  ) {
    throw new ArgumentError(
      `fit()'s option validationData must be [x, y] or [x, y, sampleWeight]; got ${
        describe(validationData)
      }`,
    );
  }
  return options;
}
