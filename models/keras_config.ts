/**
 * The configuration of a Keras model as a list of layers: of a Sequential, or of
 * a Functional model whose layers are one chain. Written by Keras 1 to 3 and by
 * TensorFlow.js, whose spellings differ in the names of a few keys and in how a
 * layer names the one before it. Classes that are not known, and branches, are
 * refused by name; code in a file, such as a Lambda's, is never run.
 *
 * @module
 */
import { isShallow } from "../common/depth.ts";
import { ArgumentError, errorLine } from "../common/errors.ts";
import type { JsonFields } from "../common/json_fields.ts";
import { formatList, quote } from "../common/text.ts";
import { dtypePolicyOf } from "../layers/dtype_policy.ts";
import { quantizationOfPolicy, readQuantizationConfig } from "../layers/quantization.ts";
import { chainOf } from "../layers/functional_chain.ts";
import { flagOf, nameOf } from "./json.ts";
import { scaleNames } from "./quantized.ts";
import type { Config } from "./stored_model.ts";

type NamesOf = (config: Config) => readonly string[];

/** The layers that do nothing but in training. */
export const idleClasses: readonly string[] = [
  "Dropout",
  "GaussianDropout",
  "GaussianNoise",
  "AlphaDropout",
  "ActivityRegularization",
];

/** The layers that are read, with what Keras calls their weights, in its order. */
export const weightNames: ReadonlyMap<string, NamesOf> = new Map<string, NamesOf>([
  ["InputLayer", () => []],
  ["Dense", (config) => [
    "kernel",
    ...(config.use_bias === false || config.bias === false ? [] : ["bias"]),
    ...scaleNames(config),
  ]],
  ["Activation", () => []],
  ["ReLU", () => []],
  ["LeakyReLU", () => []],
  ["ELU", () => []],
  ["PReLU", () => ["alpha"]],
  ["Softmax", () => []],
  ["Flatten", () => []],
  ["Reshape", () => []],
  ["Rescaling", () => []],
  ["BatchNormalization", (config) => [
    ...(config.scale === false ? [] : ["gamma"]),
    ...(config.center === false ? [] : ["beta"]),
    "moving_mean",
    "moving_variance",
  ]],
  [
    "Normalization",
    (config) => config.mean === null || config.mean === undefined ? ["mean", "variance"] : [],
  ],
  ...idleClasses.map((name): [string, NamesOf] => [name, () => []]),
]);

/** Classes in front of which an explanation helps. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["Lambda", "a Lambda, code that is never run"],
  ["TFOpLambda", "an operation outside any layer"],
  ["SlicingOpLambda", "an operation outside any layer"],
]);

const modelClasses = ["Sequential", "Functional", "Model"];
const mostLayers = 1000;

/** What layers/ makes of a part of a configuration; what it refuses ends the reading at a field. */
function readAt<T>(fields: JsonFields, key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return fields.fail(key, `cannot be read: ${errorLine(error)}`);
  }
}

/** A layer of a model, without its weights. */
export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly config: Config;
  /** What the file says of it. */
  readonly fields: JsonFields;
}

/** The layers of a model, and the axes of its input but the first. */
export interface ModelConfig {
  readonly layers: readonly LayerConfig[];
  readonly inputShape: readonly (number | null)[] | null;
}

// No layer's configuration is a tenth as deep; what walks through it may call itself.
const mostDepth = 100;

/** Holds that a Dense says what Keras needs to make it. */
function checkDense(config: JsonFields): void {
  // Keras 1 called them otherwise.
  config.count(config.has("output_dim") ? "output_dim" : "units", 1);
  for (const key of ["use_bias", "bias"]) flagOf(config, key, true);
}

function layerOf(fields: JsonFields, i: number): LayerConfig {
  const className = fields.text("class_name");
  const custom = fields.maybe("registered_name", () => fields.text("registered_name"));
  if (!weightNames.has(className) || custom?.includes(">")) {
    const found = modelClasses.includes(className)
      ? `a model within the model (${className})`
      : reasons.get(className) ?? quote(custom?.includes(">") ? custom : className);
    fields.fail(
      "class_name",
      `is ${found}, which is not read; the layers that are read are ${
        formatList([...weightNames.keys()])
      }`,
    );
  }
  const config = fields.objectOrEmpty("config");
  const name = config.has("name") || !fields.has("name")
    ? nameOf(config, "name", `layer_${i}`)
    : nameOf(fields, "name", `layer_${i}`);
  if (className === "Dense") checkDense(config);
  if (fields.has("config") && !isShallow(fields.any("config"), mostDepth)) {
    fields.fail("config", `is nested more than ${mostDepth} levels deep`);
  }
  const plain = ((fields.has("config") ? fields.any("config") : null) ?? {}) as Config;
  const mode = readAt(config, "dtype", () => dtypePolicyOf(plain.dtype).mode);
  if (mode !== null && (!quantizationOfPolicy(mode) || className !== "Dense")) {
    config.fail(
      "dtype",
      `says that it is quantized, ${mode}; a Dense in int8 or int4 is read alone`,
    );
  }
  if (className === "Dense") {
    readAt(
      config,
      "quantization_config",
      () => readQuantizationConfig("it", plain.quantization_config),
    );
  }
  return { className, name, config: plain, fields };
}

/** Brings the layers of a Functional model into the order in which they are applied. */
function inOrder(config: JsonFields): LayerConfig[] {
  const layers = config.list("layers", (fields) => fields).map((fields, i) => {
    const layer = layerOf(fields, i);
    return {
      layer,
      class_name: layer.className,
      name: layer.name,
      config: layer.config,
      inbound_nodes: fields.maybe("inbound_nodes", () => fields.any("inbound_nodes")) ?? [],
    };
  });
  const end = (key: string) => config.has(key) ? config.any(key) : undefined;
  const ends = { input_layers: end("input_layers"), output_layers: end("output_layers") };
  return readAt(config, "layers", () => chainOf(ends, layers)).map(({ layer }) => layer);
}

function shapeIn(fields: JsonFields, key: string): (number | null)[] | null {
  const axes = fields.maybe(key, () => fields.items(key));
  if (axes === null) return null;
  return axes.slice(1).map((axis) => {
    if (axis === null || (Number.isSafeInteger(axis) && Number(axis) > 0)) {
      return axis as number | null;
    }
    return fields.fail(key, `has the axis ${quote(axis)}; axes are whole numbers above 0, or null`);
  });
}

/** The axes but the first that the input of the first layer has, in the spellings of Keras 1, 2 and 3. */
function inputShapeOf(model: JsonFields, first: JsonFields | undefined) {
  const config = first?.objectOrEmpty("config");
  const build = first?.objectOrEmpty("build_config");
  for (const key of ["batch_shape", "batch_input_shape"]) {
    const shape = config ? shapeIn(config, key) : null;
    if (shape) return shape;
  }
  const width = config?.maybe("input_dim", () => config.count("input_dim", 1)) ?? null;
  if (width !== null) return [width];
  return (build ? shapeIn(build, "input_shape") : null) ??
    (Array.isArray(model.maybe("build_input_shape", () => model.any("build_input_shape")))
      ? shapeIn(model, "build_input_shape")
      : null);
}

/** The layers of a Sequential, or of a list that is all that a file has. */
function sequenceOf(holder: JsonFields, list: readonly JsonFields[]): ModelConfig {
  const names = new Set<string>();
  const layers = list.map((fields, i) => {
    const layer = layerOf(fields, i);
    if (names.has(layer.name)) {
      fields.objectOrEmpty("config").fail(
        "name",
        `is ${quote(layer.name)}, as of a layer before it`,
      );
    }
    names.add(layer.name);
    if (fields.has("inbound_nodes") && fields.items("inbound_nodes").length > 0) {
      fields.fail("inbound_nodes", "is not empty; each layer takes the one before it");
    }
    return layer;
  });
  return { layers, inputShape: inputShapeOf(holder, list[0]) };
}

/** The layers that a field lists. */
function layersIn(holder: JsonFields, key: string): JsonFields[] {
  const { length } = holder.items(key);
  if (length === 0 || length > mostLayers) {
    holder.fail(key, `has ${length} layers; at least 1 and at most ${mostLayers} are read`);
  }
  return holder.list(key, (fields) => fields);
}

/**
 * The layers of a Keras model.
 *
 * @param root What `model.to_json()` writes, or `{"layers": […]}` for short.
 * @throws {ModelFileError} where it is none, has a layer that is not known here, or makes no chain.
 */
export function parseKerasModel(root: JsonFields): ModelConfig {
  if (!root.has("class_name")) {
    if (root.has("layers")) return sequenceOf(root, layersIn(root, "layers"));
    root.fail(
      "layers",
      "is missing, and so is class_name; a model's JSON is what model.to_json() writes, " +
        'or { "layers": […] }, or model.json of TensorFlow.js',
    );
  }
  const kind = root.text("class_name");
  if (!modelClasses.includes(kind)) {
    root.fail(
      "class_name",
      `is ${quote(kind)}; those that are read are ${formatList(modelClasses)}`,
    );
  }
  // Until Keras 2.2 the configuration of a Sequential was the list itself.
  const [holder, key] = Array.isArray(root.any("config"))
    ? [root, "config"]
    : [root.object("config"), "layers"];
  const list = layersIn(holder, key);
  if (kind === "Sequential") return sequenceOf(holder, list);
  const layers = inOrder(holder);
  return { layers, inputShape: inputShapeOf(holder, layers[0]?.fields) };
}
