/**
 * A stored model as a stack of the layers that the file has, each as it is there,
 * with its weights: to be trained on, looked at, or compared with what folding
 * makes of it. What a file's layers are called and hold decides which variable a
 * weight goes to.
 *
 * @module
 */
import { ArgumentError, errorLine, ShapeError } from "../common/errors.ts";
import { quote, quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { layerClasses, layerFromConfig } from "../layers/from_config.ts";
import type { Layer } from "../layers/layer.ts";
import { Sequential } from "../layers/sequential.ts";
import { withUsualName } from "./activation_names.ts";
import { expectConsistent } from "./consistent.ts";
import { ModelFileError } from "./errors.ts";
import { generationOf } from "./generation.ts";
import { idleClasses } from "./keras_config.ts";
import { withoutCount } from "./normalization_count.ts";
import { safeNames, unsafeForKeras } from "./layer_names.ts";
import { decodeFinite, dtypeNamed } from "./stored_array.ts";
import {
  bytesOfWeight,
  expectClasses,
  type StoredLayer,
  type StoredModel,
} from "./stored_model.ts";

/** What does nothing but in training, and is no layer of the library. */
const skipped = new Set(idleClasses.filter((name) => !layerClasses.includes(name)));

/** Writes a layer's weights from the file to its variables. */
function fill(file: string, layer: Layer, stored: StoredLayer): void {
  const what = `${file}: the layer ${quote(stored.name)} (${stored.className})`;
  const weights = withoutCount(stored);
  const variables = stored.className === "Normalization"
    ? layer.variables.filter(({ name }) => name !== "count")
    : layer.variables;
  if (variables.length !== weights.length) {
    throw new ModelFileError(
      `${what} has ${weights.length} weights; ${variables.length} were expected`,
    );
  }
  const values = weights.map((weight, i) => {
    // By their names where they have Keras's, else in their order.
    const variable = variables.find(({ name }) => name === weight.name) ?? variables[i]!;
    const { shape } = variable.tensor;
    if (`${shape}` !== `${weight.shape}`) {
      throw new ModelFileError(
        `${what} has a ${weight.name} of ${formatShape(weight.shape)}; ${
          formatShape(shape)
        } was expected`,
      );
    }
    const bytes = bytesOfWeight(weight).slice();
    const decoded = decodeFinite(`${what}: its ${weight.name}`, dtypeNamed(weight.dtype)!, bytes);
    return { tensor: variable.tensor, decoded };
  });
  for (const { tensor, decoded } of values) tensor.write(decoded);
}

/**
 * A model as a stack of the layers of its file on a kernel, with their weights. It
 * belongs to the caller. {@linkcode runnableOf} folds instead, which is faster
 * where nothing is to be trained, and runs on kernels that compute no formulas.
 *
 * @throws {ModelFileError} where the file has weights alone, does not say the shape of its input, or has a layer that is none of the library's.
 * @throws {MemoryError} where there is no room for the weights.
 *
 * @example
 * ```ts
 * import { createKernel } from "@densemark/densemark";
 * import { stackOf } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([2]);
 * const kernel = { name: "kernel", shape: [1, 1], dtype: "float32", values } as const;
 * const config = { units: 1, use_bias: false, activation: "linear" };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: [1], notes: [] };
 * await using blocked = await createKernel("blocked");
 * using network = stackOf(blocked, model);
 * using x = blocked.tensor([1, 1], [21]);
 * using y = network.predict(x);
 * if (`${await y.read()}` !== "42") throw new Error("21 · 2");
 * ```
 */
export function stackOf(kernel: Kernel, model: StoredModel): Sequential {
  const { inputShape } = model;
  const file = quotePath(model.name);
  expectClasses(model);
  expectConsistent(model);
  if (!inputShape) {
    throw new ModelFileError(`${file} does not say the shape of its input`);
  }
  const version = generationOf(model);
  const options = version ? { version } : {};
  const network = new Sequential(kernel);
  try {
    const kept = model.layers.filter(({ className }) => !skipped.has(className ?? ""));
    // Other files than Keras's have names that a layer does not take.
    const names = safeNames(kept.map(({ name }) => name), unsafeForKeras);
    for (const [i, { className, name, config }] of kept.entries()) {
      try {
        const own = { ...withUsualName(config), name: names[i] };
        network.add(layerFromConfig(kernel, { class_name: className, config: own }, options));
      } catch (error) {
        throw new ModelFileError(
          `${file}: the layer ${quote(name)} (${className}): ${errorLine(error)}`,
        );
      }
    }
    try {
      network.build([null, ...inputShape]);
    } catch (error) {
      if (!(error instanceof ArgumentError || error instanceof ShapeError)) throw error;
      throw new ModelFileError(`${file}: ${errorLine(error)}`);
    }
    for (const [i, layer] of network.layers.entries()) fill(file, layer, kept[i]!);
    return network;
  } catch (error) {
    network[Symbol.dispose]();
    throw error;
  }
}
