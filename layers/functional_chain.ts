/**
 * Keras's functional models as chains: which layer follows which, by the nodes
 * that Keras 2 writes as nested lists and Keras 3 as tensors with a history. Of
 * plain objects, so that layers and readers of model files share it.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import { checkDepth, isConfig, type KerasConfig, type KerasObject } from "./keras_objects.ts";

/** A result of a layer: of which, of which call, and which of the results. */
type Result = readonly [layer: string, call: number, tensor: number, ...kwargs: unknown[]];

const isResult = (value: unknown): value is Result =>
  Array.isArray(value) && typeof value[0] === "string" &&
  Number.isInteger(value[1]) && Number.isInteger(value[2]);

/** The results that a value names at any depth: as lists, or as Keras 3's tensors. */
function resultsIn(what: string, value: unknown, found: Result[] = []): Result[] {
  if (isResult(value)) {
    found.push(value);
    // Keras 2 puts other arguments of a call, which may be results too, behind the first.
    resultsIn(what, value.slice(3), found);
  } else if (Array.isArray(value)) { for (const each of value) resultsIn(what, each, found); }
  else if (isConfig(value)) {
    if (value.class_name !== "__keras_tensor__") {
      for (const each of Object.values(value)) resultsIn(what, each, found);
    } else {
      const history = isConfig(value.config) ? value.config.keras_history : null;
      if (!isResult(history)) throw new ArgumentError(`${what} has a node that cannot be read`);
      found.push(history);
    }
  }
  return found;
}

/** The layer whose first and only result is meant. */
function layerOf(what: string, [layer, call, tensor]: Result): string {
  if (call === 0 && tensor === 0) return layer;
  throw new ArgumentError(
    `${what} takes another result than the first of layer ${
      quote(layer)
    }; a layer that is used twice is no chain`,
  );
}

/** The names of the layers that a node takes results of. */
function sourcesOf(name: string, node: unknown): string[] {
  const what = `layer ${quote(name)}`;
  if (!Array.isArray(node) && !isConfig(node)) {
    throw new ArgumentError(`${what} has the node ${describe(node)}`);
  }
  const results = resultsIn(what, isConfig(node) ? [node.args, node.kwargs] : node);
  if (results.length === 0) throw new ArgumentError(`${what} has a node that cannot be read`);
  return results.map((result) => layerOf(what, result));
}

/** The one layer that inputs or outputs of a model are of: Keras 3 writes one as [name, 0, 0] or by a key, Keras 2 as [[name, 0, 0]]. */
function endOf(what: string, value: unknown): string {
  const ends = resultsIn(`the list of ${what}`, value);
  const [end] = ends;
  if (ends.length === 1) return layerOf(`the list of ${what}`, end!);
  throw new ArgumentError(
    `a functional model with ${ends.length} ${what}${
      ends.length > 1 ? ` (${formatList(ends.map(([name]) => quote(name)))})` : ""
    } is no chain; one is what can be computed here`,
  );
}

// Nodes go by the name beside the class, which a configuration may repeat.
const nameOf = ({ name, config, class_name }: KerasObject): string => {
  const own = name ?? config.name;
  if (typeof own === "string") return own;
  throw new ArgumentError(
    `a ${quote(class_name)} of a functional model has no name, by which others take its result`,
  );
};

/** Which layer takes the result of each. */
function followers<L extends KerasObject>(layers: readonly L[]): ReadonlyMap<string, L> {
  const next = new Map<string, L>();
  for (const layer of layers) {
    const name = nameOf(layer);
    const given = layer.inbound_nodes ?? [];
    if (!Array.isArray(given)) {
      throw new ArgumentError(`layer ${quote(name)} has the nodes ${describe(given)}`);
    }
    const nodes: readonly unknown[] = given;
    if (nodes.length > 1) {
      throw new ArgumentError(
        `layer ${quote(name)} is used ${nodes.length} times, which is no chain`,
      );
    }
    const sources = nodes.flatMap((node) => sourcesOf(name, node));
    if (sources.length > 1) {
      throw new ArgumentError(
        `layer ${quote(name)} (${layer.class_name}) takes the results of ${
          formatList(sources.map((source) => `layer ${quote(source)}`))
        }; only a chain can be computed here, in which each layer takes one`,
      );
    }
    const [source] = sources;
    if (source === undefined) continue;
    const other = next.get(source);
    if (other) {
      throw new ArgumentError(
        `the result of layer ${quote(source)} goes to layer ${quote(nameOf(other))} and to layer ${
          quote(name)
        }; only a chain can be computed here`,
      );
    }
    next.set(source, layer);
  }
  return next;
}

/**
 * The layers of a functional model in the order in which they compute: the same objects.
 *
 * @param config The model's, of which `input_layers` and `output_layers` are read.
 * @param layers Its `layers`; each has its name beside its class or in its configuration.
 * @throws {ArgumentError} where it branches, or a layer is missing, used twice, or called as another one.
 */
export function chainOf<L extends KerasObject>(config: KerasConfig, layers: readonly L[]): L[] {
  const { input_layers, output_layers } = config;
  checkDepth("the configuration of a model", [input_layers, output_layers]);
  const byName = new Map<string, L>();
  for (const layer of layers) {
    checkDepth("the configuration of a layer", layer.inbound_nodes);
    const name = nameOf(layer);
    if (byName.has(name)) {
      throw new ArgumentError(`two layers of a functional model are called ${quote(name)}`);
    }
    byName.set(name, layer);
  }
  const next = followers(layers);
  const [from, to] = [endOf("inputs", input_layers), endOf("outputs", output_layers)];
  const first = byName.get(from);
  const chain: L[] = first ? [first] : [];
  for (let last: L | undefined = first; last && nameOf(last) !== to;) {
    last = next.get(nameOf(last));
    if (last) chain.push(last);
    if (chain.length > layers.length) break;
  }
  const last = chain.at(-1);
  if (!last || nameOf(last) !== to) {
    throw new ArgumentError(
      `the output layer ${quote(to)} is not reached from the input layer ${quote(from)}`,
    );
  }
  const after = next.get(to);
  if (after || chain.length !== layers.length) {
    const outside = layers.find((layer) => !chain.includes(layer));
    throw new ArgumentError(
      `layer ${quote(outside ? nameOf(outside) : to)} does not lie between input and output`,
    );
  }
  return chain;
}
