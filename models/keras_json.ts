/**
 * A model's layers as the JSON that Keras's `model.to_json()` writes for a
 * Sequential, and that goes beside a file of weights alone.
 *
 * @module
 */
import type { Config, StoredLayer, StoredModel } from "./stored_model.ts";

/** The layer that says the shape of the input, where the model knows it and has none. */
export function inputLayerOf({ layers, inputShape }: StoredModel): StoredLayer[] {
  if (inputShape === null || layers[0]?.className === "InputLayer") return [];
  const config: Config = { name: "input_layer", batch_shape: [null, ...inputShape] };
  return [{ className: "InputLayer", name: "input_layer", config, weights: [] }];
}

/**
 * The layers of a model as Keras's JSON; null for weights alone.
 *
 * @example
 * ```ts
 * import { kerasJson } from "@densemark/densemark/models";
 *
 * const layers = [{ className: "Flatten", name: "flat", config: {}, weights: [] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: null, notes: [] };
 * if (!kerasJson(model)?.includes('"class_name":"Flatten"')) throw new Error("no Flatten");
 * ```
 */
export function kerasJson(model: StoredModel): string | null {
  const all = [...inputLayerOf(model), ...model.layers];
  if (all.some(({ className }) => className === null)) return null;
  const layers = all.map(({ className, name, config }) => ({
    class_name: className,
    config: { ...config, name },
  }));
  return JSON.stringify({ class_name: "Sequential", config: { name: "sequential", layers } });
}
