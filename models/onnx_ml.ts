/**
 * The operators of ONNX's domain ai.onnx.ml that are a layer of Keras: those with
 * which scikit-learn's scalers and linear models are exported
 * (onnx/docs/Operators-ml.md).
 *
 * @module
 */
import { quote } from "../common/text.ts";
import {
  attribute,
  attributesOf,
  type ChainNode,
  integerOf,
  layer,
  type Reader,
} from "./onnx_node.ts";

/** A list of numbers among the attributes; empty where there is none. */
function floatsOf(node: ChainNode, name: string): number[] {
  const packed = attributesOf(node).get(name)?.packed(attribute.floats, 4);
  const view = packed ? new DataView(packed.buffer) : null;
  return Array.from(
    { length: (packed?.length ?? 0) / 4 },
    (_, i) => view!.getFloat32(4 * i, true),
  );
}

/** (x − offset) · scale. */
const scaler: Reader = (node) => {
  const [offset, scale] = [floatsOf(node, "offset"), floatsOf(node, "scale")];
  const length = Math.max(offset.length, scale.length);
  const columns = node.axes?.at(-1) ?? length;
  for (const each of [offset, scale]) {
    if (each.length !== 1 && each.length !== columns) {
      node.message.fail(`it has ${each.length} numbers for ${columns} columns`);
    }
  }
  const at = (list: readonly number[], i: number) => list[list.length === 1 ? 0 : i]!;
  const row = Array.from({ length }, (_, i) => at(scale, i));
  const shift = row.map((factor, i) => -at(offset, i) * factor);
  const one = length === 1;
  return layer(node, "Rescaling", { scale: one ? row[0]! : row, offset: one ? shift[0]! : shift });
};

const linearRegressor: Reader = (node) => {
  const transform = attributesOf(node).get("post_transform")?.text(attribute.text) || "NONE";
  if (transform !== "NONE") {
    node.message.fail(`its post_transform is ${quote(transform)}, which is not read`);
  }
  const units = integerOf(node, "targets", 1);
  const [coefficients, intercepts] = ["coefficients", "intercepts"]
    .map((name) => floatsOf(node, name)) as [number[], number[]];
  const inputs = coefficients.length / units;
  const fits = units > 0 && Number.isInteger(inputs) && inputs > 0 &&
    (intercepts.length === 0 || intercepts.length === units);
  if (!fits) {
    node.message.fail(
      `it has ${coefficients.length} coefficients and ${intercepts.length} intercepts for ${units} targets`,
    );
  }
  const values = new Float32Array(coefficients.length);
  for (let j = 0; j < units; j++) {
    for (let i = 0; i < inputs; i++) values[i * units + j] = coefficients[j * inputs + i]!;
  }
  const kernel = { name: "kernel", shape: [inputs, units], dtype: "float32", values } as const;
  const bias = {
    name: "bias",
    shape: [units],
    dtype: "float32",
    values: new Float32Array(intercepts),
  } as const;
  const useBias = intercepts.length > 0;
  const config = { units, activation: "linear", use_bias: useBias };
  return layer(node, "Dense", config, useBias ? [kernel, bias] : [kernel]);
};

/** The operators of ai.onnx.ml that are read. */
export const mlOperators: ReadonlyMap<string, Reader> = new Map([
  ["Scaler", scaler],
  ["LinearRegressor", linearRegressor],
]);
