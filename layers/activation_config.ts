/**
 * Activations as configurations have them: a name, the name of a function of the
 * caller, or the activation layer that stands for one with parameters.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import type { ActivationFunction, ActivationParameters } from "./activation_function.ts";
import { type ActivationLike, getActivation, type NamedActivation } from "./activations.ts";
import {
  camelCase,
  isConfig,
  type KerasConfig,
  kerasObject,
  type KerasVersion,
} from "./keras_objects.ts";
import { snakeCase } from "./names.ts";
import type { ReadOptions } from "./read_options.ts";

/** The layers that Keras has for activations with parameters. */
const layerOf: Readonly<Record<string, string>> = {
  relu: "ReLU",
  leaky_relu: "LeakyReLU",
  elu: "ELU",
  softmax: "Softmax",
};

const same = (a: ActivationParameters, b: ActivationParameters) =>
  JSON.stringify(a) === JSON.stringify(b);

const snakeKeys = (parameters: ActivationParameters): KerasConfig =>
  Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );

/**
 * An activation as Keras 3 writes it. What Keras lacks is written so that it refuses it
 * by name: `gelu_tanh`, and parameters that only this library has.
 */
export function activationConfig(activation: ActivationFunction): string | KerasConfig {
  const { name, parameters, custom, formula } = activation;
  if (custom || (formula && name === "custom")) {
    return {
      module: "builtins",
      class_name: "function",
      config: name,
      registered_name: "function",
    };
  }
  // threshold has no defaults.
  const plain = name !== "threshold" && same(getActivation(name as "relu").parameters, parameters);
  if (plain) return name;
  if (name === "gelu") return "gelu_tanh";
  return Object.hasOwn(layerOf, name)
    ? kerasObject("keras.layers", layerOf[name]!, snakeKeys(parameters))
    : {
      ...kerasObject("densemark", name, snakeKeys(parameters)),
      registered_name: `densemark>${name}`,
    };
}

/** The names that mean other functions in Keras 2 and TensorFlow.js. */
const ofVersion2: ReadonlyMap<string, NamedActivation> = new Map([
  ["hard_sigmoid", { name: "hard_sigmoid", slope: 0.2, offset: 0.5 }],
  ["hardSigmoid", { name: "hard_sigmoid", slope: 0.2, offset: 0.5 }],
]);

/** A layer's class and arguments as an activation. */
export function layerActivation(
  className: string,
  config: KerasConfig,
): NamedActivation {
  const name = className === className.toLowerCase()
    ? className
    : Object.entries(layerOf).find(([, of]) => of === className)?.[0] ?? snakeCase(className);
  const { name: _, trainable: _t, dtype: _d, alpha, ...rest } = config;
  // Keras 2 called the slope of LeakyReLU alpha, and both layers have other defaults than the functions.
  const slope = name === "leaky_relu"
    ? { negativeSlope: alpha ?? 0.3 }
    : alpha === undefined
    ? {}
    : { alpha };
  const given = Object.entries({
    ...slope,
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [camelCase(key), value])),
  }).filter(([key, value]) => value !== null || key === "axis");
  return { name, ...Object.fromEntries(given) } as NamedActivation;
}

/**
 * The activation of a configuration.
 *
 * @throws {ArgumentError} where it is unknown.
 */
export function readActivation(
  config: unknown,
  version: KerasVersion,
  { customActivations = {} }: ReadOptions = {},
): ActivationLike | null {
  if (config === null || config === undefined) return null;
  const custom = (name: string) =>
    Object.hasOwn(customActivations, name) ? customActivations[name] : undefined;
  if (typeof config === "string") {
    const found = custom(config) ?? (version === 2 ? ofVersion2.get(config) : undefined);
    return found ?? getActivation(config as "relu");
  }
  if (isConfig(config) && typeof config.class_name === "string") {
    const { class_name, config: given, module } = config;
    if (typeof given === "string" && class_name === "function" && module === "builtins") {
      // A function of the caller, whatever its name: never Keras's of that name.
      const found = custom(given);
      if (found) return found;
      throw new ArgumentError(
        `Could not interpret activation function identifier: ${
          quote(given)
        }, a function of the caller; it is read with customActivations: { ${given}: … }`,
      );
    }
    if (typeof given === "string") return readActivation(given, version, { customActivations });
    if (isConfig(given)) return getActivation(layerActivation(class_name, given));
  }
  throw new ArgumentError(
    `Could not interpret activation function identifier: ${describe(config)}`,
  );
}
