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

const formatAxes = (axes: Axes) => `[${axes.map((axis) => axis ?? "?").join(", ")}]`;

/** How many numbers a row of the data has in all its axes; null where that is not known. */
function rowLength(axes: Axes | null): number | null {
  if (!axes || axes.slice(1).includes(null)) return null;
  return axes.slice(1).reduce<number>((product, axis) => product * axis!, 1);
}

/** Ends the reading where an axis is not the last one of the data. */
function expectLast({ axes, message }: ChainNode, axis: number): void {
  if (axis === -1 || (axes && axis === axes.length - 1)) return;
  message.fail(
    `its axis is ${axis}; the last one is read${
      axes
        ? `, and its data are ${formatAxes(axes)}`
        : ", and the file does not say how many axes its data have"
    }`,
  );
}

/** The constant that an operator of two operands combines the data with. */
function operandOf(node: ChainNode, at: number, what: string): StoredWeight {
  const weight = constantAt(node, at, what);
  const { shape } = weight;
  // A constant of more axes would give the result more of them; data have two at least.
  const rank = node.axes?.length ?? 2;
  if (shape.length > rank) {
    node.message.fail(
      `its constant has the shape [${shape.join(", ")}]; its data have ${rank} axes`,
    );
  }
  // Before version 7 this said which axis of the data the constant's first one is.
  const first = attributesOf(node).get("axis")?.integer(attribute.integer, 0);
  if (node.opset < 7 && first !== undefined && elementsOf(shape) > 1) {
    expectLast(node, first + shape.length - 1);
  }
  return weight;
}

/** A constant that every row is combined with: a single number, or one for each column. */
function rowOf(node: ChainNode, weight: StoredWeight): number | number[] {
  const { shape } = weight;
  const columns = shape.at(-1) ?? 1;
  if (elementsOf(shape) !== columns) {
    node.message.fail(
      `its constant has the shape [${shape.join(", ")}]; one row of numbers is read`,
    );
  }
  const last = node.axes?.at(-1) ?? columns;
  if (columns > 1 && last !== columns) {
    node.message.fail(`its constant has ${columns} numbers; its data have ${last} columns`);
  }
  const row = [...float32Of(weight)];
  return row.length === 1 ? row[0]! : row;
}

const each = (row: number | number[], of: (value: number) => number) =>
  typeof row === "number" ? of(row) : row.map(of);

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
  const constant = operandOf(node, 1 - node.dataAt, "other input");
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
  const row = rowOf(node, operandOf(node, 1 - node.dataAt, "other input"));
  return node.dataAt === 0
    ? rescaling(node, 1, each(row, (value) => -value))
    : rescaling(node, -1, row);
};

const multiply: Reader = (node) =>
  rescaling(node, rowOf(node, operandOf(node, 1 - node.dataAt, "other input")), 0);

const divide: Reader = (node) => {
  if (node.dataAt !== 0) node.message.fail("it divides by the data, which is not read");
  const row = rowOf(node, operandOf(node, 1, "divisor"));
  return rescaling(node, each(row, (value) => 1 / value), 0);
};

const softmax: Reader = (node) => {
  // Before version 13 all axes from this one on were one, which is the same for the last.
  expectLast(node, integerOf(node, "axis", node.opset >= 13 ? -1 : 1));
  return layer(node, "Activation", { activation: "softmax" });
};

/** Ends the reading where an operator says that it trains. */
function expectUse(node: ChainNode): void {
  const training = node.opset < 7
    ? integerOf(node, "is_test", 0) === 0
    : integerOf(node, "training_mode", 0) !== 0;
  if (training) node.message.fail("it is in training mode, which is not read");
}

const batchNormalization: Reader = (node) => {
  expectUse(node);
  // It works along axis 1, whatever the data are.
  expectLast(node, 1);
  const names = ["gamma", "beta", "moving_mean", "moving_variance"];
  const weights = names.map((name, i) => ({ ...constantAt(node, i + 1, name), name }));
  return layer(
    node,
    "BatchNormalization",
    { axis: -1, epsilon: floatOf(node, "epsilon", 1e-5) },
    weights,
  );
};

const dropout: Reader = (node) => {
  if (node.opset < 12) {
    expectUse(node);
    return layer(node, "Dropout", { rate: floatOf(node, "ratio", 0.5) });
  }
  const [ratio, training] = [1, 2].map((at) => node.constants[at]);
  if (training && float32Of(training)[0] !== 0) {
    node.message.fail("it is in training mode, which is not read");
  }
  return layer(node, "Dropout", { rate: ratio ? float32Of(ratio)[0]! : 0.5 });
};

const flatten: Reader = (node) => {
  const axis = integerOf(node, "axis", 1);
  const first = axis < 0 && node.axes ? axis + node.axes.length : axis;
  if (first !== 1) node.message.fail(`its axis is ${axis}; 1 is read`);
  return layer(node, "Flatten");
};

const reshape: Reader = (node) => {
  const shape = [...float32Of(constantAt(node, 1, "shape"))];
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    node.message.fail(`its shape is [${shape.join(", ")}]; two axes are read`);
  }
  const batch = node.axes?.[0] ?? null;
  const known = rowLength(node.axes);
  // 0 is the data's own length; what is left for the second axis is then a whole row.
  const keepsBatch = rows === batch || (rows === 0 && integerOf(node, "allowzero", 0) === 0);
  const keepsRows = keepsBatch
    ? columns === -1 || columns === (known ?? columns)
    : (rows === -1 || rows === 1) && columns === known;
  if (!keepsRows || columns === 0) {
    node.message.fail(
      `its shape is [${shape.join(", ")}]${
        node.axes ? ` and its data are ${formatAxes(node.axes)}` : ""
      }; it is read where each row stays one: [0, -1], or [-1, n] of rows of n numbers`,
    );
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
  // Version 1 had fewer digits.
  const defaults = node.opset < 6 ? [1.6732, 1.0507] : [1.67326319, 1.05070102];
  const [alpha, gamma] = [
    floatOf(node, "alpha", defaults[0]!),
    floatOf(node, "gamma", defaults[1]!),
  ];
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
  ["Dropout", dropout],
]);

/** The operators in words. */
export const operatorNames = formatList([...operators.keys(), "Constant"]);

/** The shape of the data behind a node. */
export function axesAfter({ axes, operator }: ChainNode, added: Added): Axes | null {
  if (added === null || "replaces" in added) return axes;
  if (added.className === "Flatten") return [axes?.[0] ?? null, rowLength(axes)];
  if (added.className !== "Dense") return axes;
  const units = added.config.units as number;
  if (axes) return [...axes.slice(0, -1), units];
  // It takes matrices alone.
  return operator === "Gemm" ? [null, units] : null;
}
