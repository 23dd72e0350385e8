/**
 * What the configurations of all layers have in common, read once.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { describe } from "../common/describe.ts";
import { formatList, quote } from "../common/text.ts";
import { readDtype } from "./dtype_policy.ts";
import type { LayerOptions } from "./layer_options.ts";
import {
  checkDepth,
  isConfig,
  type KerasConfig,
  type KerasVersion,
  versionOf,
} from "./keras_objects.ts";
import { checkReadOptions, type ReadOptions } from "./read_options.ts";
import type { Quantization } from "./quantization.ts";
import { readRegularizer } from "./regularizers.ts";

/** A configuration, which generation wrote it, and the options of every layer. */
export interface LayerConfig {
  readonly config: KerasConfig;
  readonly version: KerasVersion;
  readonly base: LayerOptions;
  /** How a Dense is quantized; null where it is not, and of all others. */
  readonly quantization: Quantization | null;
}

/** What every layer may have; shapes are the stack's business. */
const ofAll = [
  "name",
  "trainable",
  "dtype",
  "activity_regularizer",
  "batch_input_shape",
  "batch_shape",
];

/**
 * Reads the arguments of a layer: alone, or as `{ class_name, config }`.
 *
 * @param known The names of the layer's own arguments.
 * @throws {ArgumentError} where it is of another class, or an argument is unknown.
 */
export function readLayerConfig(
  className: string,
  given: unknown,
  known: readonly string[],
  options: ReadOptions = {},
): LayerConfig {
  const { version } = checkReadOptions(options);
  if (!isConfig(given)) {
    throw new ArgumentError(
      `the configuration of a layer is an object, as getConfig() gives it; got ${describe(given)}`,
    );
  }
  checkDepth("the configuration of a layer", given);
  const { class_name: found } = given;
  if (found !== undefined && found !== className) {
    throw new ArgumentError(
      `the configuration is of ${describe(found)}, not of a layer ${quote(className)}`,
    );
  }
  const config = found !== undefined && isConfig(given.config) ? given.config : given;
  for (const [name, value] of Object.entries(config)) {
    if (known.includes(name) || ofAll.includes(name)) continue;
    // TensorFlow.js writes arguments that it does not have.
    if (value === null) continue;
    throw new ArgumentError(
      `Unrecognized keyword arguments passed to ${className}: ${quote(name)}; there are ${
        formatList([...ofAll.slice(0, 4), ...known])
      }`,
    );
  }
  const { name, trainable, activity_regularizer } = config;
  const label = `${className} ${quote(typeof name === "string" ? name : "")}`;
  // Inputs may be of any dtype: they are given as float32.
  const quantization = className === "InputLayer" ? null : readDtype(label, config.dtype);
  if (quantization !== null && className !== "Dense") {
    throw new ArgumentError(
      `${label} is quantized to ${quantization.mode}, which only a Dense can be`,
    );
  }
  const penalty = readRegularizer(activity_regularizer);
  return {
    config,
    quantization,
    version: version ?? Math.max(versionOf(given), versionOf(config)) as KerasVersion,
    base: {
      ...(name === undefined || name === null ? {} : { name: name as string }),
      ...(trainable === undefined || trainable === null ? {} : { trainable: trainable as boolean }),
      ...(penalty ? { activityRegularizer: penalty } : {}),
    },
  };
}
