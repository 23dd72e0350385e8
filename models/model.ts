/**
 * A trained network from files: a JSON with its layers (see description.ts),
 * and its weights in a safetensors file of the same base name, or else as .npy
 * files in the JSON's folder. All shapes are checked against each other here,
 * so that a Model is consistent.
 *
 * @module
 */
import { transpose } from "../common/matrix.ts";
import { quote, quotePath } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import { formatShape } from "../kernels/checks.ts";
import { type Description, type LayerDescription, parseDescription } from "./description.ts";
import { ModelFileError } from "./errors.ts";
import { readNpy } from "./npy.ts";
import { formatNames, readSafetensors } from "./safetensors.ts";
import { folderOf, isThere, openSource, pathWithin, readText } from "./source.ts";
import { conversionOf, elementsOf, type StoredArray } from "./stored_array.ts";

// JSON takes some sixty times its size in memory at worst.
const longestDescription = 2 ** 22;
/** Where a safetensors file may carry the JSON itself: this key of its `__metadata__`. */
const metadataKey = "model";
// A row's values in all layers, of which a caller may hold a dozen copies.
const mostValues = 2 ** 23;
// All weights together, 512 MiB: every kernel has a copy, and most a packed one too.
const mostWeights = 2 ** 27;

/** A layer with its weights, [inputs, units] row-major; null for an Activation. */
export interface ModelLayer {
  readonly name: string;
  readonly activation: Activation;
  readonly inputs: number;
  readonly units: number;
  readonly weight: Float32Array | null;
  /** [units], or null without one. */
  readonly bias: Float32Array | null;
}

/** A network of layers one after the other. */
export interface Model {
  /** The file it came from. */
  readonly name: string;
  readonly layers: readonly ModelLayer[];
  /** How many values a row of its input has. */
  readonly inputs: number;
  /** Whether all axes of an input but the first make one row. */
  readonly flatten: boolean;
  /** What was converted on reading, a line each. */
  readonly notes: readonly string[];
}

/** Finds an array by the name that the JSON gives it. */
type Find = (name: string) => Promise<StoredArray>;

type DenseDescription = Extract<LayerDescription, { units: number }>;

/** Reads weights, each array once however many layers use it. */
class WeightReader {
  readonly notes: string[] = [];
  readonly #read = new Map<string, Float32Array>();
  #total = 0;

  constructor(readonly find: Find) {}

  async #values(name: string, expected: readonly number[], hint: string, transposed: boolean) {
    const array = await this.find(name);
    const [rows = 1, columns = 1] = array.shape;
    if (array.shape.length !== expected.length || array.shape.some((n, i) => n !== expected[i])) {
      throw new ModelFileError(
        `${array.name} must have the shape ${formatShape(expected)}${hint}; got ${
          formatShape(array.shape)
        }`,
      );
    }
    const key = `${transposed} ${name}`;
    const known = this.#read.get(key);
    if (known) return known;
    this.#total += elementsOf(array.shape);
    if (this.#total > mostWeights) {
      throw new ModelFileError(
        `${array.name}: the weights are more than ${mostWeights} numbers together`,
      );
    }
    const stored = await array.read();
    this.notes.push(...conversionOf(name, array));
    const values = transposed ? transpose(stored, rows, columns) : stored;
    this.#read.set(key, values);
    return values;
  }

  async inputsOf({ kernel, transposed }: DenseDescription): Promise<number> {
    const { name, shape } = await this.find(kernel);
    const inputs = shape[transposed ? 1 : 0];
    if (shape.length !== 2 || inputs === undefined || inputs === 0) {
      throw new ModelFileError(
        `${name} must have two axes, ${transposed ? "[units, inputs]" : "[inputs, units]"}; got ${
          formatShape(shape)
        }`,
      );
    }
    return inputs;
  }

  async layer(description: DenseDescription, inputs: number): Promise<ModelLayer> {
    const { name, activation, units, kernel, bias, transposed } = description;
    const shape = transposed ? [units, inputs] : [inputs, units];
    const order = transposed ? "[units, inputs]" : "[inputs, units]";
    const hint = `, ${order} of layer ${quote(name)}${
      transposed ? "" : ' (or "transposed": true)'
    }`;
    return {
      name,
      activation,
      inputs,
      units,
      weight: await this.#values(kernel, shape, hint, transposed),
      bias: bias === null
        ? null
        : await this.#values(bias, [units], `, the units of layer ${quote(name)}`, false),
    };
  }
}

function expectInputShape(
  { inputShape, flatten }: Description,
  inputs: number,
  what: string,
): void {
  if (inputShape === null) return;
  const width = flatten ? elementsOf(inputShape) : inputShape.at(-1) ?? 1;
  if (width !== inputs) {
    throw new ModelFileError(
      `${what}: its input shape gives ${width} inputs, its first Dense takes ${inputs}`,
    );
  }
}

async function assemble(path: string, text: string, what: string, find: Find): Promise<Model> {
  const description = parseDescription(text, what);
  const reader = new WeightReader(find);
  const first = description.layers.find((layer): layer is DenseDescription => layer.units !== null);
  if (!first) throw new ModelFileError(`${what} has no Dense layer`);
  const inputs = await reader.inputsOf(first);
  expectInputShape(description, inputs, what);
  const values = description.layers.reduce(
    ({ sum, width }, { units }) => ({ sum: sum + (units ?? width), width: units ?? width }),
    { sum: inputs, width: inputs },
  ).sum;
  if (values > mostValues) {
    throw new ModelFileError(
      `${what}: a row has ${values} values in all layers; at most ${mostValues}`,
    );
  }
  const layers: ModelLayer[] = [];
  let width = inputs;
  for (const layer of description.layers) {
    layers.push(
      layer.units === null
        ? { ...layer, inputs: width, units: width, weight: null, bias: null }
        : await reader.layer(layer, width),
    );
    width = layer.units ?? width;
  }
  return { name: path, layers, inputs, flatten: description.flatten, notes: reader.notes };
}

/** The .npy files of a folder, under names with or without `.npy`. */
function npyFiles(folder: string): Find {
  const found = new Map<string, StoredArray>();
  return async (name) => {
    const file = name.endsWith(".npy") ? name : `${name}.npy`;
    const known = found.get(file);
    if (known) return known;
    const array = await readNpy(await openSource(await pathWithin(folder, file)));
    found.set(file, array);
    return array;
  };
}

/**
 * Reads a model from its JSON or its safetensors file. For `mlp.json` the
 * weights are in `mlp.safetensors` beside it, or else in .npy files in its
 * folder. For `mlp.safetensors` the JSON is `mlp.json` beside it, or else the
 * text under the key `model` of its `__metadata__`.
 *
 * @throws {ModelFileError} one line that says what is wrong with the files.
 *
 * @example A layer of one weight, in a folder of .npy files
 * ```ts
 * import { readModel } from "./model.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const layer = { class_name: "Dense", config: { units: 1, use_bias: false }, weights: { kernel: "w" } };
 * await Deno.writeTextFile(`${folder}/mlp.json`, JSON.stringify({ layers: [layer] }));
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}";
 * const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0];
 * const bytes = [...start, ...new TextEncoder().encode(header), 7];
 * await Deno.writeFile(`${folder}/w.npy`, new Uint8Array(bytes));
 * const { inputs, layers } = await readModel(`${folder}/mlp.json`);
 * await Deno.remove(folder, { recursive: true });
 * assertEquals(inputs, 1);
 * assertEquals(layers[0]?.weight, new Float32Array([7]));
 * ```
 */
export async function readModel(path: string): Promise<Model> {
  const [, base, extension] = /^(.*)\.(json|safetensors)$/s.exec(path) ?? [];
  if (base === undefined || extension === undefined) {
    throw new ModelFileError(`a model is a .json or a .safetensors file; got ${quotePath(path)}`);
  }
  const json = `${base}.json`;
  const weights = `${base}.safetensors`;
  const folder = folderOf(path);
  const beside = (file: string) => pathWithin(folder, file.slice(file.search(/[^/\\]*$/)));
  if (extension === "json" && !await isThere(weights)) {
    const text = await readText(json, longestDescription);
    return await assemble(path, text, quotePath(path), npyFiles(folder));
  }
  const source = await openSource(extension === "json" ? await beside(weights) : weights);
  const { arrays, metadata } = await readSafetensors(source);
  const find: Find = (name) => {
    const array = arrays.get(name);
    if (array) return Promise.resolve(array);
    throw new ModelFileError(
      `${source.name} has no tensor ${quote(name)}; it has ${formatNames(arrays)}`,
    );
  };
  if (extension === "json" || await isThere(json)) {
    const file = extension === "json" ? json : await beside(json);
    return await assemble(path, await readText(file, longestDescription), quotePath(file), find);
  }
  const text = metadata.maybe(metadataKey, () => metadata.text(metadataKey));
  if (text === null) {
    throw new ModelFileError(
      `${quotePath(path)} needs a JSON with its layers: ${
        quotePath(json)
      }, or the key "${metadataKey}" in its __metadata__`,
    );
  }
  return await assemble(path, text, `the model in ${quotePath(path)}`, find);
}
