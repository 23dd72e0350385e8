/**
 * The workloads of a model file: each of its Dense layers, and the whole
 * network. Only shapes and activations are taken: the inputs and weights that
 * are timed are the bench's own, whose results can be verified.
 *
 * @module
 */
import { cleanText, formatList } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import { mergedLayers } from "../models/merged.ts";
import { activationText, isByColumn, type Model, type ModelLayer } from "../models/model.ts";
import type { NetworkLayer, NetworkStep, Workload } from "./workload.ts";

/** The rows of a batch unless given: Keras's default. */
export const usualBatch = 32;

/** A name from a file as a part of a workload's: letters, digits, dots, lines, at most 40 of them. */
function safeName(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "").slice(0, 40) || "layer";
}

/** The layer and the names of all that are like it. */
interface Group {
  readonly layer: ModelLayer;
  readonly names: string[];
}

/** Whether a layer is a Dense with an activation of the contract, on the rows of the batch. */
function isPlain({ weight, activation, rows }: ModelLayer): boolean {
  return weight !== null && typeof activation === "string" && rows === undefined;
}

/** A layer without its numbers. */
function stepOf({ name: _, weight, bias, activation, ...layer }: ModelLayer): NetworkStep {
  return {
    ...layer,
    activation: isByColumn(activation) ? { name: activation.name } : activation,
    weight: weight !== null,
    bias: bias !== null,
  };
}

/** The Dense layers of a network. */
function denseLayers(layers: readonly ModelLayer[]): NetworkLayer[] {
  return layers.filter(({ weight }) => weight !== null)
    .map(({ inputs, units, activation, bias, rows }) => ({
      k: inputs,
      n: units,
      activation: activationText(activation),
      ...(bias === null && { bias: false as const }),
      ...(rows !== undefined && { rows }),
    }));
}

/** What a workload has of one layer or of several: a single layer, where kernels compute it in one operation. */
function partsOf(
  layers: readonly ModelLayer[],
  m: number,
): Pick<Workload, "m" | "n" | "k" | "activation" | "useBias" | "layers" | "steps"> {
  const [first, last] = [layers[0]!, layers.at(-1)!];
  const plain = layers.every(isPlain);
  return {
    m,
    n: last.units * (last.rows ?? 1),
    k: first.inputs * (first.rows ?? 1),
    activation: plain ? last.activation as Activation : "linear",
    useBias: last.bias !== null,
    ...(layers.length === 1 && plain ? {} : { layers: denseLayers(layers) }),
    ...(plain ? {} : { steps: layers.map(stepOf) }),
  };
}

/**
 * The workloads of a model: each Dense layer on the batch, layers that are alike
 * but for their names only once, and the whole network where it has several.
 */
export function modelWorkloads(
  model: Pick<Model, "name" | "layers">,
  m: number,
): Workload[] {
  const layers = mergedLayers(model.layers);
  const base = safeName(/([^/\\]*?)(\.weights)?(\.[a-z]\w*)?$/i.exec(model.name)?.[1] ?? "");
  const groups = new Map<string, Group>();
  for (const layer of layers) {
    // What multiplies nothing is timed within the network.
    if (layer.weight === null) continue;
    const group = groups.get(JSON.stringify(stepOf(layer))) ?? { layer, names: [] };
    group.names.push(layer.name);
    groups.set(JSON.stringify(stepOf(layer)), group);
  }
  const taken = new Set([base]);
  const workloads = [...groups.values()].map(({ layer, names }): Workload => {
    const safe = `${base}-${safeName(names[0]!)}`;
    let name = safe;
    for (let i = 2; taken.has(name); i++) name = `${safe}-${i}`;
    taken.add(name);
    const shown = formatList(names.map((name) => cleanText(name, 40)), { most: 4 });
    const { rows = 1, ...own } = layer;
    return {
      name,
      description: `${base}, ${names.length > 1 ? "layers" : "layer"} ${shown}`,
      ...partsOf([own], m * rows),
    };
  });
  if (layers.length < 2) return workloads;
  return [...workloads, {
    name: base,
    description: `${base}, all ${layers.length} layers`,
    ...partsOf(layers, m),
  }];
}
