/**
 * A node of an ONNX file's chain, and how its attributes and constants are read.
 *
 * @module
 */
import type { Message } from "./protobuf.ts";
import type { Config, StoredLayer, StoredWeight } from "./stored_model.ts";

/** Fields of AttributeProto. */
export const attribute = {
  name: 1,
  float: 2,
  integer: 3,
  text: 4,
  tensor: 5,
  floats: 7,
  integers: 8,
} as const;

/** The length of each axis, the batch's first; null for one that is open. */
export type Axes = readonly (number | null)[];

/** An operation of a graph whose data input is the result of the one before. */
export interface ChainNode {
  readonly message: Message;
  /** What messages call it, and the layer that comes of it. */
  readonly name: string;
  readonly operator: string;
  /** What stands in the place of each input but the data: its constant, or null where it is left out. */
  readonly constants: readonly (StoredWeight | null)[];
  /** Which of the inputs the data are. */
  readonly dataAt: number;
  /** The shape of the data; null where the file does not say how many axes they have. */
  readonly axes: Axes | null;
  readonly opset: number;
}

/** What a node adds to the layers before it: nothing, another layer, or another one in place of the last. */
export type Added = StoredLayer | { readonly replaces: StoredLayer } | null;

/** What a node is as layers. */
export type Reader = (node: ChainNode, before: StoredLayer | undefined) => Added;

/** The attributes of a node, by name. */
export const attributesOf = ({ message }: ChainNode) =>
  new Map(
    message.messages(5, `${message.what}, an attribute`).map((
      each,
    ) => [each.text(attribute.name), each]),
  );

/** A number among the attributes. */
export function floatOf(node: ChainNode, name: string, otherwise: number): number {
  return attributesOf(node).get(name)?.float(attribute.float, otherwise) ?? otherwise;
}

/** A whole number among the attributes. */
export function integerOf(node: ChainNode, name: string, otherwise: number): number {
  return attributesOf(node).get(name)?.integer(attribute.integer, otherwise) ?? otherwise;
}

/** The tensor of a Constant; null where its value is given otherwise. */
export function constantOf(message: Message): Message | null {
  const found = message.messages(5, `${message.what}, an attribute`)
    .find((each) => each.text(attribute.name) === "value");
  return found?.messages(attribute.tensor, message.what)[0] ?? null;
}

/** A layer of Keras with the node's name. */
export const layer = (
  { name }: ChainNode,
  className: string,
  config: Config = {},
  weights: readonly StoredWeight[] = [],
): StoredLayer => ({ className, name, config: { name, ...config }, weights });

/** Axes as messages show them. */
export const formatAxes = (axes: Axes) => `[${axes.map((axis) => axis ?? "?").join(", ")}]`;

/** How many numbers a row of the data has in all its axes; null where that is not known. */
export function rowLength(axes: Axes | null): number | null {
  if (!axes || axes.slice(1).includes(null)) return null;
  return axes.slice(1).reduce<number>((product, axis) => product * axis!, 1);
}

/** Ends the reading where an axis is not the last one of the data. */
export function expectLast({ axes, message }: ChainNode, axis: number): void {
  if (axis === -1 || (axes && axis === axes.length - 1)) return;
  message.fail(
    `its axis is ${axis}; the last one is read${
      axes
        ? `, and its data are ${formatAxes(axes)}`
        : ", and the file does not say how many axes its data have"
    }`,
  );
}

/** The constant in the place of an input. @throws {ModelFileError} where there is none. */
export function constantAt(node: ChainNode, at: number, what: string): StoredWeight {
  return node.constants[at] ?? node.message.fail(`its ${what} is no constant in the file`);
}
