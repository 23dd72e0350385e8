/**
 * A model whose layers are a JSON and whose weights are arrays by name, in a
 * safetensors or .npz file or in a folder of .npy files. The JSON is what Keras's
 * `model.to_json()` writes, or `{"layers": […]}` for short, with one addition: a
 * layer may name its arrays under `weights`, and say that a kernel is stored as
 * [units, inputs], as PyTorch does.
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { ModelFileError } from "./errors.ts";
import { kerasProducer } from "./generation.ts";
import { flagOf, nameOf, parseObject } from "./json.ts";
import { type LayerConfig, parseKerasModel, weightNames } from "./keras_config.ts";
import { namedWeights } from "./keras_weights.ts";
import type { ModelFiles } from "./model_files.ts";
import { readNpy } from "./npy.ts";
import { formatNames } from "./safetensors.ts";
import { elementsOf, type StoredArray, transposed } from "./stored_array.ts";
import type { StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";

// All weights together, 512 MiB of float32: every kernel has a copy, and most a packed one too.
const mostWeights = 2 ** 27;
const transposedKey = "transposed";

/** Where arrays come from: by their names in a file, or as .npy files of a folder. */
type Arrays = ReadonlyMap<string, StoredArray> | ModelFiles;

function isMap(arrays: Arrays): arrays is ReadonlyMap<string, StoredArray> {
  return arrays instanceof Map;
}

/** What a layer's arrays are called, and how its kernel is stored. */
interface ArrayNames {
  /** By weight, the names that it may have; the first is used in messages. */
  readonly names: readonly (readonly [weight: string, names: readonly string[]])[];
  readonly transposed: boolean;
}

/** @throws {ModelFileError} where the JSON names an array that the layer does not have. */
export function arrayNamesOf({ className, name, config, fields }: LayerConfig): ArrayNames {
  const own = weightNames.get(className)?.(config) ?? [];
  if (own.length === 0 && fields.has("weights")) {
    fields.fail("weights", `is there, but a layer of the class ${className} has none`);
  }
  const written = fields.objectOrEmpty("weights");
  const known = [...own, ...(className === "Dense" ? [transposedKey] : [])];
  if (className === "Dense" && !own.includes("bias") && written.has("bias")) {
    fields.object("config").fail("use_bias", "is false, but its weights name a bias");
  }
  const unknown = written.names().filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    const keys = formatList(unknown.map((key) => quote(key)), { most: 8 });
    fields.fail("weights", `has the unknown key ${keys}; there are ${formatList(known)}`);
  }
  return {
    names: own.map((weight, i) => [
      weight,
      written.has(weight)
        ? [nameOf(written, weight, "")]
        : [`${name}.${weight}`, `${name}/${weight}`, `${name}/${i}`, `${name}__${i}`],
    ]),
    transposed: flagOf(written, transposedKey, false),
  };
}

/** Reads arrays, each once however many layers use it. */
class ArrayReader {
  readonly #found = new Map<string, StoredArray>();
  readonly #read = new Map<string, StoredWeight>();
  #total = 0;

  constructor(readonly arrays: Arrays, readonly what: string) {}

  async #find(names: readonly string[]): Promise<readonly [string, StoredArray]> {
    const [first = ""] = names;
    if (isMap(this.arrays)) {
      for (const name of names) {
        const array = this.arrays.get(name);
        if (array) return [name, array];
      }
      throw new ModelFileError(
        `${this.what} has no tensor ${quote(first)}; it has ${formatNames(this.arrays)}`,
      );
    }
    const file = first.endsWith(".npy") ? first : `${first}.npy`;
    const known = this.#found.get(file) ?? await readNpy(await this.arrays.beside(file));
    this.#found.set(file, known);
    return [file, known];
  }

  async #weight(
    weight: string,
    names: readonly string[],
    { name: layer, className, config }: LayerConfig,
    isTransposed: boolean,
  ): Promise<StoredWeight> {
    const [key, array] = await this.#find(names);
    const isKernel = className === "Dense" && weight === "kernel";
    const turn = isKernel && isTransposed;
    if (isKernel) expectKernel(array, layer, Number(config.units ?? config.output_dim), turn);
    const known = this.#read.get(`${turn} ${key}`);
    if (known) return { ...known, name: weight };
    this.#total += elementsOf(array.shape);
    if (this.#total > mostWeights) {
      throw new ModelFileError(
        `${array.name}: the weights are more than ${mostWeights} numbers together`,
      );
    }
    const values = await array.native();
    // An array that was read has a format that is known.
    const stored = { name: weight, shape: array.shape, dtype: array.dtype!.name, values };
    const found = turn ? transposed(stored) : stored;
    this.#read.set(`${turn} ${key}`, found);
    return found;
  }

  async layer(layer: LayerConfig): Promise<StoredLayer> {
    const { names, transposed } = arrayNamesOf(layer);
    const weights: StoredWeight[] = [];
    for (const [weight, each] of names) {
      weights.push(await this.#weight(weight, each, layer, transposed));
    }
    return namedWeights(this.what, layer, weights);
  }
}

/** Holds that an array can be the kernel of a layer of so many units. */
function expectKernel(
  { name, shape }: StoredArray,
  layer: string,
  units: number,
  transposed: boolean,
): void {
  const order = transposed ? "[units, inputs]" : "[inputs, units]";
  const inputs = shape[transposed ? 1 : 0];
  if (shape.length !== 2 || inputs === undefined || inputs === 0) {
    throw new ModelFileError(`${name} must have two axes, ${order}; got ${formatShape(shape)}`);
  }
  if (shape[transposed ? 0 : 1] !== units) {
    const wanted = transposed ? [units, inputs] : [inputs, units];
    throw new ModelFileError(
      `${name} must have the shape ${formatShape(wanted)}, ${order} of layer ${quote(layer)}${
        transposed ? "" : ' (or "transposed": true)'
      }; got ${formatShape(shape)}`,
    );
  }
}

/**
 * A model from its JSON and its arrays.
 *
 * @param json The text, and its name in messages.
 * @param source What the arrays are in, in quotes, for messages.
 */
export async function describedModel(
  path: string,
  format: string,
  json: { readonly text: string; readonly name: string },
  arrays: Arrays,
  source: string,
): Promise<StoredModel> {
  const root = parseObject(json.text, json.name);
  const { layers, inputShape } = parseKerasModel(root);
  if (!layers.some(({ className }) => className === "Dense")) {
    throw new ModelFileError(`${json.name} has no Dense layer`);
  }
  const reader = new ArrayReader(arrays, source);
  const found: StoredLayer[] = [];
  for (const layer of layers) found.push(await reader.layer(layer));
  const producer = kerasProducer(null, root, layers);
  return { name: path, format, producer, layers: found, inputShape, notes: [] };
}
