/**
 * Keras's own files as models: `.keras` (a zip of JSON and HDF5), the older
 * whole-model `.h5` of Keras 1 to 3, and `.weights.h5`, which has weights alone
 * and needs `model.to_json()` beside it to be run.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { kerasProducer } from "./generation.ts";
import { Hdf5File } from "./hdf5/hdf5.ts";
import { parseObject } from "./json.ts";
import { parseKerasModel } from "./keras_config.ts";
import { namedAt, readNamed, readVars, readVarsAlone, varsAt } from "./keras_weights.ts";
import { decodeText, longestJson } from "./source.ts";
import type { Config, ConfigValue, StoredModel, StoredWeight } from "./stored_model.ts";
import type { Zip } from "./zip.ts";

/** A JSON text as fields. @throws {ModelFileError} where it is too long, or no JSON object. */
export function configFields(text: string, what: string) {
  if (text.length > longestJson) {
    throw new ModelFileError(
      `${what} has ${text.length} characters; at most ${longestJson} are read`,
    );
  }
  return parseObject(text, what);
}

/**
 * How a model was trained: its loss, and its optimizer with what that kept. A file
 * whose optimizer cannot be read is a model all the same, with a note.
 *
 * @param find Finds what `compile` was given; null where the file does not say.
 * @param key Under which the optimizer is there.
 */
async function readTraining(
  find: () => JsonFields | null,
  key: string,
  readWeights: () => Promise<StoredWeight[]>,
): Promise<Pick<StoredModel, "notes" | "optimizer" | "loss">> {
  try {
    const fields = find();
    if (!fields) return { notes: [] };
    const loss = fields.maybe("loss", () => fields.any("loss") as ConfigValue);
    const optimizer = fields.maybe(key, () => fields.object(key));
    const weights = optimizer ? await readWeights() : [];
    if (!optimizer || weights.length === 0) return { notes: [], loss };
    const config = optimizer.any("config") as Config;
    return {
      notes: [],
      loss,
      optimizer: { className: optimizer.text("class_name"), config, weights },
    };
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    return { notes: [`the optimizer is passed over: ${error.message}`] };
  }
}

/** A `.keras` file. */
export async function readKeras(path: string, zip: Zip): Promise<StoredModel> {
  const { name } = zip;
  const text = async (entry: string) => {
    const found = zip.entries.get(entry);
    if (found && found.uncompressedSize > longestJson) {
      throw new ModelFileError(
        `${name}: ${
          quote(entry)
        } has ${found.uncompressedSize} bytes; at most ${longestJson} are read`,
      );
    }
    return decodeText(await zip.read(entry), `${name}: ${quote(entry)}`);
  };
  const config = configFields(await text("config.json"), `${name}: "config.json"`);
  const metadata = zip.has("metadata.json")
    ? configFields(await text("metadata.json"), `${name}: "metadata.json"`)
    : null;
  const { layers, inputShape } = parseKerasModel(config);
  const weights = "model.weights.h5";
  if (!zip.has(weights)) {
    const why = zip.has("model.weights.npz")
      ? "its weights are pickles (model.weights.npz), which are never read"
      : zip.has("model.weights.json")
      ? "its weights are in several parts (model.weights.json), which is not read"
      : `it has no weights; it has ${zip.names}`;
    throw new ModelFileError(`${name}: ${why}; save it with ${quote(weights)} inside`);
  }
  const file = new Hdf5File(`${name}: ${quote(weights)}`, await zip.read(weights), zip.size);
  const version = metadata?.maybe("keras_version", () => metadata.text("keras_version")) ?? null;
  return {
    name: path,
    format: "Keras 3 (.keras)",
    producer: kerasProducer(version, config, layers),
    layers: await readVars(file, layers),
    inputShape,
    ...await readTraining(
      () => config.maybe("compile_config", () => config.object("compile_config")),
      "optimizer",
      () => varsAt(file, "optimizer/vars"),
    ),
  };
}

/**
 * An HDF5 file: of a whole model, or of weights alone.
 *
 * @param findConfig Finds Keras's JSON of the layers, for weights alone; gives null without one.
 */
export async function readKerasHdf5(
  path: string,
  file: Hdf5File,
  findConfig: () => Promise<{ readonly text: string; readonly name: string } | null>,
): Promise<StoredModel> {
  const own = file.text("", "model_config");
  const version = file.text("", "keras_version") ??
    (file.has("model_weights") ? file.text("model_weights", "keras_version") : null);
  const common = { name: path, notes: [] };
  if (own !== null) {
    const fields = configFields(own, `${file.name}: "model_config"`);
    const { layers, inputShape } = parseKerasModel(fields);
    return {
      ...common,
      format: "Keras HDF5 (.h5)",
      producer: kerasProducer(version, fields, layers),
      layers: await readNamed(file, "model_weights", layers),
      inputShape,
      ...await readTraining(
        () => {
          const text = file.text("", "training_config");
          return text === null ? null : configFields(text, `${file.name}: "training_config"`);
        },
        "optimizer_config",
        async () => file.has("optimizer_weights") ? await namedAt(file, "optimizer_weights") : [],
      ),
    };
  }
  const named = file.texts("", "layer_names") !== null;
  const format = "Keras weights (.weights.h5)";
  const config = await findConfig();
  if (config === null) {
    if (named) {
      throw new ModelFileError(
        `${file.name} has weights alone, in Keras's older layout; put model.to_json() beside it as a .json of its name`,
      );
    }
    return {
      ...common,
      format,
      producer: version === null ? null : `Keras ${version}`,
      layers: await readVarsAlone(file),
      inputShape: null,
    };
  }
  const fields = configFields(config.text, config.name);
  const { layers, inputShape } = parseKerasModel(fields);
  return {
    ...common,
    format,
    producer: kerasProducer(version, fields, layers),
    layers: named ? await readNamed(file, "", layers) : await readVars(file, layers),
    inputShape,
  };
}
