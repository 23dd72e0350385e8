/**
 * A network as layers of the library. This is where files meet layers/: what of
 * a model is a Dense with an activation is made so; layers of other kinds are
 * folded before, by runnable.ts.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { Dense } from "../layers/dense.ts";
import { Sequential } from "../layers/sequential.ts";
import { ModelFileError } from "./errors.ts";
import type { Model, ModelLayer } from "./model.ts";

/** Activations that follow a linear Dense as its own. */
function merged({ layers }: Model): ModelLayer[] {
  const found: ModelLayer[] = [];
  for (const layer of layers) {
    const last = found.at(-1);
    if (layer.weight) found.push(layer);
    else if (layer.activation === "linear") continue;
    else if (last?.activation === "linear") {
      found[found.length - 1] = { ...last, activation: layer.activation };
    } else {
      throw new ModelFileError(
        `the layer ${
          quote(layer.name)
        } (${layer.activation}) follows no Dense that is linear; it cannot be a part of one`,
      );
    }
  }
  return found;
}

/**
 * A network as a stack of Dense layers on a kernel, with its weights. It belongs
 * to the caller.
 *
 * @throws {ModelFileError} where an activation follows another one.
 * @throws {MemoryError} where there is no room for the weights.
 *
 * @example
 * ```ts
 * import { createKernel } from "@densemark/densemark";
 * import { type Model, sequentialOf } from "@densemark/densemark/models";
 *
 * const layer = { name: "fc", inputs: 1, units: 1, bias: null, activation: "linear" } as const;
 * const layers = [{ ...layer, weight: new Float32Array([2]) }];
 * const model: Model = { name: "double", layers, inputs: 1, flatten: false, notes: [] };
 * await using kernel = await createKernel("blocked");
 * using network = sequentialOf(kernel, model);
 * using x = kernel.tensor([1, 1], [21]);
 * using y = network.predict(x);
 * if (`${await y.read()}` !== "42") throw new Error("21 · 2");
 * ```
 */
export function sequentialOf(kernel: Kernel, model: Model): Sequential {
  const network = new Sequential(kernel);
  try {
    for (const { name, units, activation, inputs, weight, bias } of merged(model)) {
      // Keras's names of layers have no slash; those of other files may.
      const safe = name.replaceAll("/", "_") || "layer";
      const taken = network.layers.some((layer) => layer.name === safe);
      const own = taken ? `${safe}_${network.layers.length}` : safe;
      const layer = new Dense(kernel, {
        name: own,
        units,
        activation,
        useBias: bias !== null,
        seed: 1,
      });
      network.add(layer);
      layer.build([null, inputs]);
      layer.setWeights(bias ? [weight!, bias] : [weight!]);
    }
    return network;
  } catch (error) {
    network[Symbol.dispose]();
    throw error;
  }
}
