/**
 * A network of the library as a stored model, to be written as a file: the way
 * back from {@linkcode stackOf}. Layers are under Keras's names, with the
 * configurations that they give, and their weights to the bit.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, errorLine } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { readAll } from "../kernels/read_all.ts";
import { Dense } from "../layers/dense.ts";
import { layerFromConfig } from "../layers/from_config.ts";
import type { KerasConfig } from "../layers/keras_objects.ts";
import type { Layer, Variable } from "../layers/layer.ts";
import { Sequential } from "../layers/sequential.ts";
import { ModelFileError } from "./errors.ts";
import { writtenVersion } from "./generation.ts";
import { weightNames } from "./keras_config.ts";
import { safeNames, unsafeForKeras } from "./layer_names.ts";
import { storedTraining } from "./optimizer.ts";
import { quantizationIn } from "./quantized.ts";
import type { Config, StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";

/** The layers of a stack, those of stacks within it in their place. */
function layersOf(stack: Sequential): Layer[] {
  return stack.layers.flatMap((layer) => layer instanceof Sequential ? layersOf(layer) : [layer]);
}

function configOf(layer: Layer, what: string): KerasConfig {
  if (layer.className === undefined || !layer.getConfig) {
    throw new ModelFileError(`${what} is none of Keras's, and has no configuration to be written`);
  }
  try {
    const config = layer.getConfig();
    // What could not be read again, such as an activation that is a function, is not written.
    layerFromConfig(layer.kernel, { class_name: layer.className, config })[Symbol.dispose]();
    return config;
  } catch (error) {
    throw new ModelFileError(`${what} cannot be written: ${errorLine(error)}`);
  }
}

async function readVariables(variables: readonly Variable[]) {
  const values = await readAll(variables.map(({ tensor }) => tensor));
  return variables.map(({ name, tensor: { shape } }, i) => ({ name, shape, data: values[i]! }));
}

/** @param name What the layer is called in the file, where no other one is. */
async function storedLayer(layer: Layer, name: string): Promise<StoredLayer> {
  const { className = null, variables } = layer;
  const what = `the layer ${quote(layer.name)} (${className ?? "of a class of its own"})`;
  const { lora_rank: _, lora_alpha: __, ...config } = configOf(layer, what) as Config;
  const wanted = weightNames.get(className!)?.(config);
  if (!layer.built && wanted?.length !== 0) {
    throw new ModelFileError(`${what} has no weights yet; build() makes them, or a first call`);
  }
  const adapted = layer instanceof Dense && layer.loraEnabled;
  const extra = wanted && !adapted && variables.find(({ name }) => !wanted.includes(name));
  if (extra) {
    throw new ModelFileError(`${what} has a weight ${quote(extra.name)} that is not written`);
  }
  // A lora is part of the kernel in Keras's files.
  const store = adapted ? Object.values(await layer.saveOwnVariables()) : null;
  const found = store?.map(({ shape, data }, i) => ({ name: wanted![i]!, shape, data })) ??
    await readVariables(variables);
  // Of these Keras has bytes.
  const whole = quantizationIn(config) ? ["kernel", "kernel_zero"] : [];
  const weights = found.map(({ name, shape, data }): StoredWeight =>
    whole.includes(name)
      ? { name, shape, dtype: "int8", values: new Int8Array(data) }
      : { name, shape, dtype: "float32", values: new Float32Array(data) }
  );
  return { className, name, config, weights };
}

/**
 * A network as a stored model, which every writer takes: {@linkcode encodeKeras},
 * {@linkcode encodeTfjs} and the others. Stacks within it are written as their layers,
 * one after the other; a LoRA is merged into its weight. The optimizer of `compile` is part of
 * it once it made a step: {@linkcode encodeKeras} writes it, {@linkcode optimizerOf} goes on with it.
 *
 * @param name What messages call it; default the network's name.
 * @throws {ArgumentError} where it is no Sequential.
 * @throws {ModelFileError} for a layer that Keras does not know, one that has no weights yet, or a weight of its own.
 *
 * @example A network that was trained, as a file of Keras
 * ```ts
 * import { createKernel, Dense, Sequential } from "@densemark/densemark";
 * import { encodeKeras, readModelBytes, stackOf, storedOf } from "@densemark/densemark/models";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, activation: "relu" })]);
 * model.compile({ optimizer: "sgd", loss: "mse" });
 * await model.fit([[1, 2], [3, 4]], [[3], [7]], { epochs: 2, seed: 1 });
 *
 * const file = await encodeKeras(await storedOf(model));
 * using same = stackOf(kernel, await readModelBytes("sum.keras", file));
 * const [before, after] = [await model.predict([[5, 6]]), await same.predict([[5, 6]])];
 * if (`${before.data}` !== `${after.data}`) throw new Error("not the same");
 * ```
 */
export async function storedOf(
  network: Sequential,
  name: string = network?.name,
): Promise<StoredModel> {
  if (!(network instanceof Sequential)) {
    throw new ArgumentError(`storedOf() takes a Sequential; got ${describe(network)}`);
  }
  const all = layersOf(network);
  // Layers of different stacks may have one name.
  const names = safeNames(all.map((layer) => layer.name), unsafeForKeras);
  const { inputShape = null } = (all[0] ?? {}) as {
    readonly inputShape?: readonly (number | null)[] | null;
  };
  const layers: StoredLayer[] = [];
  for (const [i, layer] of all.entries()) layers.push(await storedLayer(layer, names[i]!));
  return {
    name,
    format: "a network of this library",
    // Whose words the layers' configurations are.
    producer: `Keras ${writtenVersion}`,
    layers,
    inputShape: inputShape?.slice(1) ?? null,
    ...await storedTraining(network),
  };
}
