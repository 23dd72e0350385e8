/**
 * The weights of Keras's layers from HDF5, in both of its layouts: that of
 * `.weights.h5` and .keras files (`layers/dense_1/vars/0`, counted per class in
 * the model's order), and the older one of whole models (`model_weights/name`,
 * with the names of the arrays in an attribute).
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { snakeCase } from "../layers/names.ts";
import { ModelFileError } from "./errors.ts";
import type { Hdf5File } from "./hdf5/hdf5.ts";
import { type LayerConfig, weightNames } from "./keras_config.ts";
import { misfitOf } from "./quantized.ts";
import type { StoredLayer, StoredWeight } from "./stored_model.ts";

/** Weights by the names that Keras gives them. @throws {ModelFileError} where they are more or fewer. */
export function namedWeights(
  file: string,
  { name, className, config }: LayerConfig,
  weights: readonly StoredWeight[],
): StoredLayer {
  const required = weightNames.get(className)?.(config) ?? [];
  // Keras 2 counts what it adapted a Normalization to.
  const counts = className === "Normalization" && weights.length === required.length + 1;
  const names = counts && required.length > 0 ? [...required, "count"] : required;
  if (weights.length !== names.length) {
    throw new ModelFileError(
      `${file}: the layer ${
        quote(name)
      } (${className}) has ${weights.length} weights; it should have ${
        names.length > 0 ? `${names.length}, ${formatList(names)}` : "none"
      }`,
    );
  }
  const named = weights.map((weight, i) => ({ ...weight, name: names[i]! }));
  const layer = { className, name, config, weights: named };
  expectShapes(file, layer);
  return layer;
}

/** Holds that a Dense's arrays fit each other. */
function expectShapes(file: string, { className, name, config, weights }: StoredLayer): void {
  const misfit = className === "Dense" ? misfitOf(config, weights) : null;
  if (!misfit) return;
  throw new ModelFileError(
    `${file}: the ${misfit.weight.name} of ${quote(name)} must have ${misfit.wanted}; got ${
      formatShape(misfit.weight.shape)
    }`,
  );
}

/** Where the layers are in the newer layout: Keras 2.13 called the folder otherwise. */
function folderOfLayers(file: Hdf5File): string {
  const found = ["layers", "_layer_checkpoint_dependencies"].find((path) => file.has(path));
  if (found !== undefined) return found;
  throw new ModelFileError(
    `${file.name} has no group "layers", as Keras's weights have; it has ${
      formatList(file.namesIn("").map((name) => quote(name)), { most: 8 }) || "nothing"
    }`,
  );
}

async function varsAt(file: Hdf5File, path: string): Promise<StoredWeight[]> {
  const weights: StoredWeight[] = [];
  if (!file.has(path)) return weights;
  const { length } = file.namesIn(path);
  for (let i = 0; i < length; i++) weights.push(await file.numbers(`${path}/${i}`, `${i}`));
  return weights;
}

/** Layers with their weights, from the newer layout. */
export async function readVars(
  file: Hdf5File,
  layers: readonly LayerConfig[],
): Promise<StoredLayer[]> {
  const folder = folderOfLayers(file);
  const counts = new Map<string, number>();
  const found: StoredLayer[] = [];
  const used = new Set<string>();
  for (const layer of layers) {
    const base = snakeCase(layer.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const group = count === 0 ? base : `${base}_${count}`;
    used.add(group);
    const path = `${folder}/${group}/vars`;
    // Newer versions write the layer's name there.
    const stored = file.has(path) ? file.text(path, "name") : null;
    if (stored !== null && stored !== layer.name) {
      throw new ModelFileError(
        `${file.name}: ${quote(path)} is of the layer ${quote(stored)}; the configuration has ${
          quote(layer.name)
        } there`,
      );
    }
    found.push(namedWeights(file.name, layer, await varsAt(file, path)));
  }
  const extra = file.namesIn(folder).filter((name) => !used.has(name));
  if (extra.length > 0) {
    throw new ModelFileError(
      `${file.name}: its group ${
        quote(`${folder}/${extra[0]}`)
      } is of no layer of the configuration`,
    );
  }
  return found;
}

/** The groups of the newer layout alone, where there is no configuration: in the order of Keras's counting. */
export async function readVarsAlone(file: Hdf5File): Promise<StoredLayer[]> {
  const folder = folderOfLayers(file);
  const layers: StoredLayer[] = [];
  for (const group of file.namesIn(folder).sort(byNumber)) {
    const path = `${folder}/${group}/vars`;
    const weights = await varsAt(file, path);
    const name = (weights.length > 0 ? file.text(path, "name") : null) ?? group;
    if (weights.length > 0) layers.push({ className: null, name, config: {}, weights });
  }
  return layers;
}

/** `dense_10` behind `dense_2`. */
function byNumber(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => /^(.*?)(?:_(\d+))?$/.exec(name) ?? []);
  const [before, behind] = [one![1]!, other![1]!];
  if (before !== behind) return before < behind ? -1 : 1;
  return Number(one![2] ?? 0) - Number(other![2] ?? 0);
}

/** Layers with their weights, from the older layout below a path. */
export async function readNamed(
  file: Hdf5File,
  folder: string,
  layers: readonly LayerConfig[],
): Promise<StoredLayer[]> {
  const listed = file.texts(folder, "layer_names");
  if (listed === null) {
    throw new ModelFileError(`${file.name}: ${quote(folder || "/")} lists no layer_names`);
  }
  const found: StoredLayer[] = [];
  for (const layer of layers) {
    const path = `${folder}${folder ? "/" : ""}${layer.name}`;
    const names = listed.includes(layer.name) ? file.texts(path, "weight_names") ?? [] : [];
    const weights: StoredWeight[] = [];
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) {
        throw new ModelFileError(
          `${file.name}: ${quote(path)} lists the weight ${quote(name)} twice`,
        );
      }
      seen.add(name);
      weights.push(await file.numbers(`${path}/${name}`, name));
    }
    found.push(namedWeights(file.name, layer, weights));
  }
  return found;
}
