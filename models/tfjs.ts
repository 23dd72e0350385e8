/**
 * Models of TensorFlow.js: a model.json with the layers in Keras 2's form, and
 * the weights as one stream of bytes for each group, cut into files anywhere.
 * Weights are found by name. Quantized ones are decoded as tfjs does it
 * (tfjs-core's io_utils.ts): q · scale + min in double precision, then float32.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { parseKerasModel, weightNames } from "./keras_config.ts";
import { namedWeights } from "./keras_weights.ts";
import type { ModelFiles } from "./model_files.ts";
import {
  type DtypeName,
  dtypeNamed,
  elementsOf,
  expectReadable,
  float32Of,
  nativeOf,
  type Numbers,
  shapeOf,
} from "./stored_array.ts";
import type { StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";

const mostShards = 10_000;
const mostBytes = 2 ** 30;
const passedOver = "the optimizer is passed over: TensorFlow.js's form of it is not read";

/** A weight as the manifest describes it. */
interface Spec {
  readonly name: string;
  /** Whether it is of the optimizer, which tfjs saves in a form of its own. */
  readonly optimizer: boolean;
  readonly shape: readonly number[];
  /** What the bytes are. */
  readonly dtype: DtypeName;
  /** What a quantized number means; null for one that stands for itself. */
  readonly scale: { readonly scale: number; readonly min: number } | null;
  /** Whether the bytes are not what the weight is. */
  readonly quantized: boolean;
  readonly bytes: number;
}

const stored = ["float32", "int32", "bool"] as const;
const packed = ["uint8", "uint16", "float16"] as const;

function specOf(fields: JsonFields, file: string): Spec {
  const name = fields.text("name");
  const what = `${file}: the weight ${quote(name)}`;
  const shape = shapeOf(fields.counts("shape"), what);
  const own = fields.choice("dtype", stored);
  const quantization = fields.maybe("quantization", () => fields.object("quantization"));
  if (quantization && own !== "float32") {
    quantization.fail("dtype", `packs ${own}; float32 alone is read packed`);
  }
  const dtype = quantization ? quantization.choice("dtype", packed) : own;
  const scale = quantization && dtype !== "float16"
    ? {
      scale: quantization.number("scale", -Number.MAX_VALUE),
      min: quantization.number("min", -Number.MAX_VALUE),
    }
    : null;
  const count = elementsOf(shape);
  expectReadable(what, count);
  return {
    // TensorFlow's name of a variable's value.
    name: name.replace(/:0$/, ""),
    optimizer: fields.maybe("group", () => fields.text("group")) === "optimizer",
    shape,
    dtype,
    scale,
    quantized: quantization !== null,
    bytes: count * (dtypeNamed(dtype)?.bytes ?? 0),
  };
}

function decode(
  { name, shape, dtype, scale, quantized }: Spec,
  bytes: Uint8Array<ArrayBuffer>,
): StoredWeight {
  const values: Numbers = nativeOf(dtypeNamed(dtype)!, bytes);
  if (!quantized) return { name, shape, dtype, values };
  const plain = float32Of({ dtype, values });
  return {
    name,
    shape,
    dtype: "float32",
    // Whole numbers of 16 bits are exact in float32.
    values: scale ? plain.map((q) => q * scale.scale + scale.min) : plain,
  };
}

/** The bytes of a group's files, one after the other; they must be as many as its weights need. */
async function streamOf(
  group: JsonFields,
  files: ModelFiles,
  needed: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const paths = group.texts("paths");
  if (paths.length > mostShards) {
    group.fail("paths", `names ${paths.length} files; at most ${mostShards} are read`);
  }
  if (new Set(paths).size !== paths.length) group.fail("paths", "names a file twice");
  if (!(needed <= mostBytes)) {
    group.fail("weights", `needs ${needed} bytes; at most ${mostBytes} are read`);
  }
  const sources = [];
  for (const path of paths) sources.push(await files.beside(path));
  const size = sources.reduce((sum, source) => sum + source.size, 0);
  if (size !== needed) {
    group.fail(
      "weights",
      `needs ${needed} bytes; the ${paths.length} files in "paths" have ${size}`,
    );
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const source of sources) {
    bytes.set(await source.read(0, source.size), at);
    at += source.size;
  }
  return bytes;
}

/** All weights, by name. */
async function readManifest(
  root: JsonFields,
  files: ModelFiles,
  file: string,
): Promise<{ weights: Map<string, StoredWeight>; notes: string[] }> {
  const weights = new Map<string, StoredWeight>();
  const notes: string[] = [];
  for (const group of root.list("weightsManifest", (fields) => fields)) {
    const specs = group.list("weights", (fields) => specOf(fields, file));
    const needed = specs.reduce((sum, { bytes }) => sum + bytes, 0);
    const stream = await streamOf(group, files, needed);
    let at = 0;
    for (const spec of specs) {
      if (spec.optimizer) {
        at += spec.bytes;
        continue;
      }
      if (weights.has(spec.name)) group.fail("weights", `has the name ${quote(spec.name)} twice`);
      weights.set(spec.name, decode(spec, stream.slice(at, at + spec.bytes)));
      at += spec.bytes;
      if (spec.quantized) notes.push(`${quote(spec.name)} is ${spec.dtype}, decoded to float32`);
    }
    if (specs.some(({ optimizer }) => optimizer)) notes.push(passedOver);
  }
  return { weights, notes };
}

/**
 * A model.json of TensorFlow.js with the files that it names.
 *
 * @throws {ModelFileError} where it is none, or its parts do not fit each other.
 */
export async function readTfjs(
  files: ModelFiles,
  file: string,
  root: JsonFields,
): Promise<StoredModel> {
  const format = root.maybe("format", () => root.text("format"));
  if (format !== null && format !== "layers-model") {
    root.fail("format", `is ${quote(format)}, a graph; a "layers-model" is read`);
  }
  const topology = root.object("modelTopology");
  const converted = topology.has("model_config");
  const { layers, inputShape } = parseKerasModel(
    converted ? topology.object("model_config") : topology,
  );
  const { weights, notes } = await readManifest(root, files, file);
  const unused = new Set(weights.keys());
  const found = layers.map((layer): StoredLayer => {
    const names = weightNames.get(layer.className)?.(layer.config) ?? [];
    const own = names.map((name) => {
      const key = `${layer.name}/${name}`;
      // The converter may put the model's name before it.
      const full = weights.has(key) ? key : [...unused].find((each) => each.endsWith(`/${key}`));
      const weight = full === undefined ? undefined : weights.get(full);
      if (full === undefined || !weight) {
        throw new ModelFileError(`${file} has no weight ${quote(key)}, which its layers need`);
      }
      unused.delete(full);
      return weight;
    });
    return namedWeights(file, layer, own);
  });
  const [left] = unused;
  if (left !== undefined) {
    throw new ModelFileError(`${file}: the weight ${quote(left)} is of none of its layers`);
  }
  const text = (fields: JsonFields, key: string) => fields.maybe(key, () => fields.text(key));
  return {
    name: files.path,
    format: "TensorFlow.js layers model",
    producer: text(root, "generatedBy") ?? text(topology, "keras_version"),
    layers: found,
    inputShape,
    notes,
  };
}
