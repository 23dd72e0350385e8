/**
 * Which generation of Keras the words of a model are of: some mean other
 * functions in Keras 2 and TensorFlow.js than in Keras 3.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { type KerasVersion, versionOf } from "../layers/keras_objects.ts";
import type { LayerConfig } from "./keras_config.ts";
import type { StoredLayer, StoredModel } from "./stored_model.ts";

/** The version of Keras whose files are written, whose words those of ONNX are given as. */
export const writtenVersion = "3.16.0";
// The last one of its generation.
const version2 = "2.15.0";

/** The version of Keras that wrote a model; null where it was another program, or none that is known. */
function versionIn({ producer }: StoredModel): string | null {
  // TensorFlow.js's converter writes "keras v2.15.0".
  return /^keras v?(\d[\w.+-]*)/i.exec(producer ?? "")?.[1] ?? null;
}

/** The generation of a model's words; undefined where nothing says it. */
export function generationOf(model: StoredModel): KerasVersion | undefined {
  const { format, producer } = model;
  // Its operators were given the words of Keras 3 when they were read.
  if (format.startsWith("ONNX")) return 3;
  const version = versionIn(model);
  if (version !== null) return parseInt(version) < 3 ? 2 : 3;
  return /tfjs|TensorFlow/i.test(`${format} ${producer}`) ? 2 : undefined;
}

/** The generation of a layer's words: the model's, else the one that the layer looks like. */
export function layerGeneration(model: StoredModel, { config }: StoredLayer): KerasVersion {
  return generationOf(model) ?? versionOf(config);
}

/** The version that is written with a model's layers as Keras's JSON; null where none is known. */
export function versionToWrite(model: StoredModel): string | null {
  const generation = generationOf(model);
  if (generation === undefined) return null;
  return versionIn(model) ?? (generation === 3 ? writtenVersion : version2);
}

/**
 * Who wrote a model, as `producer` has it.
 *
 * @param version What the file around Keras's JSON says, if it does.
 * @param root The JSON, which may say it itself, or have what Keras 3 alone writes.
 */
export function kerasProducer(
  version: string | null,
  root: JsonFields,
  layers: readonly LayerConfig[],
): string | null {
  const own = version ?? root.maybe("keras_version", () => root.text("keras_version"));
  if (own !== null) return `Keras ${own}`;
  const modern = [root, ...layers.map(({ fields }) => fields)]
    .some((fields) => fields.has("module") || fields.has("registered_name"));
  return modern ? "Keras 3" : null;
}
