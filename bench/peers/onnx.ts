/**
 * A dense layer as an ONNX model, encoded by hand: protobuf's wire format needs
 * no more than varints and byte strings. Field numbers are those of onnx.proto3
 * (github.com/onnx/onnx); the weights are part of the model, so that a runtime
 * may pack them once.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import { entryOf } from "./declared.ts";

/** A message as the pieces it is made of, so that large weights are copied once only. */
type Message = readonly Uint8Array<ArrayBuffer>[];

/** A layer with its weights. */
export interface DenseModel {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly activation: Activation;
  /** [k, n] */
  readonly weight: Float32Array;
  /** [n] */
  readonly bias: Float32Array | null;
}

const varintType = 0;
const bytesType = 2;
// TensorProto.DataType.FLOAT and AttributeProto.AttributeType.STRING
const float = 1;
const string = 3;
// The first with Gelu, and the IR version that came with it.
const opset = 20;
const irVersion = 9;

/** A whole number, seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes = [];
  while (value >= 128) {
    bytes.push(value % 128 + 128);
    value = Math.floor(value / 128);
  }
  return [...bytes, value];
}

/** A field that is a whole number. */
export function integer(field: number, value: number): Message {
  return [Uint8Array.from([...varint(field * 8 + varintType), ...varint(value)])];
}

/** A field that is another message. */
export function nested(field: number, ...parts: readonly Message[]): Message {
  const pieces = parts.flat();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...varint(field * 8 + bytesType), ...varint(length)]), ...pieces];
}

/** A field that is text. */
export function text(field: number, value: string): Message {
  return nested(field, [new TextEncoder().encode(value)]);
}

function numbers(field: number, values: Float32Array): Message {
  // ONNX wants little-endian numbers, which is what every machine that runs Deno has.
  return nested(field, [new Uint8Array(values.slice().buffer)]);
}

/** A message in one piece. */
export function encode(...parts: readonly Message[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.flat();
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

// NodeProto: input 1, output 2, op_type 4, attribute 5.
function node(
  type: string,
  inputs: readonly string[],
  output: string,
  ...rest: Message[]
): Message {
  const names = inputs.map((name) => text(1, name));
  return nested(1, ...names, text(2, output), text(4, type), ...rest);
}

// ValueInfoProto: name 1, type 2; its tensor type 1 has an element type 1 and a shape 2.
function value(field: number, name: string, shape: readonly number[]): Message {
  const dimensions = shape.map((length) => nested(1, integer(1, length)));
  const type = nested(1, integer(1, float), nested(2, ...dimensions));
  return nested(field, text(1, name), nested(2, type));
}

// TensorProto: dims 1, data_type 2, name 8, raw_data 9.
function initializer(name: string, shape: readonly number[], values: Float32Array): Message {
  const dimensions = shape.map((length) => integer(1, length));
  return nested(5, ...dimensions, integer(2, float), text(8, name), numbers(9, values));
}

const operators: Partial<Record<Activation, string>> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  softmax: "Softmax",
  gelu: "Gelu",
  gelu_tanh: "Gelu",
};

/** The model x [m, k] → y [m, n]: Gemm, or MatMul where there is no bias, then the activation. */
export function denseModel(
  { m, n, k, activation, weight, bias }: DenseModel,
): Uint8Array<ArrayBuffer> {
  const z = activation === "linear" ? "y" : "z";
  const product = bias
    ? node("Gemm", ["x", "weight", "bias"], z)
    : node("MatMul", ["x", "weight"], z);
  // AttributeProto: name 1, s 4, type 20.
  const attributes = activation === "gelu_tanh"
    ? [nested(5, text(1, "approximate"), text(4, "tanh"), integer(20, string))]
    : [];
  const nodes = activation === "linear"
    ? [product]
    : [product, node(entryOf(operators, activation), ["z"], "y", ...attributes)];
  const graph = nested(
    7,
    ...nodes,
    text(2, "dense"),
    initializer("weight", [k, n], weight),
    ...(bias ? [initializer("bias", [n], bias)] : []),
    value(11, "x", [m, k]),
    value(12, "y", [m, n]),
  );
  return encode(integer(1, irVersion), graph, nested(8, integer(2, opset)));
}
