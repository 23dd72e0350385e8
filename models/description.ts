/**
 * The JSON that lists a model's layers: what Keras's `model.to_json()` writes
 * for a Sequential, or `{"layers": […]}` for short, with one addition: each
 * Dense layer may name its arrays under `weights`. The layers are a list, and
 * the input of each is the result of the one before; graphs are refused.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { formatList, quote } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import { activationOf } from "./activation_names.ts";
import { ModelFileError } from "./errors.ts";
import { flagOf, nameOf, parseObject } from "./json.ts";

const mostLayers = 1000;
const classes = ["InputLayer", "Flatten", "Dropout", "Dense", "Activation"] as const;
const weightKeys = ["kernel", "bias", "transposed"];

/** A layer as the JSON describes it; `units` is null for an Activation. */
export type LayerDescription =
  & { readonly name: string; readonly activation: Activation }
  & (
    | { readonly units: null }
    | {
      readonly units: number;
      /** The names of its arrays; no bias where `use_bias` is false. */
      readonly kernel: string;
      readonly bias: string | null;
      /** The kernel is stored as [units, inputs], as PyTorch does. */
      readonly transposed: boolean;
    }
  );

/** A model as the JSON describes it. */
export interface Description {
  /** The axes of the input but the first, where an InputLayer or the first layer gives them all. */
  readonly inputShape: readonly number[] | null;
  /** All axes but the first are flattened before the first layer. */
  readonly flatten: boolean;
  readonly layers: readonly LayerDescription[];
}

function denseOf(layer: JsonFields, config: JsonFields, name: string) {
  // Keras 1 called them otherwise.
  const units = config.count(config.has("output_dim") ? "output_dim" : "units", 1);
  const weights = layer.objectOrEmpty("weights");
  const unknown = weights.names().filter((key) => !weightKeys.includes(key));
  if (unknown.length > 0) {
    const keys = formatList(unknown.map((key) => quote(key)), { most: 8 });
    layer.fail("weights", `has the unknown key ${keys}; there are ${formatList(weightKeys)}`);
  }
  const useBias = flagOf(config, "use_bias", flagOf(config, "bias", true));
  if (!useBias && weights.has("bias")) {
    config.fail("use_bias", "is false, but its weights name a bias");
  }
  return {
    units,
    kernel: nameOf(weights, "kernel", `${name}.kernel`),
    bias: useBias ? nameOf(weights, "bias", `${name}.bias`) : null,
    transposed: flagOf(weights, "transposed", false),
  };
}

/** The axes but the first of the input that a layer says it takes, in the spellings of Keras 1, 2 and 3. */
function inputShapeOf(config: JsonFields): number[] | null {
  const key = ["batch_shape", "batch_input_shape"].find((key) =>
    config.maybe(key, () => true) !== null
  );
  if (key === undefined) {
    const width = config.maybe("input_dim", () => config.count("input_dim", 1));
    return width === null ? null : [width];
  }
  const axes = config.items(key).slice(1);
  return axes.every((axis): axis is number => Number.isSafeInteger(axis)) ? axes : null;
}

/** The list of layers, from Keras's model or the short form. */
function layersOf(root: JsonFields): JsonFields[] {
  const isModel = root.has("class_name");
  if (isModel && root.any("class_name") !== "Sequential") {
    const found = quote(root.any("class_name"));
    root.fail("class_name", `is ${found}; only a Sequential is read, layers one after the other`);
  }
  // Until Keras 2.2 the configuration of a model was the list itself.
  const isList = isModel && Array.isArray(root.any("config"));
  const [holder, key] = isList
    ? [root, "config"]
    : [isModel ? root.object("config") : root, "layers"];
  const { length } = holder.items(key);
  if (length > mostLayers) {
    holder.fail(key, `has ${length} layers; at most ${mostLayers} are read`);
  }
  return holder.list(key, (layer) => layer);
}

/**
 * Reads the JSON of a model.
 *
 * @param what The text's name in messages.
 * @throws {ModelFileError} where it is no such JSON, or has a layer that is not known here.
 *
 * @example
 * ```ts
 * import { parseDescription } from "./description.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"layers": [{"class_name": "Dense", "config": {"name": "fc1", "units": 2}}]}';
 * const [layer] = parseDescription(text, "the model").layers;
 * assertEquals(layer, {
 *   name: "fc1",
 *   activation: "linear",
 *   units: 2,
 *   kernel: "fc1.kernel",
 *   bias: "fc1.bias",
 *   transposed: false,
 * });
 * ```
 */
export function parseDescription(text: string, what: string): Description {
  const layers: LayerDescription[] = [];
  const names = new Set<string>();
  let inputShape: number[] | null = null;
  let flatten = false;
  for (const [i, layer] of layersOf(parseObject(text, what)).entries()) {
    const kind = layer.choice("class_name", classes);
    if (layer.has("inbound_nodes") && layer.items("inbound_nodes").length > 0) {
      layer.fail("inbound_nodes", "is not empty; each layer takes the one before it");
    }
    const config = layer.objectOrEmpty("config");
    const name = nameOf(config, "name", `layer_${i}`);
    if (names.has(name)) config.fail("name", `is ${quote(name)}, as of a layer before it`);
    names.add(name);
    if (layers.length === 0) inputShape ??= inputShapeOf(config);
    if (kind === "Dense") {
      const activation = config.maybe("activation", activationOf) ?? "linear";
      layers.push({ name, activation, ...denseOf(layer, config, name) });
      continue;
    }
    if (layer.has("weights")) layer.fail("weights", "is there, but only a Dense has weights");
    if (kind === "Activation") {
      layers.push({ name, activation: activationOf(config, "activation"), units: null });
    } else if (kind !== "Dropout") {
      if (layers.length > 0) {
        const found = quote(kind);
        layer.fail("class_name", `is ${found} after a Dense or Activation; it must come before`);
      }
      if (kind === "Flatten") flatten = true;
    }
  }
  if (!layers.some(({ units }) => units !== null)) {
    throw new ModelFileError(`${what} has no Dense layer`);
  }
  return { inputShape, flatten, layers };
}
