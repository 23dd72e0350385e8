/**
 * Keras's functional models as chains: which layer follows which, by the nodes
 * that Keras 2 writes as nested lists and Keras 3 as tensors with a history.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import { isConfig, type KerasConfig, type KerasObject } from "./keras_objects.ts";

/** The names of the layers that a node takes results of; each with the number of the result, where it is not the first. */
function sourcesOf(name: string, node: unknown): string[] {
  const found: string[] = [];
  const note = (layer: unknown, call: unknown, tensor: unknown) => {
    if (typeof layer !== "string") {
      throw new ArgumentError(`layer ${quote(name)} has a node that cannot be read`);
    }
    if (call !== 0 || tensor !== 0) {
      throw new ArgumentError(
        `layer ${quote(name)} takes another result than the first of layer ${
          quote(layer)
        }; a layer that is used twice is no chain`,
      );
    }
    found.push(layer);
  };
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (isConfig(value)) {
      if (value.class_name !== "__keras_tensor__") Object.values(value).forEach(look);
      else {
        const history = isConfig(value.config) ? value.config.keras_history : null;
        if (!Array.isArray(history)) {
          throw new ArgumentError(`layer ${quote(name)} has a node that cannot be read`);
        }
        note(history[0], history[1], history[2]);
      }
    }
  };
  if (isConfig(node)) {
    look(node.args);
    look(node.kwargs);
  } else if (Array.isArray(node)) {
    // Of Keras 2: a list of [layer, call, tensor, kwargs], or one of them alone.
    const inputs = typeof node[0] === "string" ? [node] : node;
    for (const input of inputs) {
      if (!Array.isArray(input)) {
        throw new ArgumentError(`layer ${quote(name)} has a node that cannot be read`);
      }
      note(input[0], input[1], input[2]);
    }
  } else {
    throw new ArgumentError(`layer ${quote(name)} has the node ${describe(node)}`);
  }
  return found;
}

/** The one layer that inputs or outputs of a model are of. */
function endOf(what: string, value: unknown): string {
  // Keras 3 writes one as [name, 0, 0], Keras 2 as [[name, 0, 0]].
  const list: unknown = Array.isArray(value) && typeof value[0] === "string" ? [value] : value;
  const names = Array.isArray(list)
    ? list.map((end) => Array.isArray(end) ? end[0] : end)
    : isConfig(list)
    ? Object.values(list).map((end) => Array.isArray(end) ? end[0] : end)
    : [];
  if (names.length === 1 && typeof names[0] === "string") return names[0];
  throw new ArgumentError(
    `a functional model with ${names.length} ${what}${
      names.length > 1 ? ` (${formatList(names.map((name) => quote(`${name}`)))})` : ""
    } is no chain; one is what can be computed here`,
  );
}

const nameOf = (object: KerasObject) => `${object.name ?? object.config.name}`;

/**
 * The layers of a functional model in the order in which they compute.
 *
 * @throws {ArgumentError} where it branches, or a layer is missing or used twice.
 */
export function chainOf(config: KerasConfig, layers: readonly KerasObject[]): KerasObject[] {
  const next = new Map<string, KerasObject>();
  for (const layer of layers) {
    const name = nameOf(layer);
    const nodes: readonly unknown[] = Array.isArray(layer.inbound_nodes) ? layer.inbound_nodes : [];
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
  const [from, to] = [endOf("inputs", config.input_layers), endOf("outputs", config.output_layers)];
  const chain = layers.filter((layer) => nameOf(layer) === from);
  for (let last: KerasObject | undefined = chain[0]; last && nameOf(last) !== to;) {
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
