/**
 * The workloads of a model file: each of its Dense layers, and the whole
 * network. Only shapes and activations are taken: the inputs and weights that
 * are timed are the bench's own, whose results can be verified.
 *
 * @module
 */
import { UsageError } from "../common/command.ts";
import { cleanText, formatList, quote, quotePath } from "../common/text.ts";
import type { Model } from "../models/model.ts";
import type { NetworkLayer, Workload } from "./workload.ts";

/** The rows of a batch unless given: Keras's default. */
export const usualBatch = 32;

/** A name from a file as a part of a workload's: letters, digits, dots, lines, at most 40 of them. */
function safeName(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "").slice(0, 40) || "layer";
}

/** The layer and the names of all that are like it. */
interface Group {
  readonly layer: NetworkLayer;
  readonly names: string[];
}

type Named = NetworkLayer & { readonly name: string };

/**
 * The Dense layers, each with the Activation that follows it where its own is
 * linear, which is the same layer in one.
 */
function denseLayers({ name, layers }: Pick<Model, "name" | "layers">): Named[] {
  const found: Named[] = [];
  for (const layer of layers) {
    if (layer.weight !== null) {
      found.push({
        name: layer.name,
        k: layer.inputs,
        n: layer.units,
        activation: layer.activation,
        ...(layer.bias === null && { bias: false as const }),
      });
      continue;
    }
    if (layer.activation === "linear") continue;
    const last = found.at(-1);
    if (last?.activation !== "linear") {
      throw new UsageError(
        `--model ${quotePath(name)}: the layer ${quote(layer.name)}, ${layer.activation} ${
          last ? `after ${last.activation}` : "before any Dense"
        }, cannot be timed; an Activation must follow a linear Dense`,
      );
    }
    found[found.length - 1] = { ...last, activation: layer.activation };
  }
  return found;
}

/**
 * The workloads of a model: each layer on the batch, layers that are alike but
 * for their names only once, and the whole network where it has several.
 *
 * @throws {UsageError} where a layer cannot be timed; the message names it.
 */
export function modelWorkloads(
  model: Pick<Model, "name" | "layers">,
  m: number,
): Workload[] {
  const layers = denseLayers(model);
  const base = safeName(/([^/\\]*?)(\.weights)?(\.[a-z]\w*)?$/i.exec(model.name)?.[1] ?? "");
  const groups = new Map<string, Group>();
  for (const { name, ...layer } of layers) {
    const key = JSON.stringify([layer.k, layer.n, layer.activation, layer.bias]);
    const group = groups.get(key) ?? { layer, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  const taken = new Set([base]);
  const workloads = [...groups.values()].map(({ layer: { k, n, activation, bias }, names }) => {
    const safe = `${base}-${safeName(names[0]!)}`;
    let name = safe;
    for (let i = 2; taken.has(name); i++) name = `${safe}-${i}`;
    taken.add(name);
    const shown = formatList(names.map((name) => cleanText(name, 40)), { most: 4 });
    return {
      name,
      description: `${base}, ${names.length > 1 ? "layers" : "layer"} ${shown}`,
      m,
      n,
      k,
      activation,
      useBias: bias !== false,
    };
  });
  const [first, last] = [layers[0], layers.at(-1)];
  if (!first || !last || layers.length < 2) return workloads;
  return [...workloads, {
    name: base,
    description: `${base}, all ${layers.length} layers`,
    m,
    n: last.n,
    k: first.k,
    activation: last.activation,
    useBias: last.bias !== false,
    layers: layers.map(({ name: _, ...layer }) => layer),
  }];
}
