/**
 * The activation of a layer as Keras writes it and has written it: by name, by a
 * former name, as a function that was serialized by itself, or as a layer of its
 * own. What a name or a layer computes, layers/ says.
 * Names: keras/src/activations/__init__.py, and TensorFlow's before it.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import { layerActivation, readActivation } from "../layers/activation_config.ts";
import type { ActivationFunction } from "../layers/activation_function.ts";
import { type ActivationName, getActivation, type NamedActivation } from "../layers/activations.ts";
import type { KerasVersion } from "../layers/keras_objects.ts";
import type { Config } from "./stored_model.ts";

/** Other names that Keras takes or has written, and what they stand for. */
const aliases: ReadonlyMap<unknown, string> = new Map([
  ["swish", "silu"],
  ["hard_swish", "hard_silu"],
  // TensorFlow's function is called so inside.
  ["softmax_v2", "softmax"],
  // Of TensorFlow.js.
  ["gelu_new", "gelu_tanh"],
  ["logSoftmax", "log_softmax"],
]);

/** The name of a layer's activation as it is written, alone or as a function; null where it is a layer of its own, or none. */
function nameIn({ activation }: Config): string | null {
  let value: unknown = activation;
  while (typeof value === "object" && value !== null) {
    const { class_name: kind, config, module } = value as Config;
    // What Keras 3 writes so is a function of the user, whatever its name; TensorFlow wrote its own so.
    const isOwn = module === "builtins" && !aliases.has(config);
    if (kind === "function" && !isOwn) value = config;
    else if (kind === "Activation") value = (config as Config | null)?.activation;
    else return null;
  }
  return typeof value === "string" ? value : null;
}

/** The usual name of the activation that a layer's configuration names; null where it is a layer of its own, or none. */
export function activationNameIn(config: Config): string | null {
  const name = nameIn(config);
  return name === null ? null : aliases.get(name) ?? name;
}

/** A layer's configuration with the usual name of its activation, where it has another one. */
export function withUsualName(config: Config): Config {
  const usual = aliases.get(nameIn(config));
  return usual === undefined ? config : { ...config, activation: usual };
}

/** The arguments of the layers that are an activation, by Keras's names of 2 and 3. */
const layers: ReadonlyMap<string, readonly string[]> = new Map([
  ["ReLU", ["max_value", "negative_slope", "threshold"]],
  ["LeakyReLU", ["negative_slope", "alpha"]],
  ["ELU", ["alpha"]],
  ["Softmax", ["axis"]],
]);

/** The classes of layers that are an activation. */
export const activationLayerNames: readonly string[] = [...layers.keys()];

/**
 * The activation that a configuration names, as the generation means it.
 *
 * @throws {ArgumentError} where it is none, or is the caller's own.
 */
export function activationIn(config: Config, version: KerasVersion): ActivationFunction {
  const own = config.activation;
  const isObject = typeof own === "object" && own !== null && !Array.isArray(own);
  const written = activationNameIn(config) ?? (isObject ? { config: {}, ...own } : own);
  return getActivation(readActivation(written, version));
}

/**
 * The activation that a layer of a class is.
 *
 * @throws {ArgumentError} where its arguments are not allowed.
 */
export function activationOfLayer(className: string, config: Config): ActivationFunction {
  const known = layers.get(className) ?? [];
  const own = Object.entries(config).filter(([key]) => known.includes(key));
  return getActivation(layerActivation(className, Object.fromEntries(own)));
}

/** An activation as plain data: the contract's name where it is that, else with its parameters. */
export function plainActivation(
  { ofKernel, name, parameters }: ActivationFunction,
): Activation | NamedActivation {
  return ofKernel ?? { ...parameters, name: name as ActivationName };
}
