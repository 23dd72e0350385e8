/**
 * A stored model as what kernels compute: Dense layers and activations. Layers
 * that only scale and shift are folded into Dense ones, those that do nothing
 * but in training are left out. All shapes are checked against each other here,
 * and all numbers for being finite in float32, so that a {@linkcode Model} is
 * consistent. Which activations can be run is asked of the kernels' own list.
 *
 * @module
 */
import { failWith, JsonFields } from "../common/json_fields.ts";
import { formatList, quote, quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { activationLayerNames, activationOf, isActivationLayer } from "./activation_names.ts";
import { type Affine, affineOf } from "./affine.ts";
import { ModelFileError } from "./errors.ts";
import { compose, diagonal, foldBefore, foldBehind, type Folding } from "./fold.ts";
import type { Model, ModelLayer } from "./model.ts";
import { decodeFinite, dtypeNamed, elementsOf, type Numbers } from "./stored_array.ts";
import {
  bytesOfWeight,
  expectClasses,
  type StoredLayer,
  type StoredModel,
  type StoredWeight,
} from "./stored_model.ts";

// A row's values in all layers, of which a caller may hold a dozen copies.
const mostValues = 2 ** 23;
// All weights together, 512 MiB: every kernel has a copy, and most a packed one too.
const mostWeights = 2 ** 27;

const affineClasses = ["BatchNormalization", "Normalization", "Rescaling"];
const activationLayers = ["ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"];

/** The state of going through the layers. */
class Runner {
  readonly layers: Folding[] = [];
  readonly notes: string[] = [];
  readonly #floats = new Map<Numbers, Float32Array>();
  /** What scales and shifts the input of the next layer. */
  #pending: { readonly affine: Affine; readonly name: string } | null = null;
  /** The axes but the first of what the next layer gets; null where they are not known. */
  #shape: readonly (number | null)[] | null;
  flatten = false;
  /** The length of the input's rows; null before the first Dense. */
  inputs: number | null = null;
  #weights = 0;

  constructor(readonly file: string, inputShape: StoredModel["inputShape"]) {
    this.#shape = inputShape;
  }

  fail(layer: StoredLayer, reason: string): never {
    throw new ModelFileError(
      `${this.file}: the layer ${quote(layer.name)} (${layer.className}) ${reason}`,
    );
  }

  #fieldsOf(layer: StoredLayer): JsonFields {
    const what = `${this.file}: the layer ${quote(layer.name)} (${layer.className})`;
    return new JsonFields(layer.config, failWith(ModelFileError, what));
  }

  #float32(layer: StoredLayer, weight: StoredWeight): Float32Array {
    const known = this.#floats.get(weight.values);
    if (known) return known;
    const what = `${this.file}: the ${weight.name} of ${quote(layer.name)}`;
    const { values, dtype } = weight;
    this.#weights += values.length;
    if (this.#weights > mostWeights) {
      throw new ModelFileError(
        `${what}: the weights are more than ${mostWeights} numbers together`,
      );
    }
    const bytes = bytesOfWeight(weight);
    const whole = bytes.byteLength === values.buffer.byteLength ? bytes : bytes.slice();
    const format = dtypeNamed(dtype)!;
    const decoded = decodeFinite(what, format, whole);
    // What is quantized is noted where it is decoded.
    if (dtype !== "float32" && !layer.weights.some(({ name }) => name === "kernel_scale")) {
      this.notes.push(
        `${quote(`${layer.name}/${weight.name}`)} is ${dtype}, ${
          format.exact ? "exact in" : "rounded to"
        } float32`,
      );
    }
    const floats = values instanceof Float32Array ? values : decoded;
    this.#floats.set(values, floats);
    return floats;
  }

  get #width(): number | null {
    return this.layers.at(-1)?.units ?? null;
  }

  /** The length of the last axis of what the next layer gets; null where it is not known. */
  get #lastAxis(): number | null {
    return this.#width ?? this.#shape?.at(-1) ?? null;
  }

  /** Gives what scales and shifts a layer of its own. */
  #settle(layer: StoredLayer): void {
    if (!this.#pending) return;
    const { affine, name } = this.#pending;
    const { length } = affine.scale;
    const width = this.#lastAxis ?? (length > 1 ? length : null);
    if (width === null) this.fail(layer, `needs to know how many columns ${quote(name)} scales`);
    this.#add(diagonal(this.file, name, affine, width));
    this.#pending = null;
  }

  #add(layer: Folding): void {
    this.inputs ??= layer.inputs;
    this.layers.push(layer);
  }

  dense(layer: StoredLayer): void {
    const byName = new Map(layer.weights.map((weight) => [weight.name, weight]));
    const kernel = byName.get("kernel");
    const [inputs, units] = kernel?.shape ?? [];
    if (!kernel || inputs === undefined || units === undefined || kernel.shape.length !== 2) {
      this.fail(layer, "has no kernel of two axes");
    }
    const fields = this.#fieldsOf(layer);
    const said = fields.maybe("units", () => fields.count("units", 1)) ?? units;
    if (inputs === 0 || units !== said) {
      this.fail(layer, `has ${said} units; its kernel is ${formatShape(kernel.shape)}`);
    }
    const width = this.#width;
    if (width !== null && width !== inputs) {
      this.fail(layer, `takes ${inputs} inputs; the layer before it gives ${width}`);
    }
    const activation = fields.maybe("activation", activationOf) ?? "linear";
    const scale = byName.get("kernel_scale");
    const stored = this.#float32(layer, kernel);
    const bias = byName.get("bias");
    let dense: Folding = {
      name: layer.name,
      activation,
      inputs,
      units,
      weight: scale ? this.#dequantized(layer, stored, this.#float32(layer, scale)) : stored,
      bias: bias ? this.#float32(layer, bias) : null,
    };
    if (this.#pending) {
      const { affine, name } = this.#pending;
      const { length } = affine.scale;
      // Before a Flatten the columns are those of the last axis, which repeat.
      const fits = length === inputs || length === 1 || (this.flatten && inputs % length === 0);
      if (!fits) this.fail(layer, `takes ${inputs} inputs; ${quote(name)} scales ${length}`);
      dense = foldBefore(dense, affine);
      this.#note(name, layer.name);
      this.#pending = null;
    }
    this.#add(dense);
  }

  #note(name: string, into: string): void {
    this.notes.push(`${quote(name)} is folded into ${quote(into)}`);
  }

  #dequantized(layer: StoredLayer, q: Float32Array, scale: Float32Array): Float32Array {
    this.notes.push(
      `${
        quote(layer.name)
      } is int8 and is run in float32 with its weights decoded; Keras rounds its inputs to int8 too, and gives other results`,
    );
    return q.map((value, i) => value / scale[i % scale.length]!);
  }

  affine(layer: StoredLayer): void {
    const fields = this.#fieldsOf(layer);
    this.#checkAxis(layer, fields);
    const weights = new Map(
      layer.weights.filter(({ name }) => name !== "count")
        .map((weight) => [weight.name, this.#float32(layer, weight)]),
    );
    const affine = affineOf(layer.className!, fields, weights);
    if (![...affine.scale, ...affine.shift].every(Number.isFinite)) {
      this.fail(layer, "scales by a number that is not finite");
    }
    const { length } = affine.scale;
    const width = this.#lastAxis;
    if (length > 1 && width !== null && length !== width) {
      this.fail(layer, `scales ${length} columns; the layer before it gives ${width}`);
    }
    const last = this.layers.at(-1);
    if (!this.#pending && last?.weight && last.activation === "linear") {
      this.layers[this.layers.length - 1] = foldBehind(last, affine);
      this.#note(layer.name, last.name);
      return;
    }
    this.#pending = this.#pending
      ? { affine: compose(this.#pending.affine, affine), name: layer.name }
      : { affine, name: layer.name };
  }

  /** Holds that a layer works along the last axis. */
  #checkAxis(layer: StoredLayer, fields: JsonFields): void {
    if (!fields.has("axis")) return;
    const value = fields.any("axis");
    const axes: readonly unknown[] = Array.isArray(value) ? value : [value];
    // A Dense keeps the axes of its input; of an input of no known shape a row is one.
    const rank = (this.#shape?.length ?? 1) + 1;
    const fits = axes.every((axis) => axis === null || axis === -1 || axis === rank - 1);
    if (!fits || axes.length > 1) {
      this.fail(layer, "works along another axis than the last, which is not run");
    }
  }

  activation(layer: StoredLayer): void {
    const isOwn = layer.className === "Activation";
    if (!isOwn && !isActivationLayer(layer.className ?? "")) {
      this.fail(
        layer,
        `is none that kernels compute; those that are run are ${
          formatList(activationLayerNames)
        } and Activation`,
      );
    }
    const fields = this.#fieldsOf(
      isOwn ? layer : {
        ...layer,
        config: { activation: { class_name: layer.className, config: layer.config } },
      },
    );
    const activation = activationOf(fields, "activation");
    if (this.#pending) this.#settle(layer);
    const width = this.#lastAxis;
    const { name } = layer;
    if (width === null) {
      this.fail(
        layer,
        "stands before the first Dense, and the file does not say how many inputs there are",
      );
    }
    this.#add({ name, activation, inputs: width, units: width, weight: null, bias: null });
  }

  flattening(layer: StoredLayer): void {
    const { data_format: format = null } = layer.config;
    if (format !== null && format !== "channels_last" && (this.#shape?.length ?? 2) > 1) {
      this.fail(layer, `has the data_format ${quote(format)}, which moves numbers and is not run`);
    }
    if (layer.className === "Reshape") {
      const fields = this.#fieldsOf(layer);
      if (fields.items("target_shape").length !== 1) {
        this.fail(layer, "gives rows more axes than one, which is not run");
      }
    }
    if (this.layers.length > 0) {
      const rows = this.flatten || (this.#shape !== null && this.#shape.length === 1);
      if (rows) return;
      this.fail(layer, "comes after a Dense or an activation; it must come before");
    }
    this.flatten = true;
    const known = this.#shape?.every((axis) => axis !== null);
    this.#shape = [known ? elementsOf(this.#shape as readonly number[]) : null];
  }

  finish(): void {
    if (this.#pending) {
      const [name, config] = [this.#pending.name, {}];
      this.#settle({ className: "Rescaling", name, config, weights: [] });
    }
  }
}

function apply(runner: Runner, layer: StoredLayer, i: number): void {
  const { className } = layer;
  if (className === "Dense") runner.dense(layer);
  else if (className === "Activation" || activationLayers.includes(className ?? "")) {
    runner.activation(layer);
  } else if (affineClasses.includes(className ?? "")) runner.affine(layer);
  else if (className === "Flatten" || className === "Reshape") runner.flattening(layer);
  else if (className === "InputLayer" && i > 0) runner.fail(layer, "is not the first layer");
}

function expectInputShape(
  file: string,
  { inputShape }: StoredModel,
  flatten: boolean,
  inputs: number,
): void {
  if (inputShape === null || inputShape.length === 0) return;
  const known = inputShape.every((axis) => axis !== null);
  const width = flatten ? known ? elementsOf(inputShape) : null : inputShape.at(-1) ?? null;
  if (width !== null && width !== inputs) {
    throw new ModelFileError(
      `${file}: its input shape gives ${width} inputs, its first Dense takes ${inputs}`,
    );
  }
}

/** Weights as float32, where folding left them in double precision. */
function rounded(file: string, layer: Folding): ModelLayer {
  const round = (values: Folding["weight"], what: string) => {
    if (values === null || values instanceof Float32Array) return values;
    const floats = new Float32Array(values);
    if (floats.every(Number.isFinite)) return floats;
    throw new ModelFileError(
      `${file}: the ${what} of ${quote(layer.name)} leaves float32's range when folded`,
    );
  };
  return { ...layer, weight: round(layer.weight, "kernel"), bias: round(layer.bias, "bias") };
}

/**
 * A stored model as Dense layers and activations, for inference.
 *
 * @throws {ModelFileError} one line that names the layer that cannot be run, or does not fit the one before it.
 *
 * @example BatchNormalization is folded into the layer before it
 * ```ts
 * import { runnableOf, type StoredModel } from "@densemark/densemark/models";
 *
 * const row = (name: string, ...values: number[]) =>
 *   ({ name, shape: [1], dtype: "float32", values: new Float32Array(values) }) as const;
 * const stored: StoredModel = {
 *   name: "small",
 *   format: "by hand",
 *   producer: null,
 *   layers: [
 *     {
 *       className: "Dense",
 *       name: "fc",
 *       config: { units: 1 },
 *       weights: [{ ...row("kernel", 3), shape: [1, 1] }, row("bias", 1)],
 *     },
 *     {
 *       className: "BatchNormalization",
 *       name: "bn",
 *       config: { epsilon: 0, axis: -1 },
 *       weights: [row("gamma", 2), row("beta", 5), row("moving_mean", 1), row("moving_variance", 4)],
 *     },
 *   ],
 *   inputShape: [1],
 *   notes: [],
 * };
 * const [layer] = runnableOf(stored).layers;
 * if (layer?.weight?.[0] !== 3 || layer.bias?.[0] !== 5) throw new Error("3x + 1 - 1, then + 5");
 * ```
 */
export function runnableOf(stored: StoredModel): Model {
  const file = quotePath(stored.name);
  expectClasses(stored);
  const runner = new Runner(file, stored.inputShape);
  for (const [i, layer] of stored.layers.entries()) apply(runner, layer, i);
  runner.finish();
  const { layers, flatten, inputs, notes } = runner;
  if (inputs === null || !layers.some(({ weight }) => weight !== null)) {
    throw new ModelFileError(`${file} has no Dense layer`);
  }
  expectInputShape(file, stored, flatten, inputs);
  const values = layers.reduce((sum, { units }) => sum + units, inputs);
  if (values > mostValues) {
    throw new ModelFileError(
      `${file}: a row has ${values} values in all layers; at most ${mostValues}`,
    );
  }
  return {
    name: stored.name,
    layers: layers.map((layer) => rounded(file, layer)),
    inputs,
    flatten,
    notes: [...stored.notes, ...notes],
  };
}
