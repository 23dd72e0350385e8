/**
 * Writing `.keras` and `.weights.h5` files, as Keras 3 lays them out: a
 * Sequential of the layers, and each layer's weights under `layers/GROUP/vars`.
 * Only the keys of a layer's configuration that say what it computes are
 * written; initializers and the like are left to Keras's defaults.
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import { snakeCase } from "../layers/names.ts";
import { activationNameIn, withUsualName } from "./activation_names.ts";
import { ModelFileError } from "./errors.ts";
import { layerGeneration, writtenVersion } from "./generation.ts";
import { encodeHdf5, type Hdf5Group } from "./hdf5/encode.ts";
import { axisOf, inputLayerOf, valueUnder } from "./keras_json.ts";
import { quantizationIn } from "./quantized.ts";
import { safeNames, unsafeForKeras } from "./layer_names.ts";
import type { Config, StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";
import { encodeZip } from "./zip.ts";
import { expectConsistent } from "./consistent.ts";

/** The keys of each class that Keras 3 takes and that say what it computes. */
const keys: ReadonlyMap<string, readonly string[]> = new Map([
  ["InputLayer", ["batch_shape"]],
  ["Dense", ["units", "activation", "use_bias"]],
  ["Activation", ["activation"]],
  ["ReLU", ["max_value", "negative_slope", "threshold"]],
  ["LeakyReLU", ["negative_slope"]],
  ["ELU", ["alpha"]],
  ["PReLU", ["shared_axes"]],
  ["Softmax", ["axis"]],
  ["Flatten", ["data_format"]],
  ["Reshape", ["target_shape"]],
  ["Rescaling", ["scale", "offset"]],
  ["Normalization", ["axis", "mean", "variance", "invert"]],
  ["BatchNormalization", ["axis", "momentum", "epsilon", "center", "scale"]],
  ["Dropout", ["rate", "noise_shape", "seed"]],
]);

/** Activations for which Keras 3 has no name, in a layer of this generation. */
function expectActivation(layer: StoredLayer, model: StoredModel): void {
  const name = activationNameIn(layer.config);
  if (name === "gelu_tanh") {
    fail(layer, "has the activation gelu_tanh, for which Keras has no name");
  }
  const isOf2 = name === "hardSigmoid" ||
    (name === "hard_sigmoid" && layerGeneration(model, layer) === 2);
  if (isOf2) {
    fail(
      layer,
      "has the hard_sigmoid of Keras 2 and TensorFlow.js, 0.2x + 0.5, for which Keras 3 has no name: its own is x/6 + 0.5",
    );
  }
}

function fail({ name, className }: StoredLayer, reason: string): never {
  throw new ModelFileError(`the layer ${quote(name)} (${className}) ${reason}`);
}

function configOf(layer: StoredLayer, model: StoredModel): Config {
  const { className, name } = layer;
  const config = withUsualName(layer.config);
  const known = keys.get(className ?? "");
  if (!known) fail(layer, `cannot be written for Keras; ${formatList([...keys.keys()])} can`);
  const found: Record<string, Config[string]> = { name };
  // A variable that is not trained has no place in the optimizer's state.
  if (config.trainable === false) found.trainable = false;
  for (const key of known) {
    const value = key === "axis" ? axisOf(layer) : valueUnder(config, key);
    if (value !== undefined) found[key] = value;
  }
  expectActivation(layer, model);
  if (quantizationIn(config)) {
    found.dtype = config.dtype!;
    found.quantization_config = config.quantization_config ?? null;
  }
  return found;
}

/** Arrays under their numbers. */
const varsOf = (weights: readonly StoredWeight[]): Hdf5Group => ({
  vars: Object.fromEntries(weights.map((weight, i) => [`${i}`, weight])),
});

/** The weights as Keras 3's groups. */
function groupsOf({ layers }: StoredModel): Hdf5Group {
  const counts = new Map<string, number>();
  const groups: Record<string, Hdf5Group> = {};
  for (const layer of layers) {
    if (layer.className === null) {
      fail(layer, "has no class: a file of weights alone cannot be written for Keras");
    }
    // A Sequential has no group for it.
    if (layer.className === "InputLayer") continue;
    const base = snakeCase(layer.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    // Keras 2 has a third weight in a Normalization, how much it was adapted to.
    const weights = layer.weights.filter(({ name }) => name !== "count");
    groups[count === 0 ? base : `${base}_${count}`] = varsOf(weights);
  }
  return { layers: groups, vars: {} };
}

/**
 * A model's weights as Keras 3's `.weights.h5`, for `model.load_weights()` of a
 * Sequential of the same layers.
 *
 * @throws {ModelFileError} for weights in bool or bfloat16, and for layers without a class.
 *
 * @example There and back, with the layers' JSON beside it
 * ```ts
 * import { encodeKerasWeights, kerasJson, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([1, 2]);
 * const kernel = { name: "kernel", shape: [2, 1], dtype: "float32", values } as const;
 * const config = { units: 1, use_bias: false };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: null, notes: [] };
 * const json = new TextEncoder().encode(kerasJson(model)!);
 * const file = encodeKerasWeights(model);
 * const back = await readModelBytes("m.weights.h5", file, { "m.json": json });
 * if (`${back.layers[0]?.weights[0]?.values}` !== "1,2") throw new Error("not the same");
 * ```
 */
export function encodeKerasWeights(model: StoredModel): Uint8Array<ArrayBuffer> {
  expectConsistent(model);
  return encodeHdf5(groupsOf(model));
}

/** How the model was trained, for Keras to go on from there. */
function compileConfig({ optimizer, loss = null }: StoredModel): Config {
  if (!optimizer) return {};
  const { className: class_name, config } = optimizer;
  return {
    compile_config: {
      optimizer: { module: "keras.optimizers", class_name, config, registered_name: null },
      loss,
    },
  };
}

/**
 * A model as a `.keras` file of a Sequential, for `keras.models.load_model()`.
 * A slash in the name of a layer, which Keras does not take, becomes an underscore.
 *
 * @throws {ModelFileError} for a layer or a type of numbers that is not written, by name.
 *
 * @example There and back
 * ```ts
 * import { encodeKeras, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([1, 2]);
 * const kernel = { name: "kernel", shape: [2, 1], dtype: "float32", values } as const;
 * const config = { units: 1, use_bias: false, activation: "relu" };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: [2], notes: [] };
 * const back = await readModelBytes("m.keras", await encodeKeras(model));
 * if (back.layers[1]?.config.activation !== "relu") throw new Error("not the same");
 * ```
 */
export async function encodeKeras(model: StoredModel): Promise<Uint8Array<ArrayBuffer>> {
  expectConsistent(model);
  const { inputShape } = model;
  const all = [...inputLayerOf(model), ...model.layers];
  const names = safeNames(all.map(({ name }) => name), unsafeForKeras);
  const layers = all.map((layer, i) => ({
    module: "keras.layers",
    class_name: layer.className,
    config: configOf({ ...layer, name: names[i]! }, model),
    registered_name: null,
  }));
  const shape = inputShape === null ? null : [null, ...inputShape];
  const config = {
    module: "keras",
    class_name: "Sequential",
    config: {
      name: "sequential",
      trainable: true,
      layers,
      ...(shape ? { build_input_shape: shape } : {}),
    },
    registered_name: null,
    ...(shape ? { build_config: { input_shape: shape } } : {}),
    ...compileConfig(model),
  };
  const { optimizer } = model;
  const groups = groupsOf(model);
  const encoder = new TextEncoder();
  return await encodeZip({
    // The version whose layout this is.
    "metadata.json": encoder.encode(
      JSON.stringify({ keras_version: writtenVersion, date_saved: "1980-01-01@00:00:00" }),
    ),
    "config.json": encoder.encode(JSON.stringify(config)),
    "model.weights.h5": encodeHdf5(
      optimizer ? { ...groups, optimizer: varsOf(optimizer.weights) } : groups,
    ),
  });
}
