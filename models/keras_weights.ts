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

/** The groups of the layers in the newer layout: the path of each by its name. */
type LayerGroups = ReadonlyMap<string, string>;

/** What Keras 2 called the folder of the layers. */
const olderFolder = "_layer_checkpoint_dependencies";

/** Where the layers are in the newer layout. */
function groupsOfLayers(file: Hdf5File): LayerGroups {
  const top = file.namesIn("");
  for (const folder of ["layers", olderFolder]) {
    if (top.includes(folder)) {
      return new Map(file.namesIn(folder).map((name) => [name, `${folder}/${name}`]));
    }
    // Keras 2 on Windows joins them with a backslash, which is no separator of HDF5's.
    const joined = top.filter((name) => name.startsWith(`${folder}\\`));
    if (joined.length > 0) {
      return new Map(joined.map((name) => [name.slice(folder.length + 1), name]));
    }
  }
  throw new ModelFileError(
    `${file.name} has no group "layers", as Keras's weights have; it has ${
      formatList(top.map((name) => quote(name)), { most: 8 }) || "nothing"
    }`,
  );
}

/**
 * The names of the layers' groups: `dense`, then `dense_1`. Keras 2.12 counts a
 * layer with weights twice, so that `dense_2` follows: in its folder they are
 * taken in their order where a class has as many as there are layers of it.
 */
function groupNames(layers: readonly LayerConfig[], groups: LayerGroups): string[] {
  const bases = layers.map(({ className }) => snakeCase(className));
  const older = [...groups.values()].some((path) => path.startsWith(olderFolder));
  const inOrder = (base: string): readonly string[] =>
    older ? [...groups.keys()].filter((name) => partsOf(name)[0] === base).sort(byNumber) : [];
  const counts = new Map<string, number>();
  return bases.map((base) => {
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const there = inOrder(base);
    if (there.length === bases.filter((other) => other === base).length) return there[count]!;
    return count === 0 ? base : `${base}_${count}`;
  });
}

/** The arrays of a group that numbers them; none where there is no such group. */
export async function varsAt(file: Hdf5File, path: string): Promise<StoredWeight[]> {
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
  const groups = groupsOfLayers(file);
  const names = groupNames(layers, groups);
  const found: StoredLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const path = `${groups.get(names[i]!) ?? names[i]!}/vars`;
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
  const used = new Set(names);
  const extra = [...groups].find(([name]) => !used.has(name));
  if (extra) {
    throw new ModelFileError(
      `${file.name}: its group ${quote(extra[1])} is of no layer of the configuration`,
    );
  }
  return found;
}

/** The groups of the newer layout alone, where there is no configuration: in the order of Keras's counting. */
export async function readVarsAlone(file: Hdf5File): Promise<StoredLayer[]> {
  const groups = groupsOfLayers(file);
  const layers: StoredLayer[] = [];
  for (const group of [...groups.keys()].sort(byNumber)) {
    const path = `${groups.get(group)!}/vars`;
    const weights = await varsAt(file, path);
    const name = (weights.length > 0 ? file.text(path, "name") : null) ?? group;
    if (weights.length > 0) layers.push({ className: null, name, config: {}, weights });
  }
  return layers;
}

/** `dense_10` as `dense` and 10. */
function partsOf(name: string): readonly [base: string, number: number] {
  const [, base = name, number = "0"] = /^(.*?)(?:_(\d+))?$/s.exec(name) ?? [];
  return [base, Number(number)];
}

/** `dense_10` behind `dense_2`. */
function byNumber(a: string, b: string): number {
  const [[one, first], [other, second]] = [partsOf(a), partsOf(b)];
  return one === other ? first - second : one < other ? -1 : 1;
}

/** The arrays of a group that lists their names. */
export async function namedAt(file: Hdf5File, path: string): Promise<StoredWeight[]> {
  const weights: StoredWeight[] = [];
  const seen = new Set<string>();
  for (const name of file.texts(path, "weight_names") ?? []) {
    if (seen.has(name)) {
      throw new ModelFileError(
        `${file.name}: ${quote(path)} lists the weight ${quote(name)} twice`,
      );
    }
    seen.add(name);
    weights.push(await file.numbers(`${path}/${name}`, name));
  }
  return weights;
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
    const weights = listed.includes(layer.name) ? await namedAt(file, path) : [];
    found.push(namedWeights(file.name, layer, weights));
  }
  return found;
}
