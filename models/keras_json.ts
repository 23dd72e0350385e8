/**
 * A model's layers as the JSON that Keras's `model.to_json()` writes for a
 * Sequential, and that goes beside a file of weights alone.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { versionToWrite } from "./generation.ts";
import type { Config, ConfigValue, StoredLayer, StoredModel } from "./stored_model.ts";

/** Keys that Keras 2 and 1 had under other names. */
const formerly: Readonly<Record<string, string>> = {
  batch_shape: "batch_input_shape",
  negative_slope: "alpha",
  units: "output_dim",
  use_bias: "bias",
};

/** What a configuration has under a key of Keras 3, or under the one that it had before. */
export function valueUnder(config: Config, key: string): ConfigValue | undefined {
  return config[key] ?? config[formerly[key] ?? key];
}

/** The axis or axes of a layer; BatchNormalization's is one, which Keras 2 writes as a list. */
export function axisOf({ config, className, name }: StoredLayer): ConfigValue | undefined {
  const { axis } = config;
  if (className !== "BatchNormalization" || !Array.isArray(axis)) return axis;
  const [only] = axis as readonly ConfigValue[];
  if (axis.length === 1) return only;
  throw new ModelFileError(
    `the layer ${quote(name)} (${className}) works along ${axis.length} axes; one is written`,
  );
}

/** The layer that says the shape of the input, where the model knows it and has none. */
export function inputLayerOf({ layers, inputShape }: StoredModel): StoredLayer[] {
  if (inputShape === null || layers[0]?.className === "InputLayer") return [];
  const config: Config = { name: "input_layer", batch_shape: [null, ...inputShape] };
  return [{ className: "InputLayer", name: "input_layer", config, weights: [] }];
}

/**
 * The layers of a model as Keras's JSON; null for weights alone. Where it is known
 * which generation of Keras the words are of, it says so as `keras_version`.
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
  const version = versionToWrite(model);
  return JSON.stringify({
    class_name: "Sequential",
    config: { name: "sequential", layers },
    ...(version === null ? {} : { keras_version: version }),
  });
}
