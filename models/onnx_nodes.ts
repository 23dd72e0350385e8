/**
 * What the operators of ONNX are as layers of Keras: for each that is read, a
 * function from a node to the layer that does the same. Defaults are those of
 * ONNX, which differ from Keras's (onnx/docs/Operators.md).
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import type { Message } from "./protobuf.ts";
import { elementsOf, float32Of, transposed } from "./stored_array.ts";
import type { Config, StoredLayer, StoredWeight } from "./stored_model.ts";

/** Fields of AttributeProto. */
const attribute = { name: 1, float: 2, integer: 3, text: 4, tensor: 5 } as const;

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
  readonly opset: number;
}

/** What a node adds to the layers before it: nothing, another layer, or another one in place of the last. */
export type Added = StoredLayer | { readonly replaces: StoredLayer } | null;

type Reader = (node: ChainNode, before: StoredLayer | undefined) => Added;

const attributesOf = ({ message }: ChainNode) =>
  new Map(
    message.messages(5, `${message.what}, an attribute`).map((
      each,
    ) => [each.text(attribute.name), each]),
  );

function floatOf(node: ChainNode, name: string, otherwise: number): number {
  return attributesOf(node).get(name)?.float(attribute.float, otherwise) ?? otherwise;
}

function integerOf(node: ChainNode, name: string, otherwise: number): number {
  return attributesOf(node).get(name)?.integer(attribute.integer, otherwise) ?? otherwise;
}

/** The tensor of a Constant; null where its value is given otherwise. */
export function constantOf(message: Message): Message | null {
  const found = message.messages(5, `${message.what}, an attribute`)
    .find((each) => each.text(attribute.name) === "value");
  return found?.messages(attribute.tensor, message.what)[0] ?? null;
}

const layer = (
  { name }: ChainNode,
  className: string,
  config: Config = {},
  weights: readonly StoredWeight[] = [],
): StoredLayer => ({ className, name, config: { name, ...config }, weights });

const activation = (name: string): Reader => (node) =>
  layer(node, "Activation", { activation: name });

/** A constant that every row is combined with: a single number, or one for each column. */
function rowOf(node: ChainNode, weight: StoredWeight): number[] {
  const { shape } = weight;
  const columns = shape.at(-1) ?? 1;
  if (elementsOf(shape) !== columns) {
    node.message.fail(
      `its constant has the shape [${shape.join(", ")}]; one row of numbers is read`,
    );
  }
  return [...float32Of(weight)];
}

function constantAt(node: ChainNode, at: number, what: string): StoredWeight {
  return node.constants[at] ?? node.message.fail(`its ${what} is no constant in the file`);
}

/** `weight` times a number, as float32. */
function scaled(weight: StoredWeight, factor: number): StoredWeight {
  if (factor === 1) return weight;
  return { ...weight, dtype: "float32", values: float32Of(weight).map((value) => value * factor) };
}

function dense(node: ChainNode, kernel: StoredWeight, bias: StoredWeight | null): StoredLayer {
  const units = kernel.shape[1];
  if (kernel.shape.length !== 2 || units === undefined) {
    node.message.fail(`its matrix has the shape [${kernel.shape.join(", ")}]; two axes are read`);
  }
  const config = { units, activation: "linear", use_bias: bias !== null };
  const weights = [{ ...kernel, name: "kernel" }];
  if (bias) weights.push(biasOf(node, bias, units));
  return layer(node, "Dense", config, weights);
}

/** A row as the bias of so many units. */
function biasOf(node: ChainNode, bias: StoredWeight, units: number): StoredWeight {
  const { length } = bias.values;
  if (length === units && elementsOf(bias.shape) === (bias.shape.at(-1) ?? 1)) {
    return { ...bias, name: "bias", shape: [units] };
  }
  if (length === 1) {
    const values = new Float32Array(units).fill(float32Of(bias)[0]!);
    return { name: "bias", shape: [units], dtype: "float32", values };
  }
  return node.message.fail(
    `its bias has the shape [${bias.shape.join(", ")}]; ${units} numbers are needed`,
  );
}

const gemm: Reader = (node) => {
  if (integerOf(node, "transA", 0) !== 0) node.message.fail("it has transA, which is not read");
  if (node.dataAt !== 0) node.message.fail("its data are its second input, which is not read");
  const b = constantAt(node, 1, "matrix");
  if (b.shape.length !== 2) {
    node.message.fail(`its matrix has the shape [${b.shape.join(", ")}]; two axes are read`);
  }
  const kernel = integerOf(node, "transB", 0) === 0 ? b : transposed(b);
  const bias = node.constants[2] ?? null;
  return dense(
    node,
    scaled(kernel, floatOf(node, "alpha", 1)),
    bias && scaled(bias, floatOf(node, "beta", 1)),
  );
};

const matMul: Reader = (node) => {
  if (node.dataAt !== 0) node.message.fail("its data are its second input, which is not read");
  return dense(node, constantAt(node, 1, "matrix"), null);
};

/** Whether a layer is a Dense to which a bias can be added. */
const takesBias = (before: StoredLayer | undefined): before is StoredLayer =>
  before?.className === "Dense" && before.config.use_bias === false &&
  before.config.activation === "linear";

/** x · scale + offset. */
const rescaling = (
  node: ChainNode,
  scale: number | readonly number[],
  offset: number | readonly number[],
) => layer(node, "Rescaling", { scale, offset });

const add: Reader = (node, before) => {
  const constant = constantAt(node, 1 - node.dataAt, "other input");
  if (!takesBias(before)) return rescaling(node, 1, rowOf(node, constant));
  const units = before.config.units as number;
  const bias = biasOf(node, constant, units);
  return {
    replaces: {
      ...before,
      config: { ...before.config, use_bias: true },
      weights: [...before.weights, bias],
    },
  };
};

const subtract: Reader = (node) => {
  const row = rowOf(node, constantAt(node, 1 - node.dataAt, "other input"));
  return node.dataAt === 0
    ? rescaling(node, 1, row.map((value) => -value))
    : rescaling(node, -1, row);
};

const multiply: Reader = (node) =>
  rescaling(node, rowOf(node, constantAt(node, 1 - node.dataAt, "other input")), 0);

const divide: Reader = (node) => {
  if (node.dataAt !== 0) node.message.fail("it divides by the data, which is not read");
  return rescaling(node, rowOf(node, constantAt(node, 1, "divisor")).map((value) => 1 / value), 0);
};

const softmax: Reader = (node) => {
  const axis = integerOf(node, "axis", node.opset >= 13 ? -1 : 1);
  // The data have two axes: others were flattened, or are refused where they are run.
  if (axis !== -1 && axis !== 1) node.message.fail(`its axis is ${axis}; the last one is read`);
  return layer(node, "Activation", { activation: "softmax" });
};

const batchNormalization: Reader = (node) => {
  if (integerOf(node, "training_mode", 0) !== 0) {
    node.message.fail("it is in training mode, which is not read");
  }
  const names = ["gamma", "beta", "moving_mean", "moving_variance"];
  const weights = names.map((name, i) => ({ ...constantAt(node, i + 1, name), name }));
  return layer(
    node,
    "BatchNormalization",
    { axis: -1, epsilon: floatOf(node, "epsilon", 1e-5) },
    weights,
  );
};

const flatten: Reader = (node) => {
  const axis = integerOf(node, "axis", 1);
  if (axis !== 1) node.message.fail(`its axis is ${axis}; 1 is read`);
  return layer(node, "Flatten");
};

const reshape: Reader = (node) => {
  const shape = [...float32Of(constantAt(node, 1, "shape"))];
  if (shape.length !== 2) {
    node.message.fail(`its shape is [${shape.join(", ")}]; two axes are read`);
  }
  return layer(node, "Flatten");
};

const cast: Reader = (node) => {
  const to = integerOf(node, "to", 1);
  return to === 1
    ? null
    : node.message.fail(`it casts to the data type ${to}; float32 (1) is read`);
};

const hardSigmoid: Reader = (node) => {
  const [alpha, beta] = [floatOf(node, "alpha", 0.2), floatOf(node, "beta", 0.5)];
  if (alpha === Math.fround(1 / 6) && beta === 0.5) {
    return activation("hard_sigmoid")(node, undefined);
  }
  return node.message.fail(
    `its alpha is ${alpha} and its beta ${beta}; Keras's 1/6 and 0.5 are read`,
  );
};

const selu: Reader = (node) => {
  const [alpha, gamma] = [floatOf(node, "alpha", 1.67326319), floatOf(node, "gamma", 1.05070102)];
  const usual = Math.abs(alpha - 1.67326324) < 1e-6 && Math.abs(gamma - 1.05070099) < 1e-6;
  if (usual) return activation("selu")(node, undefined);
  return node.message.fail(`its alpha is ${alpha} and its gamma ${gamma}; the usual ones are read`);
};

const gelu: Reader = (node) => {
  const form = attributesOf(node).get("approximate")?.text(attribute.text, "none") ?? "none";
  if (form !== "none" && form !== "tanh") {
    node.message.fail(`its form is ${quote(form)}, which is not read`);
  }
  return activation(form === "tanh" ? "gelu_tanh" : "gelu")(node, undefined);
};

const clip: Reader = (node) => {
  const bounds = node.opset >= 11
    ? [1, 2].map((at) => node.constants[at]).map((each) => each ? float32Of(each)[0] : undefined)
    : [floatOf(node, "min", -Infinity), floatOf(node, "max", Infinity)];
  const [min, max = Infinity] = bounds;
  if (min !== 0) node.message.fail(`its bounds are ${min} and ${max}; from 0 upwards is read`);
  return layer(node, "ReLU", { max_value: Number.isFinite(max) ? max : null });
};

/** The operators that are read. */
export const operators: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Gemm", gemm],
  ["MatMul", matMul],
  ["Add", add],
  ["Sub", subtract],
  ["Mul", multiply],
  ["Div", divide],
  ["Relu", activation("relu")],
  ["Sigmoid", activation("sigmoid")],
  ["Tanh", activation("tanh")],
  ["Softplus", activation("softplus")],
  ["Softsign", activation("softsign")],
  ["Mish", activation("mish")],
  ["Exp", activation("exponential")],
  ["HardSwish", activation("hard_silu")],
  ["HardSigmoid", hardSigmoid],
  ["Selu", selu],
  ["Gelu", gelu],
  ["Clip", clip],
  ["Elu", (node) => layer(node, "ELU", { alpha: floatOf(node, "alpha", 1) })],
  [
    "LeakyRelu",
    (node) => layer(node, "LeakyReLU", { negative_slope: floatOf(node, "alpha", 0.01) }),
  ],
  [
    "PRelu",
    (node) => layer(node, "PReLU", {}, [{ ...constantAt(node, 1, "slope"), name: "alpha" }]),
  ],
  ["Softmax", softmax],
  ["BatchNormalization", batchNormalization],
  ["Flatten", flatten],
  ["Reshape", reshape],
  ["Cast", cast],
  ["Identity", () => null],
  ["Dropout", (node) => layer(node, "Dropout", { rate: floatOf(node, "ratio", 0.5) })],
]);

/** The operators in words. */
export const operatorNames = formatList([...operators.keys(), "Constant"]);
