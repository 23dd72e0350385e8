/**
 * The configuration of a stack as Keras 3 writes it.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { type KerasConfig, kerasObject } from "./keras_objects.ts";
import type { Layer } from "./layer.ts";

/** A layer as an object of its class. */
export function layerObject(layer: Layer): KerasConfig {
  const { className, name } = layer;
  if (className === undefined || !layer.getConfig) {
    throw new ArgumentError(`layer ${quote(name)} has no configuration that Keras knows`);
  }
  const { inputShape } = layer as { readonly inputShape?: readonly (number | null)[] | null };
  return {
    ...kerasObject(
      className === "Sequential" ? "keras" : "keras.layers",
      className,
      layer.getConfig(),
    ),
    ...(inputShape ? { build_config: { input_shape: [null, ...inputShape.slice(1)] } } : {}),
  };
}

/** The arguments of a stack. */
export function sequentialConfig(
  name: string,
  layers: readonly Layer[],
  inputShape: readonly (number | null)[] | null,
): KerasConfig {
  const input = inputShape && layers[0]?.className !== "InputLayer"
    ? [kerasObject("keras.layers", "InputLayer", {
      batch_shape: [...inputShape],
      dtype: "float32",
      sparse: false,
      ragged: false,
      name: "input_layer",
      optional: false,
    })]
    : [];
  return {
    name,
    trainable: true,
    dtype: kerasObject("keras", "DTypePolicy", { name: "float32" }),
    layers: [...input, ...layers.map(layerObject)],
    ...(inputShape ? { build_input_shape: [...inputShape] } : {}),
  };
}
