/**
 * Writing models for TensorFlow.js: a model.json and the weights in shards, in
 * Keras 2's form and with the names of activations that tfjs-layers 4.22 knows.
 * What it does not know is refused by name, so that no file is written that it
 * cannot load.
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import { activationNameIn } from "./activation_names.ts";
import { ModelFileError } from "./errors.ts";
import { float32Of } from "./stored_array.ts";
import {
  bytesOfWeight,
  type Config,
  type ConfigValue,
  type StoredLayer,
  type StoredModel,
} from "./stored_model.ts";
import { quantizationIn } from "./quantized.ts";
import { axisOf, valueUnder } from "./keras_json.ts";
import { safeNames, unsafeForTfjs } from "./layer_names.ts";
import { expectConsistent } from "./consistent.ts";

const shardBytes = 2 ** 22;

/** What tfjs calls the activations that it knows, by Keras's names. */
const activations: ReadonlyMap<unknown, string> = new Map([
  ...["elu", "gelu", "linear", "mish", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus"]
    .map((name) => [name, name] as const),
  ["softsign", "softsign"],
  ["tanh", "tanh"],
  ["silu", "swish"],
  ["gelu_tanh", "gelu_new"],
]);

/** The keys of each class that tfjs reads, which are Keras 2's; those that a file lacks are left out. */
const keys: ReadonlyMap<string, readonly string[]> = new Map([
  ["Dense", ["units", "activation", "use_bias"]],
  ["Activation", ["activation"]],
  ["ReLU", ["max_value"]],
  ["LeakyReLU", ["alpha"]],
  ["ELU", ["alpha"]],
  ["PReLU", ["shared_axes"]],
  ["Softmax", ["axis"]],
  ["Flatten", ["data_format"]],
  ["Reshape", ["target_shape"]],
  ["Dropout", ["rate"]],
  ["Rescaling", ["scale", "offset"]],
  ["BatchNormalization", ["axis", "momentum", "epsilon", "center", "scale"]],
]);

function fail({ name, className }: StoredLayer, reason: string): never {
  throw new ModelFileError(`the layer ${quote(name)} (${className}) ${reason}`);
}

/** A value as tfjs reads it. */
function valueOf(layer: StoredLayer, key: string): ConfigValue | undefined {
  const { config, className } = layer;
  if (key === "activation") {
    const name = config.activation === undefined || config.activation === null
      ? "linear"
      : activationNameIn(config);
    return activations.get(name) ??
      fail(
        layer,
        `has the activation ${
          quote(name ?? config.activation)
        }, which TensorFlow.js does not know; it knows ${
          formatList([...new Set(activations.keys())].map(String))
        }`,
      );
  }
  // Keras 3 calls it otherwise.
  if (className === "LeakyReLU") return config.negative_slope ?? config.alpha;
  const value = (key === "axis" ? axisOf(layer) : valueUnder(config, key)) ?? undefined;
  if (key === "axis" && typeof value !== "number" && value !== undefined) {
    fail(layer, "works along several axes; TensorFlow.js takes one");
  }
  if (className === "Rescaling" && value !== undefined && typeof value !== "number") {
    fail(layer, `has a list as its ${key}; TensorFlow.js takes a number`);
  }
  return value;
}

function configOf(layer: StoredLayer, known: readonly string[]): Config {
  const found: [string, ConfigValue][] = [["name", layer.name], ["trainable", true], [
    "dtype",
    "float32",
  ]];
  for (const key of known) {
    const value = valueOf(layer, key);
    if (value !== undefined) found.push([key, value]);
  }
  return Object.fromEntries(found);
}

/** The layers without those that only say a shape, the first with the input's. */
function topologyOf({ layers, inputShape }: StoredModel): { class_name: string; config: Config }[] {
  const written = layers.filter(({ className }) => className !== "InputLayer").map((layer) => {
    const known = keys.get(layer.className ?? "");
    if (!known || quantizationIn(layer.config)) {
      fail(
        layer,
        `cannot be written for TensorFlow.js${known ? ", being quantized" : ""}; ${
          formatList([...keys.keys()])
        } can`,
      );
    }
    const { negative_slope: slope = 0, threshold = 0 } = layer.config;
    if (layer.className === "ReLU" && (slope !== 0 || threshold !== 0)) {
      fail(layer, "has a slope or a threshold, which TensorFlow.js does not know");
    }
    return { class_name: layer.className!, config: configOf(layer, known) };
  });
  const [first, ...others] = written;
  if (!first) throw new ModelFileError("a model without layers cannot be written");
  if (inputShape === null) {
    throw new ModelFileError(
      "TensorFlow.js needs the shape of the input, which the model does not say",
    );
  }
  const config = { ...first.config, batch_input_shape: [null, ...inputShape] };
  return [{ ...first, config }, ...others];
}

/** A model with names that tfjs takes. */
function renamed(model: StoredModel): StoredModel {
  const own = model.layers.map(({ name }) => name.replace(/^[^A-Za-z0-9]+/, ""));
  const names = safeNames(own, unsafeForTfjs);
  return { ...model, layers: model.layers.map((layer, i) => ({ ...layer, name: names[i]! })) };
}

/** Bytes cut into files of at most so many. */
function shardsOf(
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Record<string, Uint8Array<ArrayBuffer>> {
  const count = Math.max(1, Math.ceil(bytes.length / most));
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.slice(i * most, (i + 1) * most),
  ]));
}

/**
 * A model as the files of a TensorFlow.js layers model, by their names:
 * `model.json`, and the weights as float32 in shards of 4 MiB. Names of layers
 * that tfjs does not take are changed.
 *
 * @throws {ModelFileError} where tfjs does not know a layer or an activation, or the shape of the input is not known.
 *
 * @example
 * ```ts
 * import { encodeTfjs, readModelBytes } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([0.5, -0.25]);
 * const kernel = { name: "kernel", shape: [2, 1], dtype: "float32", values } as const;
 * const config = { units: 1, use_bias: false };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: [2], notes: [] };
 * const { "model.json": json, ...shards } = encodeTfjs(model);
 * const back = await readModelBytes("model.json", json!, shards);
 * if (`${back.layers[0]?.weights[0]?.values}` !== "0.5,-0.25") throw new Error("not the same");
 * ```
 */
export function encodeTfjs(given: StoredModel): Record<string, Uint8Array<ArrayBuffer>> {
  expectConsistent(given);
  const model = renamed(given);
  const topology = topologyOf(model);
  const weights = model.layers.flatMap(({ name, weights }) =>
    weights.map((weight) => ({
      name: `${name}/${weight.name}`,
      shape: weight.shape,
      dtype: "float32" as const,
      values: float32Of(weight),
    }))
  );
  const bytes = new Uint8Array(weights.reduce((sum, { values }) => sum + values.byteLength, 0));
  let at = 0;
  for (const weight of weights) {
    bytes.set(bytesOfWeight(weight), at);
    at += weight.values.byteLength;
  }
  const shards = shardsOf(bytes, shardBytes);
  const json = JSON.stringify({
    format: "layers-model",
    generatedBy: "Densemark",
    convertedBy: null,
    modelTopology: {
      class_name: "Sequential",
      config: { name: "sequential", layers: topology },
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    },
    weightsManifest: [{
      paths: Object.keys(shards),
      weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    }],
  });
  return { "model.json": new TextEncoder().encode(json), ...shards };
}
