/**
 * What the operators of ONNX are as layers of Keras: for each that is read, a
 * function from a node to the layer that does the same. Defaults are those of
 * ONNX, which differ from Keras's (onnx/docs/Operators.md).
 *
 * @module
 */
import { formatList } from "../common/text.ts";
import { mlOperators } from "./onnx_ml.ts";
import { activationOperators } from "./onnx_activations.ts";
import {
  type Added,
  attribute,
  attributesOf,
  type Axes,
  type ChainNode,
  constantAt,
  expectLast,
  floatOf,
  integerOf,
  layer,
  type Reader,
  rowLength,
} from "./onnx_node.ts";
import { flatten, reshape, squeeze, unsqueeze } from "./onnx_shapes.ts";
import { elementsOf, float32Of, transposed } from "./stored_array.ts";
import type { StoredLayer, StoredWeight } from "./stored_model.ts";

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

const cast: Reader = (node) => {
  const to = integerOf(node, "to", 1);
  return to === 1
    ? null
    : node.message.fail(`it casts to the data type ${to}; float32 (1) is read`);
};

const mlDomain = "ai.onnx.ml";

/** The operators that are read. */
const operators: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Gemm", gemm],
  ["MatMul", matMul],
  ["Add", add],
  ["Sub", subtract],
  ["Mul", multiply],
  ["Div", divide],
  ...activationOperators,
  ["BatchNormalization", batchNormalization],
  ["Flatten", flatten],
  ["Reshape", reshape],
  ["Squeeze", squeeze],
  ["Unsqueeze", unsqueeze],
  ["Cast", cast],
  ["Identity", () => null],
  ["Dropout", dropout],
]);

/** The operators in words. */
export const operatorNames = formatList([
  ...operators.keys(),
  "Constant",
  ...[...mlOperators.keys()].map((name) => `${mlDomain}.${name}`),
]);

/** What a node of an operator is read by; undefined where it is not known. */
export function readerOf(domain: string, operator: string): Reader | undefined {
  if (domain === mlDomain) return mlOperators.get(operator);
  return ["", "ai.onnx"].includes(domain) ? operators.get(operator) : undefined;
}

/** The shape of the data behind a node. */
export function axesAfter({ axes, operator }: ChainNode, added: Added): Axes | null {
  if (added === null || "replaces" in added) return axes;
  if (added.className === "Flatten") return [axes?.[0] ?? null, rowLength(axes)];
  if (added.className === "Reshape") {
    return [axes?.[0] ?? null, ...added.config.target_shape as readonly number[]];
  }
  if (added.className !== "Dense") return axes;
  const units = added.config.units as number;
  if (axes) return [...axes.slice(0, -1), units];
  // It takes matrices alone.
  return operator === "Gemm" ? [null, units] : null;
}
