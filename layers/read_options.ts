/**
 * How a configuration is to be read.
 *
 * @module
 */
import { checkOptions } from "../common/options.ts";
import type { ActivationExpression } from "./activation_function.ts";
import { isConfig, type KerasVersion } from "./keras_objects.ts";

/** How a configuration is to be read. */
export interface ReadOptions {
  /** Which generation of Keras wrote it: 2, as TensorFlow.js does, or 3; by default as it looks. */
  readonly version?: KerasVersion;
  /** Activations that are none of Keras's, by the names that configurations have for them. */
  readonly customActivations?: Readonly<Record<string, ActivationExpression>>;
}

/**
 * A copy of the options that were given.
 *
 * @throws {ArgumentError} where one is unknown or not what it must be.
 */
export function checkReadOptions(given: ReadOptions): ReadOptions {
  return checkOptions<ReadOptions>("fromConfig()", given, {
    version: (value) => value === 2 || value === 3 ? null : "2 or 3",
    customActivations: (value) =>
      isConfig(value) && Object.values(value).every((each) => typeof each === "function")
        ? null
        : "an object of functions by their names",
  });
}
