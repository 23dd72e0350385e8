/**
 * How a configuration is to be read.
 *
 * @module
 */
import type { ActivationExpression } from "./activation_function.ts";
import type { KerasVersion } from "./keras_objects.ts";

/** How a configuration is to be read. */
export interface ReadOptions {
  /** Which generation of Keras wrote it: 2, as TensorFlow.js does, or 3; by default as it looks. */
  readonly version?: KerasVersion;
  /** Activations that are none of Keras's, by the names that configurations have for them. */
  readonly customActivations?: Readonly<Record<string, ActivationExpression>>;
}
