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
import type { JsonFields } from "../common/json_fields.ts";
import { formatList, quote } from "../common/text.ts";
import { flagOf, nameOf } from "./json.ts";
import type { Config, ConfigValue } from "./stored_model.ts";

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
    ...(isQuantized(config) ? ["kernel_scale"] : []),
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

/** How a layer was quantized, by its dtype: `int8`, `int4` and so on; null where it was not. */
function quantizationOf({ dtype }: Config): string | null {
  if (typeof dtype === "string") return /^(\w+?)(?:\/.*)?_from_/.exec(dtype)?.[1] ?? null;
  if (!isObject(dtype)) return null;
  const { class_name: kind, config } = dtype;
  if (typeof kind !== "string" || !/Quantized|GPTQ|AWQ|Float8/.test(kind)) return null;
  return isObject(config) && typeof config.mode === "string" ? config.mode : kind;
}

/** Whether a layer was quantized to int8, by its dtype. */
export function isQuantized(config: Config): boolean {
  return quantizationOf(config) === "int8";
}

function isObject(value: ConfigValue | undefined): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
  const quantization = quantizationOf(plain);
  if (quantization !== null && (quantization !== "int8" || className !== "Dense")) {
    config.fail(
      "dtype",
      `says that it is quantized, ${quantization}; a Dense in int8 is read alone`,
    );
  }
  return { className, name, config: plain, fields };
}

/** The names of the layers that a layer takes its inputs from, once for each time. */
function inboundOf(fields: JsonFields): string[] {
  const names: string[] = [];
  if (!fields.has("inbound_nodes")) return names;
  const nodes = fields.items("inbound_nodes");
  if (!isShallow(nodes, mostDepth)) {
    fields.fail("inbound_nodes", `is nested more than ${mostDepth} levels deep`);
  }
  const visit = (value: unknown) => {
    if (Array.isArray(value)) {
      const [name, node, tensor] = value as unknown[];
      if (typeof name === "string" && Number.isInteger(node) && Number.isInteger(tensor)) {
        names.push(name);
      } else for (const each of value) visit(each);
    } else if (typeof value === "object" && value !== null) {
      const { class_name: kind, config } = value as Record<string, unknown>;
      if (kind === "__keras_tensor__") {
        visit((config as Record<string, unknown> | null)?.keras_history);
      } else for (const each of Object.values(value)) visit(each);
    }
  };
  visit(nodes);
  return names;
}

/** The one layer that `input_layers` or `output_layers` names. */
function endOf(config: JsonFields, key: string): string {
  const items = config.items(key);
  const [first] = items;
  const ends = typeof first === "string" ? [items] : items;
  const [end] = ends;
  const name: unknown = Array.isArray(end) ? end[0] : undefined;
  if (ends.length !== 1 || typeof name !== "string") {
    return config.fail(
      key,
      `names ${ends.length} layers; only models of one input and one output are read`,
    );
  }
  return name;
}

/** Brings the layers of a Functional model into the order in which they are applied. */
function chainOf(config: JsonFields): LayerConfig[] {
  const layers = new Map<string, LayerConfig>();
  const after = new Map<string, string>();
  const list = config.list("layers", (fields) => fields);
  for (const [i, fields] of list.entries()) {
    const layer = layerOf(fields, i);
    const inbound = inboundOf(fields);
    const { name, className } = layer;
    if (layers.has(name)) fields.fail("name", `is ${quote(name)}, as of a layer before it`);
    layers.set(name, layer);
    const isInput = className === "InputLayer";
    if (inbound.length !== (isInput ? 0 : 1)) {
      fields.fail(
        "inbound_nodes",
        `of ${quote(name)} (${className}) names ${inbound.length} layers (${
          formatList(inbound.map((each) => quote(each)), { most: 4 }) || "none"
        }); only a chain is read, in which each layer takes the one before it, once`,
      );
    }
    const [before] = inbound;
    if (before === undefined) continue;
    const other = after.get(before);
    if (other !== undefined) {
      fields.fail(
        "inbound_nodes",
        `of ${quote(name)} makes a branch: ${quote(other)} takes the layer ${
          quote(before)
        } too; only a chain is read`,
      );
    }
    after.set(before, name);
  }
  const chain: LayerConfig[] = [];
  let name: string | undefined = endOf(config, "input_layers");
  for (; name !== undefined && chain.length <= layers.size; name = after.get(name)) {
    const layer = layers.get(name);
    if (!layer) config.fail("layers", `has no layer ${quote(name)}, which is named as an input`);
    chain.push(layer);
  }
  if (chain.length !== layers.size || chain.at(-1)?.name !== endOf(config, "output_layers")) {
    config.fail(
      "layers",
      `makes no chain of all its ${layers.size} layers from the input to the output ${
        quote(endOf(config, "output_layers"))
      }; only a chain is read`,
    );
  }
  return chain;
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
  if (!root.has("class_name")) return sequenceOf(root, layersIn(root, "layers"));
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
  const layers = chainOf(holder);
  return { layers, inputShape: inputShapeOf(holder, layers[0]?.fields) };
}
