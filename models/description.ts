/**
 * The JSON that lists a model's layers: what Keras's `model.to_json()` writes
 * for a Sequential, or `{"layers": […]}` for short, with one addition: each
 * Dense layer may name its arrays under `weights`. The layers are a list, and
 * the input of each is the result of the one before; graphs are refused.
 *
 * @module
 */
import { ModelFileError } from "./errors.ts";
import { type Activation, activations, isActivation } from "../kernels/activation.ts";
import { booleanOf, type JsonObject, objectOf, parseObject, textOf, valueOf } from "./json.ts";
import { list, quote } from "./quote.ts";

const mostLayers = 1000;
const classes = ["InputLayer", "Flatten", "Dropout", "Dense", "Activation"];

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
  /** The axes of the input but the first, where an InputLayer gives them all. */
  readonly inputShape: readonly number[] | null;
  /** All axes but the first are flattened before the first layer. */
  readonly flatten: boolean;
  readonly layers: readonly LayerDescription[];
}

function activationOf(config: JsonObject, what: string, otherwise: Activation | null): Activation {
  const value = valueOf(config, "activation") ?? otherwise;
  if (isActivation(value)) return value;
  throw new ModelFileError(
    `${what}: unknown activation ${quote(value)}; there are ${activations.join(", ")}`,
  );
}

function denseOf(layer: JsonObject, config: JsonObject, name: string, what: string) {
  const units = valueOf(config, "units");
  if (typeof units !== "number" || !Number.isSafeInteger(units) || units <= 0) {
    throw new ModelFileError(`${what}: units must be a whole number above 0; got ${quote(units)}`);
  }
  const weights = objectOf(valueOf(layer, "weights") ?? {}, `${what}: weights`);
  const unknown = Object.keys(weights).filter((key) =>
    !["kernel", "bias", "transposed"].includes(key)
  );
  if (unknown.length > 0) {
    throw new ModelFileError(
      `${what}: unknown key ${list(unknown)} in weights; there are kernel, bias and transposed`,
    );
  }
  const useBias = booleanOf(valueOf(config, "use_bias"), `${what}: use_bias`, true);
  if (!useBias && valueOf(weights, "bias") !== undefined) {
    throw new ModelFileError(`${what}: use_bias is false, but its weights name a bias`);
  }
  const nameOf = (key: string) =>
    textOf(valueOf(weights, key) ?? `${name}.${key}`, `${what}: weights.${key}`);
  return {
    units,
    kernel: nameOf("kernel"),
    bias: useBias ? nameOf("bias") : null,
    transposed: booleanOf(valueOf(weights, "transposed"), `${what}: weights.transposed`, false),
  };
}

/** The axes but the first of an InputLayer, in the spellings of Keras 2 and 3. */
function inputShapeOf(config: JsonObject, what: string): number[] | null {
  const shape = ["batch_shape", "batch_input_shape"].map((key) => valueOf(config, key))
    .find((value) => value !== undefined && value !== null);
  if (shape === undefined) return null;
  if (!Array.isArray(shape)) throw new ModelFileError(`${what}: its shape must be a list of axes`);
  const axes: unknown[] = shape.slice(1);
  return axes.every((axis): axis is number => Number.isSafeInteger(axis)) ? axes : null;
}

/** The list of layers, from Keras's model or the short form. */
function layersOf(root: JsonObject, what: string): unknown[] {
  const model = valueOf(root, "class_name");
  if (model !== undefined && model !== "Sequential") {
    throw new ModelFileError(
      `${what}: only a Sequential is read, layers one after the other; got ${quote(model)}`,
    );
  }
  const holder = model === undefined
    ? root
    : objectOf(valueOf(root, "config"), `${what}: its config`);
  const layers = valueOf(holder, "layers");
  if (!Array.isArray(layers)) {
    throw new ModelFileError(`${what} must list its layers under "layers"; got ${quote(layers)}`);
  }
  if (layers.length > mostLayers) {
    throw new ModelFileError(`${what} has ${layers.length} layers; at most ${mostLayers} are read`);
  }
  return layers;
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
  for (const [i, value] of layersOf(parseObject(text, what), what).entries()) {
    const where = `${what}: layer ${i}`;
    const layer = objectOf(value, where);
    const kind = valueOf(layer, "class_name");
    const inbound = valueOf(layer, "inbound_nodes");
    if (inbound !== undefined && !(Array.isArray(inbound) && inbound.length === 0)) {
      throw new ModelFileError(`${where} has inbound_nodes; each layer takes the one before it`);
    }
    const config = objectOf(valueOf(layer, "config") ?? {}, `${where}: its config`);
    const name = textOf(valueOf(config, "name") ?? `layer_${i}`, `${where}: its name`);
    if (names.has(name)) {
      throw new ModelFileError(`${where}: a layer before it is also ${quote(name)}`);
    }
    names.add(name);
    const named = `${where}, ${quote(name)}`;
    if (kind === "Dense") {
      const activation = activationOf(config, named, "linear");
      layers.push({ name, activation, ...denseOf(layer, config, name, named) });
    } else if (valueOf(layer, "weights") !== undefined) {
      throw new ModelFileError(`${named}: only a Dense has weights; got ${quote(kind)}`);
    } else if (kind === "Activation") {
      layers.push({ name, activation: activationOf(config, named, null), units: null });
    } else if (kind === "InputLayer" || kind === "Flatten") {
      if (layers.length > 0) {
        throw new ModelFileError(
          `${named}: ${kind} must come before all Dense and Activation layers`,
        );
      }
      if (kind === "Flatten") flatten = true;
      else inputShape = inputShapeOf(config, named);
    } else if (kind !== "Dropout") {
      throw new ModelFileError(
        `${named}: unknown class_name ${quote(kind)}; there are ${classes.join(", ")}`,
      );
    }
  }
  if (!layers.some(({ units }) => units !== null)) {
    throw new ModelFileError(`${what} has no Dense layer`);
  }
  return { inputShape, flatten, layers };
}
