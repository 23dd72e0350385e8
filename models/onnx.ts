/**
 * ONNX files whose graph is a chain: each node takes the result of the one
 * before and constants. The messages are those of onnx.proto; nothing else of
 * the format is needed. Branches, unknown operators, other domains and data in
 * other files are refused by the name of the node.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import type { ModelFiles } from "./model_files.ts";
import { type Added, type Axes, type ChainNode, constantOf } from "./onnx_node.ts";
import { axesAfter, operatorNames, readerOf } from "./onnx_nodes.ts";
import { isExternal, readExternal } from "./onnx_external.ts";
import { giveData, readTensor, tensorName } from "./onnx_tensor.ts";
import { gateAt, type Step } from "./onnx_gates.ts";
import { FieldBudget, Message } from "./protobuf.ts";
import { float32Of } from "./stored_array.ts";
import type { StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";

/** Fields of ModelProto, GraphProto, NodeProto, ValueInfoProto and what is in it. */
const model = { producer: 2, version: 3, graph: 7, opsets: 8 } as const;
const graphField = { nodes: 1, initializers: 5, inputs: 11, outputs: 12, sparse: 15 } as const;
const nodeField = { inputs: 1, outputs: 2, name: 3, operator: 4, domain: 7 } as const;

const mostNodes = 10_000;
const ownDomains = ["", "ai.onnx"];

/** TensorProto's types of whole numbers, with which operators compute otherwise. */
const wholeNumbers = [2, 3, 4, 5, 6, 7, 9, 12, 13];
/** What does nothing to a number. */
const moving = ["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Cast"];

/** What an input says of its data: their shape, null where it says none, and their type, 0 where it says none. */
function typeOfInput(input: Message): { axes: Axes | null; elements: number } {
  const [type] = input.messages(2, input.what);
  const [tensor] = type?.messages(1, input.what) ?? [];
  const [shape] = tensor?.messages(2, input.what) ?? [];
  const lengths = shape?.messages(1, input.what).map((axis) => axis.integer(1, 0));
  return {
    axes: lengths?.map((length) => length > 0 ? length : null) ?? null,
    elements: tensor?.integer(1, 0) ?? 0,
  };
}

/** The one of several values; ends the reading where there are more or fewer. */
function only(file: string, what: string, values: readonly Message[]): Message {
  const [value] = values;
  if (value && values.length === 1) return value;
  throw new ModelFileError(`${file} has ${values.length} ${what}; one is read`);
}

/** A graph's constants, read when a node needs them. */
class Constants {
  readonly #tensors = new Map<string, Message>();
  readonly #read = new Map<string, StoredWeight>();
  #bytes = 0;

  constructor(readonly file: string, readonly most: number) {}

  add(name: string, tensor: Message): void {
    if (this.#tensors.has(name)) {
      throw new ModelFileError(`${this.file} has the tensor ${quote(name)} twice`);
    }
    this.#tensors.set(name, tensor);
  }

  /** Another name for a constant. */
  alias(name: string, other: string): void {
    this.add(name, this.#tensors.get(other)!);
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** A constant of a single number; null for others, and for what is none. */
  number(name: string): number | null {
    if (!this.has(name)) return null;
    const weight = this.get(name);
    return weight.values.length === 1 ? float32Of(weight)[0]! : null;
  }

  get(name: string): StoredWeight {
    const known = this.#read.get(name);
    if (known) return known;
    const weight = readTensor(this.#tensors.get(name)!, name);
    this.#bytes += weight.values.byteLength;
    // Two names may be of the same bytes: a message that is in the file once, or a list of integers.
    if (this.#bytes > this.most) {
      throw new ModelFileError(`${this.file} has more weights than bytes`);
    }
    this.#read.set(name, weight);
    return weight;
  }
}

/** What a layer of a node is called. */
function nameOf(message: Message, otherwise: string): string {
  return message.text(nodeField.name) || otherwise;
}

/** The nodes that compute, in their order; constants among them are noted. */
function stepsOf(
  file: string,
  nodes: readonly Uint8Array[],
  budget: FieldBudget,
  constants: Constants,
): Step[] {
  const steps: Step[] = [];
  for (const [at, part] of nodes.entries()) {
    const unnamed = new Message(`${file}, node ${at}`, part, budget);
    const [result = "", ...others] = unnamed.texts(nodeField.outputs);
    const operator = unnamed.text(nodeField.operator);
    const message = unnamed.named(
      `${file}: the node ${quote(nameOf(unnamed, result))} (${quote(operator).slice(1, -1)})`,
    );
    const inputs = message.texts(nodeField.inputs);
    const [first = ""] = inputs;
    if (operator === "Constant") {
      const value = constantOf(message) ??
        message.fail("its value is no tensor, which is not read");
      constants.add(result, value.named(message.what));
    } else if (operator === "Identity" && constants.has(first)) constants.alias(result, first);
    else {
      const domain = message.text(nodeField.domain);
      const named = others.filter((each) => each !== "");
      steps.push({ message, at, operator, domain, inputs, result, others: named });
    }
  }
  return steps;
}

function readNode(
  { message, at, operator, domain, inputs, result }: Step,
  current: string,
  axes: Axes | null,
  constants: Constants,
  opset: number,
): ChainNode {
  const name = nameOf(message, result) || `node_${at}`;
  const data = inputs.filter((input) => input !== "" && !constants.has(input));
  if (!readerOf(domain, operator)) {
    message.fail(
      `its operator is ${
        quote(domain ? `${domain}.${operator}` : operator)
      }, which is not read; those that are read are ${operatorNames}`,
    );
  }
  if (data.length !== 1 || data[0] !== current) {
    message.fail(
      `it takes ${
        data.map((each) => quote(each)).join(" and ") || "no data"
      }, where the node before gives ${quote(current)}; only a chain is read, without branches`,
    );
  }
  return {
    message,
    name,
    operator,
    constants: inputs.map((input) => constants.has(input) ? constants.get(input) : null),
    dataAt: inputs.indexOf(current),
    axes,
    opset,
  };
}

function apply(layers: StoredLayer[], added: Added): void {
  if (added === null) return;
  if ("replaces" in added) layers[layers.length - 1] = added.replaces;
  else layers.push(added);
}

/** The message of a file, and its graph. */
function graphOf(file: string, bytes: Uint8Array): { root: Message; graph: Message } {
  const root = new Message(file, bytes, new FieldBudget(file, bytes.length));
  return { root, graph: only(file, "graphs", root.messages(model.graph, `${file}, its graph`)) };
}

/** The weights and other tensors that a graph begins with, by their names. */
function* initializersOf(file: string, graph: Message): Generator<[name: string, Message]> {
  for (const tensor of graph.messages(graphField.initializers, file)) {
    const name = tensorName(tensor);
    yield [name, tensor.named(`${file}: the tensor ${quote(name)}`)];
  }
}

/**
 * Reads an ONNX file, and the files beside it that its tensors have their data in.
 *
 * @param file Its name in messages, in quotes.
 * @throws {ModelFileError} as {@linkcode readOnnx}, and where data are missing.
 */
export async function readOnnxFiles(
  files: ModelFiles,
  file: string,
  bytes: Uint8Array,
): Promise<StoredModel> {
  const tensors = [...initializersOf(file, graphOf(file, bytes).graph)];
  const external = new Map(tensors.filter(([, tensor]) => isExternal(tensor)));
  return readOnnx(files.path, file, bytes, await readExternal(files, external));
}

/**
 * An ONNX file.
 *
 * @param file Its name in messages, in quotes.
 * @param external The data of tensors that have theirs in other files.
 * @throws {ModelFileError} where it is none, is cut, or is no chain of what is known here.
 */
export function readOnnx(
  path: string,
  file: string,
  bytes: Uint8Array,
  external: ReadonlyMap<string, Uint8Array> = new Map(),
): StoredModel {
  const { root, graph } = graphOf(file, bytes);
  const opsets = root.messages(model.opsets, file);
  const opset = opsets.find((each) => ownDomains.includes(each.text(1)))?.integer(2, 0) ?? 0;
  if (opset < 1) throw new ModelFileError(`${file} says no version of ONNX's operators`);
  if (graph.has(graphField.sparse)) {
    throw new ModelFileError(`${file} has sparse tensors, which are not read`);
  }
  const constants = new Constants(
    file,
    [...external.values()].reduce(
      (sum, { length }) => sum + 8 * length,
      2 ** 20 + 8 * bytes.length,
    ),
  );
  for (const [name, tensor] of initializersOf(file, graph)) {
    const data = external.get(name);
    if (data) giveData(tensor, data);
    constants.add(name, tensor);
  }
  const inputs = graph.messages(graphField.inputs, file).filter((each) =>
    !constants.has(each.text(1))
  );
  const input = only(file, "inputs", inputs);
  const output = only(file, "outputs", graph.messages(graphField.outputs, file)).text(1);
  const nodes = graph.bytes(graphField.nodes);
  if (nodes.length > mostNodes) {
    throw new ModelFileError(`${file} has more than ${mostNodes} nodes`);
  }
  const steps = stepsOf(file, nodes, root.budget, constants);
  const layers: StoredLayer[] = [];
  let current = input.text(1);
  const { axes: given, elements } = typeOfInput(input);
  let axes = given;
  let whole = wholeNumbers.includes(elements);
  for (let i = 0; i < steps.length;) {
    const { message, operator, domain, result, others } = steps[i]!;
    if (operator === "Cast") whole = false;
    if (whole && !moving.includes(operator)) {
      message.fail(
        `its data are whole numbers (data type ${elements}); they are read behind a Cast`,
      );
    }
    const gate = gateAt(steps, i, current, (name) => constants.number(name));
    if (gate) {
      const name = nameOf(message, result);
      const config = { name, activation: gate.activation };
      layers.push({ className: "Activation", name, config, weights: [] });
      i += gate.count;
      current = steps[i - 1]!.result;
      continue;
    }
    const node = readNode(steps[i]!, current, axes, constants, opset);
    if (others.length > 0 && operator !== "Dropout") {
      message.fail("it has several results; one is read");
    }
    const added = readerOf(domain, operator)!(node, layers.at(-1));
    apply(layers, added);
    axes = axesAfter(node, added);
    current = result;
    i++;
  }
  if (current !== output) {
    throw new ModelFileError(
      `${file}: its output is ${quote(output)}, its last node gives ${
        quote(current)
      }; only a chain is read`,
    );
  }
  const producer = [root.text(model.producer), root.text(model.version)].filter(Boolean).join(" ");
  return {
    name: path,
    format: `ONNX (opset ${opset})`,
    producer: producer || null,
    layers,
    inputShape: given?.slice(1) ?? null,
    notes: [],
  };
}
