/**
 * Optimizers and their schedules as configurations of Keras, read and written:
 * the class with its arguments in snake case (keras/src/optimizers/*.py). What an
 * optimizer was not given is left to Keras's defaults, which are the same.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { formatList, quote } from "../../common/text.ts";
import {
  camelCase,
  isConfig,
  type KerasConfig,
  kerasObject,
  readKerasObject,
} from "../keras_objects.ts";
import { plainName } from "../names.ts";
import type { Optimizer, OptimizerOptions } from "./optimizer.ts";
import { optimizerMakers, type OptimizerName, optimizerNames } from "./optimizers.ts";
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
  sourceOf,
} from "./schedules.ts";

const classNames: Readonly<Record<OptimizerName, string>> = {
  sgd: "SGD",
  rmsprop: "RMSprop",
  adam: "Adam",
  adamw: "AdamW",
  nadam: "Nadam",
  adamax: "Adamax",
  adagrad: "Adagrad",
  adadelta: "Adadelta",
  lion: "Lion",
};

/** Makes each schedule of arguments that it checks itself. */
const schedules = new Map<string, (options: never) => Schedule>([
  ["ExponentialDecay", exponentialDecay],
  ["InverseTimeDecay", inverseTimeDecay],
  ["PiecewiseConstantDecay", piecewiseConstantDecay],
  ["PolynomialDecay", polynomialDecay],
  ["CosineDecay", cosineDecay],
]);

/** Arguments of Keras that change nothing here. */
const idle = ["name", "ema_momentum", "jit_compile", "is_legacy_optimizer"];

/** Keras's arguments under their names here; those that are off are left out. */
function argumentsOf(config: KerasConfig): Record<string, unknown> {
  const isOff = (key: string, value: unknown) =>
    value === false || (value === null && key !== "weight_decay") ||
    (key === "decay" && value === 0);
  const used = Object.entries(config).filter(([key, value]) =>
    !idle.includes(key) && !isOff(key, value)
  );
  return Object.fromEntries(used.map(([key, value]) => [camelCase(key), value]));
}

/** A name of an argument as Keras writes it: `beta1` as `beta_1`. */
const kerasKey = (name: string) => name.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);

const configOf = (options: object): KerasConfig =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [kerasKey(name), value]));

function scheduleFromConfig(given: KerasConfig): Schedule {
  const { class_name, config } = readKerasObject("a learning rate's schedule", given);
  const make = schedules.get(class_name);
  if (make) return make(argumentsOf(config) as never);
  throw new ArgumentError(
    `there is no schedule ${quote(class_name)}; there are ${formatList([...schedules.keys()])}`,
  );
}

/**
 * An optimizer of Keras's configuration, at step 0.
 *
 * @param given The class and its arguments, as a file's `compile_config` has them.
 * @param options What is used in place of the arguments, such as a schedule of your own.
 * @throws {ArgumentError} where the class, an argument or its value is not known here.
 *
 * @example
 * ```ts
 * import { optimizerFromConfig } from "@densemark/densemark";
 *
 * const config = { learning_rate: 0.5, momentum: 0.9, use_ema: false };
 * using optimizer = optimizerFromConfig({ class_name: "SGD", config });
 * if (optimizer.currentLearningRate !== 0.5) throw new Error(optimizer.name);
 * ```
 */
export function optimizerFromConfig(given: unknown, options: OptimizerOptions = {}): Optimizer {
  const { class_name, config } = readKerasObject("an optimizer", given);
  const name = optimizerNames.find((known) => known === plainName(class_name));
  if (name === undefined) {
    throw new ArgumentError(
      `there is no optimizer ${quote(class_name)}; there are ${
        formatList(Object.values(classNames))
      }`,
    );
  }
  const found = { ...argumentsOf(config), ...options };
  const rate: unknown = found.learningRate;
  return optimizerMakers[name](
    isConfig(rate) ? { ...found, learningRate: scheduleFromConfig(rate) } : found,
  );
}

/**
 * The class and the arguments of an optimizer, as Keras writes them.
 *
 * @throws {ArgumentError} where its learning rate is a function of the caller's own, or its rule is.
 */
export function optimizerConfig(optimizer: Optimizer): {
  readonly className: string;
  readonly config: KerasConfig;
} {
  const { name, options: { learningRate, ...options } } = optimizer;
  if (!Object.hasOwn(classNames, name)) {
    throw new ArgumentError(`the optimizer ${quote(name)} is none of Keras's`);
  }
  const source = typeof learningRate === "function" ? sourceOf(learningRate) : undefined;
  if (typeof learningRate === "function" && !source) {
    throw new ArgumentError("its learning rate is a function, which no file can have");
  }
  const rate = source
    ? kerasObject("keras.optimizers.schedules", source.className, configOf(source.options))
    : learningRate;
  return {
    className: classNames[name as OptimizerName],
    config: { name, learning_rate: rate, ...configOf(options) },
  };
}
