/**
 * The activations of ONNX as layers of Keras, with ONNX's parameters and their
 * defaults, which differ from Keras's (onnx/docs/Operators.md).
 *
 * @module
 */
import { quote } from "../common/text.ts";
import {
  attribute,
  attributesOf,
  type ChainNode,
  constantAt,
  expectLast,
  floatOf,
  integerOf,
  layer,
  type Reader,
} from "./onnx_node.ts";
import { float32Of } from "./stored_array.ts";
import type { Config } from "./stored_model.ts";

const activation = (name: string): Reader => (node) =>
  layer(node, "Activation", { activation: name });

const ofRows = (name: string): Reader => (node) => {
  const axis = integerOf(node, "axis", node.opset >= 13 ? -1 : 1);
  const rank = node.axes?.length ?? 0;
  const own = axis < 0 ? axis + rank : axis;
  if (node.opset >= 13 && own > 0 && own < rank - 1) {
    const activation = { module: "densemark", class_name: name, config: { axis: own } };
    return name === "softmax"
      ? layer(node, "Softmax", { axis: own })
      : layer(node, "Activation", { activation });
  }
  // Before version 13 all axes from this one on were one, which is the same for the last.
  expectLast(node, axis);
  return layer(node, "Activation", { activation: name });
};

/** An activation with parameters, as layers/ reads it. */
const withParameters = (node: ChainNode, name: string, config: Config) =>
  layer(node, "Activation", { activation: { module: "densemark", class_name: name, config } });

const hardSigmoid: Reader = (node) => {
  const [slope, offset] = [floatOf(node, "alpha", 0.2), floatOf(node, "beta", 0.5)];
  if (slope === Math.fround(1 / 6) && offset === 0.5) {
    return activation("hard_sigmoid")(node, undefined);
  }
  if (!(slope > 0)) node.message.fail(`its alpha is ${slope}; a number above 0 is read`);
  return withParameters(node, "hard_sigmoid", { slope, offset });
};

const prelu: Reader = (node) => {
  const slope = constantAt(node, 1, "slope");
  const columns = node.axes?.at(-1) ?? null;
  if (slope.values.length !== 1 || columns === null) {
    return layer(node, "PReLU", {}, [{ ...slope, name: "alpha" }]);
  }
  // One for all columns, as PyTorch has it.
  const values = new Float32Array(columns).fill(float32Of(slope)[0]!);
  return layer(node, "PReLU", {}, [{ name: "alpha", shape: [columns], dtype: "float32", values }]);
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
  if (min === -1 && max === 1) return activation("hard_tanh")(node, undefined);
  if (min !== 0 || !(max >= 0)) {
    node.message.fail(`its bounds are ${min} and ${max}; from 0 upwards, and -1 to 1, are read`);
  }
  return layer(node, "ReLU", { max_value: Number.isFinite(max) ? max : null });
};

/** The operators that are activations. */
export const activationOperators: readonly (readonly [string, Reader])[] = [
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
  ["Celu", (node) => withParameters(node, "celu", { alpha: floatOf(node, "alpha", 1) })],
  [
    "ThresholdedRelu",
    (node) =>
      withParameters(node, "threshold", { threshold: floatOf(node, "alpha", 1), default_value: 0 }),
  ],
  ["PRelu", prelu],
  ["Softmax", ofRows("softmax")],
  ["LogSoftmax", ofRows("log_softmax")],
];
