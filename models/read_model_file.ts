/**
 * Model files of every format that is read here, by their content and their
 * names, as the one form of stored_model.ts.
 *
 * @module
 */
import { formatList, quotePath } from "../common/text.ts";
import { describedModel } from "./described_model.ts";
import { ModelFileError } from "./errors.ts";
import { Hdf5File, isHdf5 } from "./hdf5/hdf5.ts";
import { configFields, readKeras, readKerasHdf5 } from "./keras.ts";
import { adviceOn, refuseMistaken } from "./mistaken.ts";
import {
  baseOf,
  type FileBytes,
  fileNameOf,
  filesInMemory,
  filesOf,
  type ModelFiles,
  pathOf,
} from "./model_files.ts";
import { readNpz } from "./npz.ts";
import { readOnnxFiles } from "./onnx.ts";
import { readSafetensors, type Safetensors } from "./safetensors.ts";
import { isIndex, readIndexed } from "./safetensors_index.ts";
import { readJson, type Source } from "./source.ts";
import type { StoredLayer, StoredModel } from "./stored_model.ts";
import type { StoredArray } from "./stored_array.ts";
import { readTfjs } from "./tfjs.ts";
import { isZip, Zip } from "./zip.ts";

/** The endings of the files that are read. */
export const modelExtensions = [
  ".keras",
  ".h5",
  ".hdf5",
  ".json",
  ".onnx",
  ".safetensors",
  ".npz",
] as const;

// All of a file is in memory, and its weights beside it.
const mostBytes = 2 ** 30;

/** A model's arrays without its layers: one layer of each name before the last part. */
async function arraysAlone(arrays: ReadonlyMap<string, StoredArray>): Promise<StoredLayer[]> {
  const layers = new Map<string, StoredLayer & { weights: StoredLayer["weights"][number][] }>();
  for (const [key, array] of arrays) {
    const { dtype } = array;
    const [, layer = "", own = key] = /^(.*?)(?:\/|__|\.)([^/.]+)$/s.exec(key) ?? [];
    const group = layers.get(layer) ?? { className: null, name: layer, config: {}, weights: [] };
    layers.set(layer, group);
    const values = await array.native();
    if (dtype) group.weights.push({ name: own, shape: array.shape, dtype: dtype.name, values });
  }
  return [...layers.values()];
}

async function bytesOf(source: Source): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > mostBytes) {
    throw new ModelFileError(
      `${source.name} has ${source.size} bytes; at most ${mostBytes} are read`,
    );
  }
  return await source.read(0, source.size);
}

/** The JSON that lies beside a file of weights: of its name without what it ends in. */
async function jsonBeside(files: ModelFiles): Promise<{ text: string; name: string } | null> {
  const name = `${baseOf(fileNameOf(files.path))}.json`;
  if (!await files.has(name)) return null;
  const source = await files.beside(name);
  return { text: await readJson(source), name: source.name };
}

async function withArrays(
  files: ModelFiles,
  format: string,
  source: Source,
  arrays: ReadonlyMap<string, StoredArray>,
  embedded: { text: string; name: string } | null = null,
): Promise<StoredModel> {
  const json = await jsonBeside(files) ?? embedded;
  if (json !== null) {
    return await describedModel(files.path, format, json, arrays, source.name);
  }
  const layers = await arraysAlone(arrays);
  return { name: files.path, format, producer: null, layers, inputShape: null, notes: [] };
}

/** The key of a safetensors file's `__metadata__` under which it may carry its layers. */
const metadataKey = "model";

function embeddedIn({ metadata }: Safetensors, source: Source) {
  const text = metadata.maybe(metadataKey, () => metadata.text(metadataKey));
  return text === null ? null : { text, name: `the model in ${source.name}` };
}

async function readJsonModel(files: ModelFiles, source: Source): Promise<StoredModel> {
  const text = await readJson(source);
  const root = configFields(text, source.name);
  if (root.has("modelTopology") || root.has("weightsManifest")) {
    return await readTfjs(files, source.name, root);
  }
  if (isIndex(root)) {
    return await withArrays(files, "safetensors", source, await readIndexed(files, root));
  }
  const base = fileNameOf(files.path).replace(/\.\w+$/, "");
  const json = { text, name: source.name };
  if (await files.has(`${base}.safetensors`)) {
    const other = await files.beside(`${base}.safetensors`);
    const { arrays } = await readSafetensors(other);
    return await describedModel(files.path, "JSON and safetensors", json, arrays, other.name);
  }
  if (await files.has(`${base}.npz`)) {
    const other = await files.beside(`${base}.npz`);
    const arrays = await readNpz(await Zip.open(other.name, await bytesOf(other)));
    return await describedModel(files.path, "JSON and .npz", json, arrays, other.name);
  }
  if (await files.has(`${base}.weights.h5`)) {
    const other = await files.beside(`${base}.weights.h5`);
    return await readKerasHdf5(
      files.path,
      new Hdf5File(other.name, await bytesOf(other)),
      () => Promise.resolve(json),
    );
  }
  return await describedModel(files.path, "JSON and .npy", json, files, source.name);
}

async function readFiles(files: ModelFiles): Promise<StoredModel> {
  const { path } = files;
  const extension = modelExtensions.find((ending) => path.toLowerCase().endsWith(ending));
  if (extension === undefined) {
    throw new ModelFileError(
      `a model is a ${formatList(modelExtensions, { word: "or" })} file; got ${quotePath(path)}${
        adviceOn(path)
      }`,
    );
  }
  const source = await files.main();
  await refuseMistaken(source);
  if (extension === ".json") return await readJsonModel(files, source);
  if (extension === ".safetensors") {
    const found = await readSafetensors(source);
    return await withArrays(files, "safetensors", source, found.arrays, embeddedIn(found, source));
  }
  const bytes = await bytesOf(source);
  if (extension === ".onnx") return await readOnnxFiles(files, source.name, bytes);
  // A file may have the wrong one of the endings that Keras gives.
  if (!isZip(bytes) && isHdf5(bytes)) {
    const file = new Hdf5File(source.name, bytes);
    return await readKerasHdf5(path, file, () => jsonBeside(files));
  }
  if (!isZip(bytes)) {
    const kind = extension === ".keras" || extension === ".npz" ? "zip archive" : "HDF5 file";
    throw new ModelFileError(`${source.name} is no ${kind}, as ${extension} files are`);
  }
  const zip = await Zip.open(source.name, bytes);
  if (zip.has("config.json")) return await readKeras(path, zip);
  if (extension !== ".npz") {
    throw new ModelFileError(
      `${source.name} has no config.json, as Keras's files have; it has ${zip.names}`,
    );
  }
  return await withArrays(files, "NumPy (.npz)", source, await readNpz(zip));
}

/**
 * Reads a model file, with the files beside it that it needs: the shards of a
 * TensorFlow.js model, or the JSON of layers beside a file of weights alone. It
 * reads by the permissions of the program, which in Deno is `--allow-read`.
 *
 * @param path A .keras, .h5, .onnx, .safetensors or .npz file, or a model.json; its path, or a URL of it, `file:`.
 * @throws {ModelFileError} one line with the file, the place in it and the reason, where it cannot be read.
 * @throws {ArgumentError} where it is neither a path nor a URL of a file.
 *
 * @example What a file holds
 * ```ts
 * import { encodeNpz, readModelFile } from "@densemark/densemark/models";
 *
 * const kernel = {
 *   name: "kernel",
 *   shape: [2, 1],
 *   dtype: "float32",
 *   values: new Float32Array([1, 2]),
 * } as const;
 * const config = { units: 1, use_bias: false };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: null, notes: [] };
 * const path = await Deno.makeTempFile({ suffix: ".npz" });
 * await Deno.writeFile(path, await encodeNpz(model));
 * const [layer] = (await readModelFile(path)).layers;
 * await Deno.remove(path);
 * if (layer?.name !== "fc") throw new Error("no such layer");
 * ```
 */
export async function readModelFile(path: string | URL): Promise<StoredModel> {
  return await readFiles(filesOf(pathOf(path)));
}

/**
 * Reads a model that is in memory, as {@linkcode readModelFile} reads a file:
 * in a browser, say, or from the network.
 *
 * @param name Its name, whose ending says its format, and which messages call it by.
 * @param bytes Its bytes, as an array or as fetch() gives them by `arrayBuffer()`.
 * @param others The files beside it that it needs, by their names.
 * @throws {ModelFileError} as `readModelFile` does.
 * @throws {ArgumentError} where the name is no text, or what should be bytes is none.
 *
 * @example A file that is none
 * ```ts
 * import { readModelBytes } from "@densemark/densemark/models";
 *
 * const text = new TextEncoder().encode("no model at all");
 * const reason = await readModelBytes("mlp.keras", text).catch((error: unknown) => `${error}`);
 * const wanted = 'ModelFileError: "mlp.keras" is no zip archive, as .keras files are';
 * if (reason !== wanted) throw new Error(`${reason}`);
 * ```
 */
export async function readModelBytes(
  name: string,
  bytes: FileBytes,
  others: Readonly<Record<string, FileBytes>> = {},
): Promise<StoredModel> {
  return await readFiles(filesInMemory(name, bytes, others));
}
