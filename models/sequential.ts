/**
 * A network as layers of the library. This is where files meet layers/: what of
 * a model is a Dense with an activation is made so, what stands by itself is a
 * layer of its own, and rows are cut anew where a layer takes others than the
 * one before it gives. Other kinds of layers are folded before, by runnable.ts.
 *
 * @module
 */
import type { Kernel } from "../kernels/kernel.ts";
import { ActivationLayer } from "../layers/activation_layer.ts";
import { Dense } from "../layers/dense.ts";
import type { Layer } from "../layers/layer.ts";
import { PReLU } from "../layers/prelu.ts";
import { Rescaling } from "../layers/rescaling.ts";
import { Reshape } from "../layers/reshape.ts";
import { Sequential } from "../layers/sequential.ts";
import { safeNames, unsafeForKeras } from "./layer_names.ts";
import { mergedLayers } from "./merged.ts";
import { isByColumn, type Model, type ModelLayer } from "./model.ts";

/** The axes of an example that a layer takes. */
function shapeOf({ inputs, rows = 1, shape, activation }: ModelLayer): readonly number[] {
  if (shape) return shape;
  // A PReLU takes rows alone.
  if (isByColumn(activation)) return [rows * inputs];
  return rows === 1 ? [inputs] : [rows, inputs];
}

/** So many times the same numbers. */
function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let i = 0; i < times; i++) all.set(values, i * values.length);
  return all;
}

/** A layer of the library, without its weights. */
function layerOf(kernel: Kernel, name: string, layer: ModelLayer): Layer {
  const { activation, weight, bias, units, rows = 1 } = layer;
  if (isByColumn(activation)) {
    if (activation.name === "prelu") return new PReLU(kernel, { name });
    const [scale, offset] = [activation.scale, activation.shift]
      .map((values) => [...repeated(values, rows)]);
    return new Rescaling(kernel, { name, scale: scale!, offset: offset! });
  }
  return weight === null
    ? new ActivationLayer(kernel, { name, activation })
    : new Dense(kernel, { name, units, activation, useBias: bias !== null, seed: 1 });
}

/** The weights of the layer that was made of it. */
function weightsOf({ activation, weight, bias, rows = 1 }: ModelLayer): Float32Array[] {
  if (typeof activation !== "string" && activation.name === "prelu") {
    return [repeated(activation.slopes, rows)];
  }
  return [weight, bias].filter((each) => each !== null);
}

/**
 * A network as a stack of Dense layers on a kernel, with its weights; what cannot
 * be a part of one is a layer of its own. The stack takes inputs [rows, inputs],
 * and belongs to the caller.
 *
 * @throws {ArgumentError} where a layer needs a kernel that computes formulas, and this one does not.
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
    const layers = mergedLayers(model.layers);
    const names = safeNames(layers.map(({ name }) => name), unsafeForKeras);
    const taken = new Set(names);
    const filled: (readonly [Layer, Float32Array[]])[] = [];
    let shape: readonly number[] = [model.inputs];
    for (const [i, layer] of layers.entries()) {
      const wanted = shapeOf(layer);
      if (`${wanted}` !== `${shape}`) {
        let name = `reshape_${i}`;
        while (taken.has(name)) name += "_";
        network.add(new Reshape(kernel, { name, targetShape: wanted }));
      }
      const own = layerOf(kernel, names[i]!, layer);
      network.add(own);
      filled.push([own, weightsOf(layer)]);
      shape = wanted.length === 1 && isByColumn(layer.activation)
        ? wanted
        : [...wanted.slice(0, -1), layer.units];
      if (layer.shape) shape = layer.shape;
    }
    network.build([null, model.inputs]);
    for (const [{ variables }, weights] of filled) {
      for (const [i, values] of weights.entries()) variables[i]!.tensor.write(values);
    }
    return network;
  } catch (error) {
    network[Symbol.dispose]();
    throw error;
  }
}
